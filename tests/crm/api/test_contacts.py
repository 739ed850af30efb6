"""REST: contacts, as docs/api says."""

from typing import Any

import pytest
from django.test import Client

from crm import todo
from crm.models import ApiToken, Audience, Contact, User
from tests.cast import Api
from tests.factories import make_contact, make_email, make_note

pytestmark = pytest.mark.django_db


def test_without_a_token_nobody_sees_anything(client: Client, aoki: Contact) -> None:
    answer = client.get("/api/v1/contacts")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert client.get("/api/v1/contacts", headers={"Authorization": "Bearer x"}).status_code == 401


def test_a_contact_is_made_read_changed_and_trashed(api: Api) -> None:
    body = {
        "first_name": "Yuki",
        "last_name": "Aoki",
        "emails": [
            {"address": "Old@aoki.example", "label": "old"},
            {"address": "yuki@aoki.example", "primary": True},
        ],
    }
    made = api("post", "/contacts", body)
    assert made.status_code == 201
    contact = made.json()
    assert contact["email"] == "yuki@aoki.example"
    assert [row["address"] for row in contact["emails"]] == [
        "yuki@aoki.example",
        "old@aoki.example",
    ]
    path = f"/contacts/{contact['id']}"
    assert api("patch", path, {"phone": "+81 6"}).json()["phone"] == "+81 6"
    assert api("get", path).json()["first_name"] == "Yuki"
    assert api("patch", path, {"time_zone": "Asia/Tokyo"}).json()["time_zone"] == "Asia/Tokyo"
    refused = api("patch", path, {"time_zone": "Tokyo"})
    assert refused.status_code == 422 and "time_zone" in refused.json()["errors"][0]["field"]
    changed = api("patch", path, {"email": "new@aoki.example"}).json()
    assert changed["email"] == "new@aoki.example"
    assert len(changed["emails"]) == 3
    assert api("delete", path).status_code == 204
    assert api("get", path).status_code == 404


def test_an_address_belongs_to_one_contact(api: Api, aoki: Contact) -> None:
    taken = [{"address": "a@b.test", "primary": True}, {"address": aoki.email.upper()}]
    for body, field in (
        ({"email": aoki.email}, "email"),
        ({"emails": taken}, "emails"),
        ({"email": "c@b.test", "emails": taken}, "emails"),
        ({"email": aoki.email, "emails": taken}, "email"),
    ):
        answer = api("post", "/contacts", body)
        assert answer.status_code == 422
        assert [row["field"] for row in answer.json()["errors"]] == [field]
        assert aoki.email in answer.json()["detail"]
    assert Contact.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "nonsense"}, "email"),
        ({"email": "a@b.test", "company_id": "999"}, "company_id"),
        ({"emails": [{"address": "x"}]}, "emails.0.address"),
        ({"email": "a@b"}, "email"),
        ({"email": "a@b..example"}, "email"),
        ({"email": " a@b.test"}, "email"),
        ({"email": f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}.test"}, "email"),
        ({"emails": [{"address": "a@b.test"}, {"address": "a@b"}]}, "emails.1.address"),
        ({}, "email"),
        ({"unknown": "x", "properties": {"a": 1}}, "email"),
        ({"first_name": " ", "last_name": "", "phone": "+81", "email": None}, "email"),
        ({"emails": []}, "email"),
    ],
)
def test_bad_input_names_its_field(api: Api, body: dict[str, Any], field: str) -> None:
    answer = api("post", "/contacts", body)
    assert answer.status_code == 422
    assert [row["field"] for row in answer.json()["errors"]] == [field]
    assert not Contact.objects.exists()


def test_an_address_that_is_none_is_refused_in_plain_words(api: Api) -> None:
    for given in ("a@b", "nonsense"):
        [error] = api("post", "/contacts", {"email": given}).json()["errors"]
        assert error["message"] == "This is no e-mail address. One looks like ann@example.com."


@pytest.mark.parametrize("nothing", [None, ""])
def test_the_primary_address_is_taken_away(api: Api, nothing: str | None) -> None:
    """The next one takes its place; of who has no name the last one is not taken."""
    rows = [{"address": "a@b.test"}, {"address": "c@b.test"}]
    path = f"/contacts/{api('post', '/contacts', {'emails': rows}).json()['id']}"
    left = api("patch", path, {"email": nothing}).json()
    assert (left["email"], len(left["emails"])) == ("c@b.test", 1)
    refused = api("patch", path, {"email": nothing})
    assert [row["field"] for row in refused.json()["errors"]] == ["email"]
    assert api("get", path).json()["email"] == "c@b.test"
    named = api("patch", path, {"email": nothing, "last_name": "Aoki"}).json()
    assert (named["email"], named["emails"], named["last_name"]) == ("", [], "Aoki")
    assert api("patch", path, named).json()["emails"] == []
    assert api("patch", path, {"last_name": ""}).status_code == 422
    both = api("patch", path, {"email": nothing, "emails": rows}).json()
    assert both["email"] == "a@b.test"


