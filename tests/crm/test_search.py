"""Finding records by name: full width or half, every word, and only what one may see."""

import pytest

from crm import search
from crm.models import Audience, Contact, User
from tests.factories import make_company, make_contact, make_deal


@pytest.mark.parametrize("typed", ["aiko", "TANA aik", "hoshi", "たなか", "AIKO"])
def test_a_person_is_found(hana: User, typed: str) -> None:
    names = {"first_name": "Aiko", "last_name": "Tanaka", "reading": "たなか あいこ"}
    aiko = make_contact("aiko@hoshizora.example", owner=hana, **names)
    assert search.find(hana, search.words_of(typed)).contacts == [aiko]


def test_companies_and_deals_are_found_and_strangers_find_nothing(
    hana: User, rin: User, aoki: Contact
) -> None:
    hidden = {"owner": hana, "audience": Audience.OWNER}
    company = make_company("Osaka Steel", **hidden)
    deal = make_deal(name="Osaka rollout", **hidden)
    gone = make_company("Osaka Gone", owner=hana)
    gone.trash()
    found = search.find(hana, ["osaka"])
    assert (found.companies, found.deals) == ([company], [deal])
    assert search.find(rin, ["osaka"]) == search.Found([], [], [])


def test_nothing_typed_finds_the_newest(hana: User, aoki: Contact, weber: Contact) -> None:
    assert search.find(hana, []).contacts == [weber, aoki]
