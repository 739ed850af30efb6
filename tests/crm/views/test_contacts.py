"""The list of contacts, adding one, and the record's own data."""

from typing import Any

import pytest
from django.test import Client

from crm.models import Audience, Company, Contact, User
from tests.factories import make_company
from tests.pages import form_of

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


def test_saving_writes_only_what_was_changed_here(signed_in: Client, aoki: Contact) -> None:
    """Two have the form open: the first changes the job title and the company, the second the
    phone alone."""
    there = f"/contacts/{aoki.pk}/details/"
    first, second = form_of(signed_in, there), form_of(signed_in, there)
    first |= {"job_title": "Buyer", "company_name": "Hoshizora", "addresses": ["y@aoki.example"]}
    assert signed_in.post(there, first).status_code == 303
    assert signed_in.post(there, second | {"phone": "+81 6 1234"}).status_code == 303
    aoki.refresh_from_db()
    assert (aoki.job_title, aoki.phone) == ("Buyer", "+81 6 1234")
    assert aoki.company and aoki.company.name == "Hoshizora" and aoki.email == "y@aoki.example"


def overtaken(signed_in: Client, aoki: Contact, **more: Any) -> Any:
    """What is answered to whoever types a job title after somebody else has saved one."""
    there = f"/contacts/{aoki.pk}/details/"
    begun = form_of(signed_in, there)
    aoki.change(job_title="Buyer", phone="+81 6 1")
    return signed_in.post(there, begun | {"job_title": "Head of buying", **more})


def test_what_two_changed_is_shown_and_nothing_is_saved(signed_in: Client, aoki: Contact) -> None:
    aoki.change(job_title="Clerk")
    answer = overtaken(signed_in, aoki, reading="あおき")
    html = answer.content.decode()
    assert answer.status_code == 422
    assert all(f"{said}</" in html for said in ("Clerk", "Buyer", "Head of buying"))
    assert html.count("<legend>") == 1, "the phone was changed by one of them alone"
    aoki.refresh_from_db()
    assert (aoki.job_title, aoki.reading) == ("Buyer", "")
    again = form_of(signed_in, f"/contacts/{aoki.pk}/details/", html)
    assert (again["job_title"], again["reading"], again["phone"]) == (
        *("Head of buying", "あおき", "+81 6 1"),
    )


@pytest.mark.parametrize(("chosen", "kept"), [("mine", "Head of buying"), ("theirs", "Buyer")])
def test_one_keeps_ones_own_or_takes_theirs(
    signed_in: Client, aoki: Contact, chosen: str, kept: str
) -> None:
    there = f"/contacts/{aoki.pk}/details/"
    html = overtaken(signed_in, aoki, reading="あおき").content.decode()
    answer = signed_in.post(there, form_of(signed_in, there, html) | {"edited_job_title": chosen})
    assert answer.status_code == 303
    aoki.refresh_from_db()
    assert (aoki.job_title, aoki.reading, aoki.phone) == (kept, "あおき", "+81 6 1")


def test_theirs_stays_chosen_where_something_else_is_wrong(
    signed_in: Client, aoki: Contact
) -> None:
    there = f"/contacts/{aoki.pk}/details/"
    begun = form_of(signed_in, there, overtaken(signed_in, aoki).content.decode())
    wrong = begun | {"edited_job_title": "theirs", "phone": "1" * 51}
    answer = signed_in.post(there, wrong)
    assert answer.status_code == 422
    again = form_of(signed_in, there, answer.content.decode())
    assert signed_in.post(there, again | {"phone": "2"}).status_code == 303
    aoki.refresh_from_db()
    assert (aoki.job_title, aoki.phone) == ("Buyer", "2")


def test_addresses_of_two_are_a_conflict_too(signed_in: Client, aoki: Contact) -> None:
    there = f"/contacts/{aoki.pk}/details/"
    begun = form_of(signed_in, there)
    aoki.set_addresses([("theirs@aoki.example", "work")])
    answer = signed_in.post(there, begun | {"addresses": ["mine@aoki.example"]})
    assert answer.status_code == 422 and "theirs@aoki.example (work)" in answer.content.decode()
    again = form_of(signed_in, there, answer.content.decode())
    assert again["addresses"][0] == "mine@aoki.example"
    assert signed_in.post(there, again | {"edited_addresses": "theirs"}).status_code == 303
    assert [row.address for row in aoki.addresses.all()] == ["theirs@aoki.example"]
    html = signed_in.post(there, begun | {"shown": "forged"}).content.decode()
    assert "edited" not in html


def test_who_has_left_may_own_it_still(signed_in: Client, aoki: Contact, ken: User) -> None:
    aoki.change(owner=ken)
    ken.is_active = False
    ken.save()
    there = f"/contacts/{aoki.pk}/details/"
    assert signed_in.post(there, form_of(signed_in, there) | {"phone": "2"}).status_code == 303
    aoki.refresh_from_db()
    assert (aoki.owner, aoki.phone) == (ken, "2")