def test_who_is_nobody_by_now_can_still_be_changed(api: Api) -> None:
    contact = make_contact("", last_name="")
    assert api("patch", f"/contacts/{contact.pk}", {"phone": "+81"}).status_code == 200


def test_lists_are_keyset_pages(api: Api, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        make_contact(f"c{number}@x.test", last_name=f"C{number}")
    first = api("get", "/contacts?limit=2").json()
    second = api("get", f"/contacts?limit=2&cursor={first['next']}").json()
    third = api("get", f"/contacts?limit=2&cursor={second['next']}").json()
    names = [row["last_name"] for page in (first, second, third) for row in page["items"]]
    assert names == ["C4", "C3", "C2", "C1", "C0"]
    assert third["next"] is None
    with django_assert_max_num_queries(4):
        api("get", "/contacts?search=c3")
    assert len(api("get", "/contacts?search=c3@x").json()["items"]) == 1


@pytest.mark.rule("M41")
def test_a_token_sees_what_its_user_sees(api: Api, aoki: Contact, rin: User) -> None:
    aoki.change(audience=Audience.TEAM)
    token = ApiToken.issue(rin)
    for path in ("", "/timeline", "/attachments"):
        assert api("get", f"/contacts/{aoki.pk}{path}").status_code == 200
        assert api("get", f"/contacts/{aoki.pk}{path}", token=token).status_code == 404
    assert api("get", "/contacts", token=token).json()["items"] == []


def test_the_timeline_is_newest_first_by_kind(api: Api, aoki: Contact, hana: User) -> None:
    make_email(aoki, subject="One")
    make_note(aoki, "Two")
    todo.add("Three", assignee=hana, records=[aoki], by=hana)
    items = api("get", f"/contacts/{aoki.pk}/timeline").json()["items"]
    assert [row["kind"] for row in items] == ["task", "note", "email"]
    assert (items[0]["title"], items[0]["done_at"], items[1]["text"]) == ("Three", None, "Two")
    emails = api("get", f"/contacts/{aoki.pk}/timeline?kind=email").json()["items"]
    assert [row["subject"] for row in emails] == ["One"]
    assert emails[0]["from"]["email"] == aoki.email
    assert api("get", f"/contacts/{aoki.pk}/timeline?cursor=x").status_code == 422


@pytest.mark.rule("M41")
def test_a_hidden_company_is_not_named_and_stays(api: Api, aoki: Contact, rin: User) -> None:
    company = aoki.company
    assert company is not None
    company.change(audience=Audience.OWNER)
    path, token = f"/contacts/{aoki.pk}", ApiToken.issue(rin)
    shown = api("get", path, token=token).json()
    assert shown["company_id"] is None
    (listed,) = api("get", "/contacts", token=token).json()["items"]
    assert listed == shown
    assert api("get", f"/contacts?company_id={company.pk}", token=token).json()["items"] == []
    assert api("patch", path, shown | {"phone": "1"}, token=token).json()["phone"] == "1"
    refused = api("patch", path, {"company_id": str(company.pk)}, token=token)
    assert refused.json()["errors"][0]["field"] == "company_id"
    aoki.refresh_from_db()
    assert aoki.company == company
    assert api("get", path).json()["company_id"] == str(company.pk)


@pytest.mark.rule("M32")
def test_the_trash_gives_back(api: Api, aoki: Contact) -> None:
    email = make_email(aoki, subject="Kept")
    email.activity.trash()
    aoki.trash()
    items = api("get", "/trash").json()["items"]
    assert {(row["kind"], row["name"]) for row in items} == {
        ("contact", "Yuki Aoki"),
        ("email", "Kept"),
    }
    assert all(row["erased_on"] > row["deleted_at"] for row in items)
    assert api("post", f"/trash/contact/{aoki.pk}/restore").status_code == 200
    assert api("post", f"/trash/email/{email.pk}/restore").status_code == 200
    assert api("post", f"/trash/email/{email.pk}/restore").status_code == 404
    assert len(api("get", f"/contacts/{aoki.pk}/timeline").json()["items"]) == 1


def test_restoring_onto_a_taken_address_is_refused(api: Api, aoki: Contact) -> None:
    address = aoki.email
    aoki.trash()
    make_contact(address)
    answer = api("post", f"/trash/contact/{aoki.pk}/restore")
    assert answer.status_code == 409
    assert address in answer.json()["detail"]


def test_the_description_is_served(client: Client) -> None:
    assert client.get("/api/v1/openapi.json").status_code == 200
    assert client.get("/api/v1/docs").status_code == 200
