"""One mechanism takes back what a page did: once, by whoever did it, and only what is still so."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm import tasks, todo, undo
from crm.models import Company, Contact, Deal, UndoEntry, User
from tests.factories import make_company, make_contact, make_deal


def test_columns_go_back_to_what_they_held(hana: User, ken: User, aoki: Contact) -> None:
    deal = make_deal(aoki, owner=hana, amount=Decimal("48000"))
    entry = undo.remember(
        hana, undo.changed(deal, amount=Decimal("50000"), owner=ken, close_date=None)
    )
    deal.refresh_from_db()
    assert (deal.amount, deal.owner) == (Decimal("50000"), ken)
    assert undo.undo(entry)
    deal.refresh_from_db()
    assert (deal.amount, deal.owner) == (Decimal("48000"), hana)
    assert not undo.undo(entry)  # once


def test_what_somebody_has_changed_since_stays(hana: User, aoki: Contact) -> None:
    entry = undo.remember(hana, undo.changed(aoki, first_name="Y.", phone="1"))
    aoki.change(phone="2")
    assert undo.undo(entry)
    aoki.refresh_from_db()
    assert (aoki.first_name, aoki.phone) == ("Yuki", "2")


def test_the_trash_gives_back_and_takes_back(hana: User, aoki: Contact) -> None:
    company = make_company()
    entry = undo.remember(hana, undo.trashed(aoki), undo.made(company))
    assert not Contact.objects.kept().filter(pk=aoki.pk).exists()
    assert undo.undo(entry)
    assert Contact.objects.kept().filter(pk=aoki.pk).exists()
    assert not Company.objects.kept().filter(pk=company.pk).exists()


def test_only_a_contact_that_comes_back_is_looked_for_in_mail(hana: User, aoki: Contact) -> None:
    task = todo.add("Call", assignee=hana, records=[aoki], by=hana)
    entry = todo.finish(task, by=hana)
    with CaptureQueriesContext(connection) as queries:
        assert undo.undo(entry)
    assert not [each["sql"] for each in queries if "crm_participant" in each["sql"]]


def test_links_go_back(hana: User, aoki: Contact, weber: Contact) -> None:
    deal = make_deal(aoki)
    entry = undo.remember(hana, undo.linked(deal, "contacts", [weber]))
    assert list(deal.contacts.all()) == [weber]
    assert undo.undo(entry)
    assert list(deal.contacts.all()) == [aoki]


def test_an_address_that_is_taken_by_now_is_no_crash(hana: User, aoki: Contact) -> None:
    entry = undo.remember(hana, undo.trashed(aoki))
    make_contact(aoki.addresses.get().address)
    assert not undo.undo(entry)
    assert Contact.objects.trashed().filter(pk=aoki.pk).exists()


def test_the_button_is_for_whoever_did_it_and_for_a_while(
    client: Client, hana: User, ken: User, aoki: Contact
) -> None:
    entry = undo.remember(hana, undo.changed(aoki, phone="1"))
    client.force_login(ken)
    assert client.post(f"/undo/{entry.token}/").status_code == 303
    aoki.refresh_from_db()
    assert aoki.phone == "1"

    client.force_login(hana)
    UndoEntry.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    client.post(f"/undo/{entry.token}/")
    aoki.refresh_from_db()
    assert aoki.phone == "1"

    UndoEntry.objects.update(expires_at=timezone.now() + timedelta(seconds=60))
    there = f"http://testserver/contacts/{aoki.pk}/"
    answer = client.post(f"/undo/{entry.token}/", headers={"Referer": there})
    assert answer["Location"] == there
    aoki.refresh_from_db()
    assert aoki.phone == ""


def test_the_button_leads_nowhere_else(client: Client, hana: User) -> None:
    client.force_login(hana)
    answer = client.post("/undo/nothing/", headers={"Referer": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_what_it_was_before_may_be_erased_by_now(
    client: Client, hana: User, ken: User, aoki: Contact, weber: Contact
) -> None:
    first, second = make_company(), make_company()
    deal = make_deal(company=first, owner=ken)
    moved = undo.remember(hana, undo.changed(deal, name="New", company=second))
    given = undo.remember(hana, *undo.changed_all(Deal, [deal.pk], owner=hana))
    first.delete()
    ken.delete()
    client.force_login(hana)
    for entry in (moved, given):
        client.post(f"/undo/{entry.token}/")
        assert "This can no longer be undone" in client.get("/contacts/").content.decode()
    deal.refresh_from_db()
    assert (deal.name, deal.company, deal.owner) == ("New", second, hana)


def test_of_many_links_those_go_back_that_still_lead_somewhere(
    hana: User, aoki: Contact, weber: Contact
) -> None:
    deal = make_deal(aoki, weber)
    entry = undo.remember(hana, undo.linked(deal, "contacts", []))
    weber.delete()
    assert undo.undo(entry)
    assert list(deal.contacts.all()) == [aoki]


@pytest.mark.rule("M32")
def test_what_can_be_taken_back_no_more_is_forgotten(hana: User, aoki: Contact) -> None:
    """It says what a row was before, which else outlives the row itself."""
    old = undo.remember(hana, undo.changed(aoki, phone="1"))
    UndoEntry.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    entry = undo.remember(hana, undo.changed(aoki, phone="2"))
    tasks.forget_undo()
    assert list(UndoEntry.objects.all()) == [entry] and entry != old
