"""The list of contacts, adding one, and the record's own data."""

import pytest
from django.test import Client

from crm.models import Audience, Company, Contact, User
from tests.factories import make_company

FAMILY_FIRST = ("last_name", "first_name")


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


def test_the_list_names_people_and_finds_them(
    signed_in: Client, aoki: Contact, weber: Contact
) -> None:
    listed = signed_in.get("/contacts/").content.decode()
    assert "Yuki Aoki" in listed and "anna@weber.example" in listed and "2 contacts" in listed
    found = signed_in.get("/contacts/?q=yuki+aoki.example").content.decode()
    assert "Yuki Aoki" in found and "Weber" not in found
    assert "No contact has “nobody” in" in signed_in.get("/contacts/?q=nobody").content.decode()


def test_htmx_gets_the_rows_alone(signed_in: Client, aoki: Contact) -> None:
    answer = signed_in.get("/contacts/?q=aoki", headers={"HX-Request": "true"})
    assert "Yuki Aoki" in answer.content.decode() and b"<html" not in answer.content
    assert "HX-Request" in answer["Vary"]
    boosted = {"HX-Request": "true", "HX-Boosted": "true"}
    assert b"<html" in signed_in.get("/contacts/", headers=boosted).content


def test_adding_somebody_with_a_company(signed_in: Client, hana: User) -> None:
    make_company("Hoshizora", owner=hana)
    values = {"first_name": "Aiko", "email": "Aiko@Hoshizora.example", "company_name": "hoshizora"}
    answer = signed_in.post("/contacts/", values)
    aiko = Contact.objects.get()
    assert answer.status_code == 303 and answer["Location"] == f"/contacts/{aiko.pk}/"
    assert (aiko.email, aiko.owner) == ("aiko@hoshizora.example", hana)
    assert aiko.company == Company.objects.get()


def test_an_address_belongs_to_one_contact(signed_in: Client, aoki: Contact) -> None:
    values = {"first_name": "Other", "email": aoki.email, "company_name": "New company"}
    answer = signed_in.post("/contacts/", values)
    assert answer.status_code == 422
    link = f'{aoki.email} belongs to <a href="/contacts/{aoki.pk}/">Yuki Aoki</a> already.'
    assert link in answer.content.decode()
    assert Contact.objects.count() == 1 and not Company.objects.filter(name="New company").exists()


@pytest.mark.parametrize("values", [{}, {"email": "no address"}, {"first_name": "x" * 101}])
def test_bad_input_comes_back_with_the_reason(signed_in: Client, values: dict[str, str]) -> None:
    answer = signed_in.post("/contacts/", values)
    assert (
        answer.status_code == 422
        and b'class="error"' in answer.content
        or b"callout" in answer.content
    )
    assert not Contact.objects.exists()


def test_changing_the_details_keeps_the_other_addresses(signed_in: Client, aoki: Contact) -> None:
    aoki.set_addresses([(aoki.email, ""), ("home@aoki.example", "private")])
    addresses = {
        "addresses": ["new@aoki.example", "home@aoki.example", ""],
        "addresses_label": ["", "private", ""],
    }
    values = {"first_name": "Yuki", "last_name": "Aoki-Weber", **addresses}
    assert signed_in.post(f"/contacts/{aoki.pk}/details/", values).status_code == 303
    aoki.refresh_from_db()
    assert aoki.last_name == "Aoki-Weber"
    assert [row.address for row in aoki.addresses.all()] == [
        "new@aoki.example",
        "home@aoki.example",
    ]


def test_what_one_may_not_see_is_not_there(client: Client, aoki: Contact, rin: User) -> None:
    aoki.change(audience=Audience.OWNER)
    client.force_login(rin)
    assert "Aoki" not in client.get("/contacts/").content.decode()
    for path in ("", "details/", "news/", "emails/"):
        assert client.get(f"/contacts/{aoki.pk}/{path}").status_code == 404
    for path in ("details/", "notes/", "trash/", "emails/"):
        assert client.post(f"/contacts/{aoki.pk}/{path}").status_code == 404
    aoki.refresh_from_db()
    assert aoki.deleted_at is None


@pytest.mark.rule("M32")
def test_the_trash_is_one_button_away(signed_in: Client, aoki: Contact) -> None:
    assert signed_in.get(f"/contacts/{aoki.pk}/trash/")["Location"] == f"/contacts/{aoki.pk}/"
    assert signed_in.post(f"/contacts/{aoki.pk}/trash/").status_code == 303
    aoki.refresh_from_db()
    assert aoki.deleted_at and signed_in.get(f"/contacts/{aoki.pk}/").status_code == 404


def test_in_japanese_the_family_name_comes_first(
    signed_in: Client, hana: User, aoki: Contact
) -> None:
    record, form = f"/contacts/{aoki.pk}/", f"/contacts/{aoki.pk}/details/"
    for language, first, second in (("en", "first_name", "last_name"), ("ja", *FAMILY_FIRST)):
        hana.change(language=language)
        shown = signed_in.get(record).content.decode()
        assert shown.index(f"/fields/{first}/") < shown.index(f"/fields/{second}/")
        for path in ("/contacts/new/", form):
            asked = signed_in.get(path).content.decode()
            assert asked.index(f'name="{first}"') < asked.index(f'name="{second}"')
