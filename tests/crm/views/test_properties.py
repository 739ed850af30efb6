"""A value is edited in place: its editor, its new value with the way back, and a refusal."""

import re

import pytest
from django.test import Client

from crm.models import Audience, Company, Contact, Deal, UndoEntry, User
from crm.undo import undo
from tests.factories import make_company, make_deal, make_stage
from tests.pages import form_of

HTMX = {"HX-Request": "true"}


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.fixture
def deal(aoki: Contact, hana: User) -> Deal:
    return make_deal(aoki, name="Osaka rollout", amount=48_000, owner=hana)


def test_the_value_opens_its_editor(signed_in: Client, aoki: Contact) -> None:
    page = signed_in.get(f"/contacts/{aoki.pk}/").content.decode()
    assert f'hx-get="/contacts/{aoki.pk}/fields/phone/"' in page and "Add a number" in page
    editor = signed_in.get(f"/contacts/{aoki.pk}/fields/phone/", headers=HTMX).content.decode()
    assert 'name="phone"' in editor and "autofocus" in editor and "<html" not in editor
    again = signed_in.get(f"/contacts/{aoki.pk}/fields/phone/?shown", headers=HTMX)
    assert "Add a number" in again.content.decode()


def test_without_scripts_it_leads_to_the_field_of_the_form(
    signed_in: Client, aoki: Contact
) -> None:
    page = signed_in.get(f"/contacts/{aoki.pk}/").content.decode()
    assert f'href="/contacts/{aoki.pk}/details/#id_phone"' in page
    answer = signed_in.get(f"/contacts/{aoki.pk}/fields/phone/")
    assert answer.status_code == 302 and answer["Location"].endswith("/details/#id_phone")
    assert 'id="id_phone"' in signed_in.get(f"/contacts/{aoki.pk}/details/").content.decode()


@pytest.mark.parametrize(
    ("name", "typed", "shown"),
    [
        ("first_name", "Yuko", "Yuko"),
        ("last_name", "青木", "青木"),
        ("reading", "あおき ゆき", "あおき ゆき"),
        ("time_zone", "America/New_York", "America/New York"),
        ("job_title", "Buyer", "Buyer"),
        ("phone", "+81 6 5550", "+81 6 5550"),
        ("company_name", "Hoshizora Foods", "Hoshizora Foods"),
    ],
)
def test_a_value_is_saved_and_taken_back(
    signed_in: Client, aoki: Contact, name: str, typed: str, shown: str
) -> None:
    before = Contact.objects.filter(pk=aoki.pk).values().get()
    answer = signed_in.post(f"/contacts/{aoki.pk}/fields/{name}/", {name: typed}, headers=HTMX)
    html = answer.content.decode()
    assert answer.status_code == 200 and shown in html and "Saved" in html
    assert 'hx-swap-oob="beforeend"' in html and answer["HX-Trigger"] == "record:changed"
    assert undo(UndoEntry.objects.get())
    after = Contact.objects.filter(pk=aoki.pk).values().get()
    assert {**after, "updated_at": 0} == {**before, "updated_at": 0}
    assert not Company.objects.filter(name="Hoshizora Foods").kept().exists()


def test_a_deal_is_edited_in_place(signed_in: Client, deal: Deal, ken: User) -> None:
    stage = make_stage(pipeline=deal.stage.pipeline, name="Proposal")
    typed = {
        "amount": "52000.50",
        "currency": "jpy",
        "close_date": "2027-03-31",
        "stage": stage.pk,
        "owner": ken.pk,
        "audience": "team",
        "company_name": "Hoshizora Foods",
        "name": "Osaka",
    }
    for name, value in typed.items():
        answer = signed_in.post(f"/deals/{deal.pk}/fields/{name}/", {name: value}, headers=HTMX)
        assert answer.status_code == 200, (name, answer.content.decode())
    deal.refresh_from_db()
    assert (str(deal.amount), deal.currency, str(deal.close_date)) == (
        "52000.50",
        "JPY",
        "2027-03-31",
    )
    assert (deal.stage, deal.owner, deal.audience, deal.name) == (
        stage,
        ken,
        Audience.TEAM,
        "Osaka",
    )
    assert deal.company and deal.company.name == "Hoshizora Foods"
    for entry in UndoEntry.objects.order_by("-pk"):
        assert undo(entry)
    deal.refresh_from_db()
    assert (deal.amount, deal.currency, deal.company) == (48_000, "EUR", None)


