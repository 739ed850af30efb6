"""REST: every error is a problem document, and nothing odd is a 500."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from crm.models import ApiToken, Contact, User
from tests.factories import make_email, make_mailbox

pytestmark = pytest.mark.django_db
Api = Callable[..., Any]
NOT_AN_ID = ["1e3", "٣", "-1", "9" * 30, "9" * 18, "0", "null", "%00", "%ff"]
NOT_STORABLE = ["a\0@b", "\ud800@b", "x \udfff"]
NO_JSON = [b"{", b"\xff\xfe", b"null", b"[]", b"[" * 100_000, b'{"properties": {"a": 1e400}}']


@pytest.fixture
def api(client: Client, hana: User) -> Api:
    own = ApiToken.issue(hana)

    def call(method: str, path: str, body: Any = None, **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers.setdefault("Authorization", f"Bearer {own}")
        return client.generic(
            method, f"/api/v1{path}", raw, content_type="application/json", headers=headers
        )

    return call


def assert_problem(answer: Any, status: int, field: str = "") -> None:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert {"type", "title", "status", "detail"} <= set(told)
    assert told["status"] == status
    if field:
        assert [row["field"] for row in told["errors"]] == [field]
        assert all(row["message"] for row in told["errors"])


@pytest.mark.parametrize("path", ["/nope", "/", "/contacts/", "/contacts/1/nope"])
def test_an_unknown_address_is_a_problem(api: Api, path: str) -> None:
    for method in ("GET", "POST", "PATCH", "DELETE"):
        assert_problem(api(method, path), 404)


@pytest.mark.parametrize("path", ["/contacts", "/emails/1", "/health", "/mailboxes/1/sync"])
def test_a_wrong_method_is_a_problem_and_says_the_right_ones(api: Api, path: str) -> None:
    answer = api("PUT", path)
    assert_problem(answer, 405)
    assert answer["Allow"]


@pytest.mark.parametrize("given", NOT_AN_ID)
def test_what_is_no_id_is_not_found(api: Api, given: str) -> None:
    for path in ("/contacts/{}", "/contacts/{}/timeline", "/emails/{}", "/mailboxes/{}/reads"):
        assert_problem(api("GET", path.format(quote(given, safe="%"))), 404)
    assert_problem(api("POST", f"/trash/contact/{quote(given, safe='%')}/restore"), 404)


@pytest.mark.parametrize("value", NOT_STORABLE)
@pytest.mark.parametrize("field", ["email", "first_name", "last_name", "phone"])
def test_a_contact_holds_only_text(api: Api, aoki: Contact, field: str, value: str) -> None:
    assert_problem(api("POST", "/contacts", {field: value}), 422, field)
    assert_problem(api("PATCH", f"/contacts/{aoki.pk}", {field: value}), 422, field)


@pytest.mark.parametrize("value", [{"a": "\0"}, {"\0": 1}, {"a": [{"b": "\ud800"}]}, {"a": 1e999}])
def test_properties_hold_only_what_a_database_can(api: Api, value: dict[str, Any]) -> None:
    assert_problem(api("POST", "/contacts", {"properties": value}), 422, "properties")


def test_properties_may_be_nested(api: Api) -> None:
    value = {"a": {"b": [1, None, {"c": "日本"}]}}
    made = api("POST", "/contacts", {"last_name": "Aoki", "properties": value})
    assert (made.status_code, made.json()["properties"]) == (201, value)


@pytest.mark.parametrize("path", ["/contacts", "/companies", "/deals"])
@pytest.mark.parametrize("around", ['{"a": %s}', "[%s]"])
def test_json_is_nested_so_deep_and_no_deeper(api: Api, path: str, around: str) -> None:
    for depth, status in ((32, 201), (33, 422), (900, 422), (9000, 422)):
        value = "1"
        for _level in range(depth - 1):
            value = around % value
        names = '"name": "x", "last_name": "x"'
        answer = api("POST", path, f'{{{names}, "properties": {{"a": {value}}}}}'.encode())
        assert answer.status_code == status, depth
        if status == 422:
            assert_problem(answer, 422, "properties" if depth == 33 else "")
            assert "32 levels" in answer.content.decode()


@pytest.mark.parametrize("value", NOT_STORABLE)
@pytest.mark.parametrize("field", ["subject", "text", "html"])
def test_an_email_holds_only_text(api: Api, hana: User, field: str, value: str) -> None:
    body = {"mailbox_id": str(make_mailbox(hana).pk), "to": ["a@b.test"], "text": "x"}
    assert_problem(api("POST", "/emails", body | {field: value}), 422, field)
    file = {"name": value, "content_base64": ""}
    answer = api("POST", "/emails", body | {"attachments": [file]})
    assert_problem(answer, 422, "attachments.0.name")


@pytest.mark.parametrize(
    "query",
    ["search=%00", "cursor=x", "cursor=-1", "limit=x", "company_id=abc", "owner_id=-1"],
)
def test_a_bad_query_names_its_field(api: Api, query: str) -> None:
    assert_problem(api("GET", f"/contacts?{query}"), 422, query.partition("=")[0])


@pytest.mark.parametrize("query", ["kind=%00", "cursor=LTk5OTk5OTk5OTk5OTk5OTk5LjE"])
def test_a_bad_query_of_a_timeline_too(api: Api, aoki: Contact, query: str) -> None:
    answer = api("GET", f"/contacts/{aoki.pk}/timeline?{query}")
    assert_problem(answer, 422, query.partition("=")[0])


@pytest.mark.parametrize("limit", ["0", "-1", "9" * 30])
def test_a_limit_is_brought_into_its_bounds(api: Api, aoki: Contact, limit: str) -> None:
    assert len(api("GET", f"/contacts?limit={limit}").json()["items"]) == 1


@pytest.mark.parametrize("raw", NO_JSON)
def test_what_is_no_json_object_is_a_problem(api: Api, aoki: Contact, raw: bytes) -> None:
    for method, path in (("POST", "/contacts"), ("PATCH", f"/contacts/{aoki.pk}")):
        answer = api(method, path, raw)
        assert_problem(answer, answer.status_code)
        assert answer.status_code in (400, 422)


def test_an_empty_patch_and_a_null_are_told_apart(api: Api, aoki: Contact) -> None:
    assert api("PATCH", f"/contacts/{aoki.pk}", {}).json()["first_name"] == "Yuki"
    assert_problem(api("PATCH", f"/contacts/{aoki.pk}", {"first_name": None}), 422, "first_name")
    assert api("PATCH", f"/contacts/{aoki.pk}", {"company_id": None}).json()["company_id"] is None


def test_a_request_that_is_too_large_is_a_problem(api: Api, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert_problem(api("POST", "/contacts", {"first_name": "x" * 200}), 413)


def test_a_defect_is_a_problem_without_its_inside(
    hana: User, aoki: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: Any, **_values: Any) -> Any:
        raise RuntimeError("canary")

    monkeypatch.setattr("crm.timeline.activities_of", broken)
    client = Client(raise_request_exception=False)
    token = {"Authorization": f"Bearer {ApiToken.issue(hana)}"}
    answer = client.get(f"/api/v1/contacts/{aoki.pk}/timeline", headers=token)
    assert_problem(answer, 500)
    assert "canary" not in answer.content.decode()


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_a_token_is_enough_and_leaves_no_session(aoki: Contact, hana: User, scheme: str) -> None:
    client = Client(enforce_csrf_checks=True)
    token = {"Authorization": f"{scheme} {ApiToken.issue(hana)}"}
    body = {"last_name": "Mori"}
    answer = client.post("/api/v1/contacts", body, "application/json", headers=token)
    assert answer.status_code == 201
    assert not answer.cookies
    assert not Session.objects.exists()


@pytest.mark.parametrize("given", ["Bearer", "Bearer ", "Basic x", "Token x", "Bearer é", "x"])
def test_what_is_no_token_is_refused(api: Api, given: str) -> None:
    assert_problem(api("GET", "/contacts", Authorization=given), 401)


def test_a_session_does_not_open_the_api(hana: User, aoki: Contact) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(hana)
    assert_problem(client.get("/api/v1/contacts"), 401)
    assert_problem(client.post("/api/v1/contacts", {}, "application/json"), 401)


@pytest.mark.rule("M42")
def test_who_left_and_what_was_taken_away_is_refused(api: Api, hana: User) -> None:
    assert api("GET", "/contacts").status_code == 200
    hana.change(is_active=False)
    assert_problem(api("GET", "/contacts"), 401)
    hana.change(is_active=True)
    ApiToken.objects.all().delete()
    assert_problem(api("GET", "/contacts"), 401)


@pytest.mark.rule("M53")
def test_the_trash_keeps_a_private_subject(
    client: Client, hana: User, ken: User, aoki: Contact
) -> None:
    email = make_email(aoki, by=hana, subject="Private", visibility="metadata")
    email.activity.trash()
    names = {}
    for person in (hana, ken):
        token = {"Authorization": f"Bearer {ApiToken.issue(person)}"}
        items = client.get("/api/v1/trash", headers=token).json()["items"]
        names[person.name] = [row["name"] for row in items]
    assert names == {"Hana": ["Private"], "Ken": [None]}
