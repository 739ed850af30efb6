"""Finding records by name: full width or half, every word, and only what one may see."""

import pytest

from crm import search
from crm.models import Audience, Contact, User
from tests.factories import make_company, make_contact, make_deal, make_email, make_mailbox


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
    assert search.find(rin, ["osaka"]) == search.Found([], [], [], [])


def test_nothing_typed_finds_the_newest(hana: User, aoki: Contact, weber: Contact) -> None:
    assert search.find(hana, []).contacts == [weber, aoki]


def test_conversations_are_found_by_their_subject(
    hana: User, ken: User, aoki: Contact, weber: Contact
) -> None:
    """Every word, in any form; in the subject, as far as one may read that."""
    make_mailbox(hana)
    open_one = make_email(aoki, by=hana, subject="Re: Osaka dates")
    told = make_email(aoki, by=hana, subject="Osaka offer", visibility="subject")
    hidden = make_email(aoki, by=hana, subject="Osaka salaries", private=True)
    meta = make_email(aoki, by=hana, subject="Osaka secrets", visibility="metadata")
    weber.change(audience=Audience.OWNER)
    elsewhere = make_email(weber, by=hana, subject="Osaka for Weber")
    gone = make_email(aoki, by=hana, subject="Osaka gone")
    gone.activity.trash()

    def found(user: User, typed: str) -> set[int]:
        return {row.pk for row in search.find(user, search.words_of(typed)).threads}

    mine = {each.thread_id for each in (open_one, told, hidden, meta, elsewhere)}
    assert found(hana, "osaka") == mine
    assert found(ken, "osaka") == {open_one.thread_id, told.thread_id}
    assert found(hana, "DATES osa") == {open_one.thread_id}
    assert found(hana, "") == set() and found(hana, "osaka nobody") == set()
