"""Whom one may mean: found by name, reading and address, and only whom one may see."""

import pytest

from crm.models import Audience, User
from inbox.sending import composer
from inbox.sending.suggesting import MOST, suggest
from tests.factories import make_contact, make_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M21")]
AIKO = {"first_name": "Aiko", "last_name": "Tanaka", "reading": "たなか あいこ"}


@pytest.mark.parametrize("typed", ["aik", "TANA aiko", "hoshi", "たなか", "AIKO"])
def test_somebody_is_found_with_each_of_their_addresses(hana: User, typed: str) -> None:
    aiko = make_contact("aiko@hoshizora.example", owner=hana, **AIKO)
    aiko.set_addresses([("aiko@hoshizora.example", ""), ("aiko@home.example", "private")])
    values = [one.value for one in suggest(hana, typed)]
    assert values == ["Aiko Tanaka <aiko@hoshizora.example>", "Aiko Tanaka <aiko@home.example>"]
    assert suggest(hana, "home")[0].address == "aiko@home.example"


def test_a_contact_that_one_may_not_see_is_not_offered(hana: User, rin: User) -> None:
    make_contact("aiko@hoshizora.example", owner=hana, audience=Audience.OWNER, **AIKO)
    assert not suggest(rin, "aiko")
    assert suggest(hana, "aiko")


def test_colleagues_and_whom_one_wrote_to_are_offered(hana: User, ken: User) -> None:
    draft = composer.NewEmail(
        mailbox=make_mailbox(hana),
        to=["Kenji Mori <mori@elsewhere.example>"],
        subject="s",
        text="t",
    )
    composer.send(draft, by=hana)
    found = {one.kind: one.address for one in suggest(hana, "ken")}
    assert found["colleague"] == ken.email
    assert found.get("contact", found.get("earlier")) == "mori@elsewhere.example"


def test_nobody_is_offered_for_nothing_and_few_for_much(
    hana: User, django_assert_max_num_queries: object
) -> None:
    for number in range(MOST + 3):
        make_contact(f"p{number}@many.example", owner=hana)
    assert suggest(hana, "  ") == []
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        assert len(suggest(hana, "many")) == MOST


def test_a_name_with_a_comma_stays_one_recipient(hana: User) -> None:
    make_contact("mori@x.example", owner=hana, last_name="Mori, Kenji")
    assert suggest(hana, "mori")[0].value == '"Mori, Kenji" <mori@x.example>'
