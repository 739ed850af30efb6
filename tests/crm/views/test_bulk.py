"""The bar below a list: what is chosen, or all that is found; one Undo for all of it."""

from typing import Any

import pytest
from django.test import Client

from crm.models import Audience, Contact, Deal, EmailAddress, UndoEntry, User
from tests.factories import make_company, make_contact, make_deal, make_user


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


def take_back(client: Client) -> None:
    assert client.post(f"/undo/{UndoEntry.objects.latest('pk').token}/").status_code == 303


def test_a_bulk_edit_of_500_is_taken_back_whole(
    signed_in: Client, ken: User, django_assert_max_num_queries: Any
) -> None:
    owners = [make_user(), make_user(), None]
    contacts = [Contact(last_name=f"N{n:03}", owner=owners[n % 3]) for n in range(500)]
    Contact.objects.bulk_create(contacts)
    before = dict(Contact.objects.values_list("pk", "owner"))
    with django_assert_max_num_queries(25):
        signed_in.post("/contacts/bulk/", {"all": "1", "query": "", "owner": ken.pk})
    assert Contact.objects.filter(owner=ken).count() == 500
    changed = Contact.objects.order_by("pk")[7]
    changed.change(owner=owners[0])  # somebody did so meanwhile: it stays
    with django_assert_max_num_queries(25):
        take_back(signed_in)
    assert dict(Contact.objects.values_list("pk", "owner")) == before | {
        changed.pk: owners[0].pk if owners[0] else None
    }


def test_the_toast_says_what_was_done(signed_in: Client, hana: User, ken: User) -> None:
    rows = [make_contact(owner=hana) for _each in range(3)]
    values = {"ids": [row.pk for row in rows[:2]], "owner": ken.pk}
    there = {"Referer": "http://testserver/contacts/?sort=-created"}
    answer = signed_in.post("/contacts/bulk/", values, headers=there)
    assert answer.status_code == 303 and answer["Location"].endswith("/contacts/?sort=-created")
    page = signed_in.get("/contacts/").content.decode()
    assert "2 contacts now belong to Ken." in page and 'data-key="z"' in page
    assert Contact.objects.filter(owner=ken).count() == 2


def test_all_means_what_the_list_has_found(signed_in: Client, hana: User, ken: User) -> None:
    for n in range(60):
        make_contact(last_name=f"Found {n}", owner=hana)
    other = make_contact(last_name="Other", owner=hana)
    signed_in.post("/contacts/bulk/", {"all": "1", "query": "q=found&sort=-name", "trash": "1"})
    assert list(Contact.objects.kept()) == [other]
    take_back(signed_in)
    assert Contact.objects.kept().count() == 61


def test_addresses_are_free_in_the_trash_and_come_back(signed_in: Client, aoki: Contact) -> None:
    weber = make_contact("w@weber.example", owner=aoki.owner)
    signed_in.post("/contacts/bulk/", {"ids": [aoki.pk, weber.pk], "trash": "1"})
    assert EmailAddress.objects.filter(released=True).count() == 2
    other = make_contact("w@weber.example")  # taken meanwhile: that one stays in the Trash
    take_back(signed_in)
    assert set(Contact.objects.kept()) == {aoki, other}
    assert not aoki.addresses.get().released and weber.addresses.get().released


def test_companies_and_deals_go_the_same_way(signed_in: Client, hana: User, ken: User) -> None:
    company, deal = make_company(owner=hana), make_deal(owner=hana)
    signed_in.post("/companies/bulk/", {"ids": company.pk, "owner": ken.pk})
    signed_in.post("/deals/bulk/", {"ids": deal.pk, "trash": "1"})
    company.refresh_from_db()
    assert company.owner == ken and not Deal.objects.kept().exists()
    take_back(signed_in)
    assert Deal.objects.kept().exists()


@pytest.mark.parametrize(
    "values", [{}, {"ids": "x"}, {"ids": "99999", "trash": "1"}, {"owner": "1"}]
)
def test_what_is_nothing_changes_nothing(
    signed_in: Client, aoki: Contact, values: dict[str, str]
) -> None:
    assert signed_in.post("/contacts/bulk/", values).status_code == 303
    assert "Choose something first." in signed_in.get("/contacts/").content.decode()
    assert not UndoEntry.objects.exists()


def test_an_owner_who_is_nobody_changes_nothing(signed_in: Client, aoki: Contact) -> None:
    signed_in.post("/contacts/bulk/", {"ids": aoki.pk, "owner": "99999"})
    assert "Choose what to do." in signed_in.get("/contacts/").content.decode()


def test_nobody_changes_what_they_do_not_see(client: Client, rin: User, aoki: Contact) -> None:
    aoki.change(audience=Audience.OWNER)
    client.force_login(rin)
    client.post("/contacts/bulk/", {"ids": aoki.pk, "trash": "1"})
    client.post("/contacts/bulk/", {"all": "1", "query": "", "trash": "1"})
    assert client.get("/contacts/bulk/")["Location"] == "/contacts/"
    aoki.refresh_from_db()
    assert aoki.deleted_at is None
