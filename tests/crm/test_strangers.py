"""Unknown people: found in one query, and adopted with all that was exchanged (M14)."""

import pytest
from pytest_django import DjangoAssertNumQueries

from crm import strangers, timeline
from crm.models import Audience, Contact, Email, Participant, User
from tests.factories import make_contact, make_email

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M14")]


def name_in(email: Email, address: str = "Eve@Old.example", **values: object) -> Participant:
    values = {"role": "cc", "stranger": True, **values}
    return Participant.objects.create(email=email, address=address, **values)


def addresses(people: list[strangers.Stranger]) -> list[str]:
    return [person.address for person in people]


def test_they_are_found_once_the_latest_first(
    aoki: Contact, hana: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        name_in(make_email(aoki), f"p{number % 6}@old.example", name="Pia" if number < 6 else "")
    with django_assert_num_queries(1):
        found = strangers.unknown_people(hana, limit=3)
    assert addresses(found) == ["p5@old.example", "p4@old.example", "p3@old.example"]
    assert found[0].name == "Pia"
    with django_assert_num_queries(1):
        assert len(strangers.others_on(aoki, hana)) == 5
    assert len(strangers.others_in(Email.objects.latest("pk"), hana)) == 1


def test_whom_one_may_not_see_is_not_offered(aoki: Contact, hana: User, rin: User) -> None:
    name_in(make_email(aoki, by=hana, visibility="subject"), "private@old.example")
    name_in(make_email(aoki), "open@old.example")
    assert addresses(strangers.unknown_people(rin)) == ["open@old.example"]
    assert len(strangers.unknown_people(hana)) == 2
    aoki.change(audience=Audience.OWNER)
    assert not strangers.unknown_people(rin)


def test_adopted_they_have_all_that_was_exchanged(
    aoki: Contact, hana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strangers, "BATCH", 2)
    emails = [make_email(aoki) for _number in range(5)]
    for email in emails:
        name_in(email)
    gone = make_email(aoki)
    name_in(gone)
    gone.activity.trash()
    contact = strangers.adopt("eve@old.example", "Old, Eve", by=hana)
    assert (contact.name, contact.owner, contact.email) == ("Eve Old", hana, "eve@old.example")
    found = {row.email for row in timeline.activities_of(contact)[0]}
    assert found == set(emails)
    assert not strangers.unknown_people(hana)
    assert strangers.adopt("eve@old.example", "", by=hana) == contact


def test_a_contact_made_otherwise_is_no_stranger_and_a_trashed_one_is_again(
    aoki: Contact, hana: User
) -> None:
    name_in(make_email(aoki))
    made = make_contact("eve@old.example")
    assert not strangers.unknown_people(hana)
    made.trash()
    assert addresses(strangers.unknown_people(hana)) == ["eve@old.example"]
