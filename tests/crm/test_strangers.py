"""Unknown people: found in one query, and adopted with all that was exchanged (M14)."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from crm import records, restoring, strangers, timeline, undo
from crm.models import ApiToken, Audience, Contact, Email, Participant, User
from crm.trash import Trashed
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


def offered(contact: Contact) -> Email:
    """Mail that names one unknown by whatever address it has or will have."""
    email = make_email(contact)
    name_in(email)
    return email


def on(contact: Contact) -> list[Email]:
    return [row.email for row in timeline.activities_of(contact)[0]]


@pytest.mark.parametrize(
    "way", ["typed", "changed", "restored", "by REST", "by the admin", "undone", "undone for many"]
)
def test_a_contact_made_late_has_what_was_exchanged_before(
    way: str, aoki: Contact, hana: User, mio: User, client: Client
) -> None:
    if way == "typed":
        email = offered(aoki)
        client.force_login(hana)
        client.post("/contacts/", {"first_name": "Eve", "email": "eve@old.example"})
    elif way == "changed":
        email, made = offered(aoki), make_contact("eve@new.example", owner=hana)
        rows = [("eve@new.example", ""), ("eve@old.example", "private")]
        records.edit(made, {"addresses": rows}, by=hana)
    else:
        made = make_contact("eve@old.example", owner=hana)
        if way == "undone for many":
            taken = undo.remember(hana, *undo.trashed_all(Contact, [made.pk]))
        else:
            taken = undo.remember(hana, undo.trashed(made))
        email = offered(aoki)
        made.refresh_from_db()
        match way:
            case "restored":
                restoring.restore([Trashed("contact", made)], by=hana)
            case "by REST":
                headers = {"Authorization": f"Bearer {ApiToken.issue(hana)}"}
                client.post(f"/api/v1/trash/contact/{made.pk}/restore", headers=headers)
            case "by the admin":
                client.force_login(mio)
                chosen = {"action": "restore", "_selected_action": [made.pk]}
                client.post("/admin/crm/contact/", chosen)
            case _:
                assert undo.undo(taken)
    assert on(Contact.objects.with_addresses(["eve@old.example"])["eve@old.example"]) == [email]


def test_a_contact_that_has_its_address_back_has_what_came_meanwhile(
    aoki: Contact, hana: User
) -> None:
    made = make_contact("eve@old.example", owner=hana)
    taken = undo.remember(hana, undo.addressed(made, [("eve@new.example", "")]))
    email = offered(aoki)
    assert undo.undo(taken)
    assert on(made) == [email]


def test_not_what_is_hidden_from_who_makes_it(aoki: Contact, hana: User, rin: User) -> None:
    """Nor what others would see there who did not see it before."""
    aoki.change(audience=Audience.OWNER)
    email = offered(aoki)
    made = make_contact("eve@old.example", owner=rin)
    for by in (rin, hana):
        strangers.take_up(made, by=by)
        assert on(made) == []
    made.change(audience=Audience.OWNER)
    strangers.take_up(made, by=hana)
    assert on(made) == [email]


def test_not_what_is_another_contacts(aoki: Contact, weber: Contact, hana: User) -> None:
    """Whose address it was when it was written."""
    email = offered(aoki)
    email.participants.filter(stranger=True).update(contact=weber)
    made = make_contact("eve@old.example", owner=hana)
    strangers.take_up(made, by=hana)
    assert on(made) == []