@pytest.mark.parametrize(
    ("noun", "name", "typed", "said"),
    [
        ("deals", "amount", "a lot", "Enter a number."),
        ("deals", "currency", "gold", "characters"),
        ("deals", "currency", "1€3", "three letters"),
        ("deals", "close_date", "soon", "valid date"),
        ("deals", "name", "", "required"),
        ("contacts", "phone", "1" * 51, "at most 50"),
        ("companies", "domain", "no domain", "Enter a domain"),
    ],
)
def test_a_refusal_keeps_what_was_typed_and_says_what_it_still_is(
    signed_in: Client, aoki: Contact, deal: Deal, noun: str, name: str, typed: str, said: str
) -> None:
    """Acceptance point 27."""
    pk = {"deals": deal.pk, "contacts": aoki.pk, "companies": aoki.company_id}[noun]
    answer = signed_in.post(f"/{noun}/{pk}/fields/{name}/", {name: typed}, headers=HTMX)
    html = answer.content.decode()
    assert answer.status_code == 422 and said in html and "Not saved. It is still" in html
    assert not typed or f'value="{typed}"' in html
    assert 'aria-invalid="true"' in html
    assert not UndoEntry.objects.exists()


def test_a_contact_keeps_a_name_or_an_address(signed_in: Client, aoki: Contact) -> None:
    aoki.set_addresses([])
    aoki.change(last_name="")
    answer = signed_in.post(f"/contacts/{aoki.pk}/fields/first_name/", {"first_name": ""})
    assert answer.status_code == 422 and "Enter a name" in answer.content.decode()


def test_a_company_is_taken_from_its_contact_and_comes_back(
    signed_in: Client, aoki: Contact
) -> None:
    company = aoki.company
    answer = signed_in.post(f"/contacts/{aoki.pk}/fields/company_name/", {"company_name": ""})
    assert answer.status_code == 303 and answer["Location"] == f"/contacts/{aoki.pk}/"
    aoki.refresh_from_db()
    assert aoki.company is None
    assert undo(UndoEntry.objects.get())
    aoki.refresh_from_db()
    assert aoki.company == company


def test_the_company_stays_the_one_of_two_of_that_name(
    signed_in: Client, aoki: Contact, hana: User
) -> None:
    make_company("Aoki Shoten", owner=hana)
    company = aoki.company
    typed = {"company_name": "Aoki Shoten"}
    signed_in.post(f"/contacts/{aoki.pk}/fields/company_name/", typed)
    aoki.refresh_from_db()
    assert aoki.company == company


@pytest.mark.rule("M41")
def test_a_hidden_company_is_not_named(client: Client, aoki: Contact, rin: User) -> None:
    assert aoki.company
    aoki.company.change(audience=Audience.OWNER)
    client.force_login(rin)
    assert "Aoki Shoten" not in client.get(f"/contacts/{aoki.pk}/").content.decode()
    names = client.get("/companies/names/?company_name=aoki").content.decode()
    assert "Aoki Shoten" not in names


@pytest.mark.parametrize("name", ["id", "deleted_at", "addresses", "lost_reason", "no-such"])
def test_nothing_else_is_edited_so(signed_in: Client, deal: Deal, name: str) -> None:
    assert signed_in.post(f"/deals/{deal.pk}/fields/{name}/", {name: "1"}).status_code == 404


def test_who_hides_a_record_from_themselves_is_answered(
    client: Client, aoki: Contact, rin: User
) -> None:
    client.force_login(rin)
    answer = client.post(
        f"/contacts/{aoki.pk}/fields/audience/", {"audience": "owner"}, headers=HTMX
    )
    assert answer.status_code == 200 and re.search("The owner", answer.content.decode())
    assert client.get(f"/contacts/{aoki.pk}/").status_code == 404


def test_a_value_that_somebody_else_changed_meanwhile_is_not_overwritten(
    signed_in: Client, aoki: Contact
) -> None:
    there = f"/contacts/{aoki.pk}/fields/phone/"
    editor = signed_in.get(there, headers=HTMX).content.decode()
    begun = form_of(signed_in, there, editor, css="form.editor")
    aoki.change(phone="+81 6 1", job_title="Buyer")
    answer = signed_in.post(there, begun | {"phone": "+81 6 2"}, headers=HTMX)
    html = answer.content.decode()
    assert answer.status_code == 422 and "from “(empty)” to “+81 6 1”" in html
    aoki.refresh_from_db()
    assert aoki.phone == "+81 6 1"
    again = form_of(signed_in, there, html, css="form.editor")
    assert again["phone"] == "+81 6 2"
    assert signed_in.post(there, again, headers=HTMX).status_code == 200
    aoki.refresh_from_db()
    assert (aoki.phone, aoki.job_title) == ("+81 6 2", "Buyer")
