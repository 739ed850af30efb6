"""REST: templates, and e-mails that are written with one (M24)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from crm.models import ApiToken, Contact, Email, User
from crm.models.attachments import store_content
from inbox.models import Template, TemplateUse
from inbox.outreach.writing import both_forms
from tests.factories import make_email, make_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M24")]
Call = Callable[..., Any]
TEXT = "Dear {{ contact.first_name }},"


@pytest.fixture
def call(client: Client, hana: User) -> Call:
    own = ApiToken.issue(hana)

    def ask(method: str, path: str, body: Any = None, token: str = own) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return getattr(client, method)(
            f"/api/v1{path}", body, content_type="application/json", headers=headers
        )

    return ask


def test_a_template_is_made_read_changed_and_trashed(call: Call, hana: User) -> None:
    made = call("post", "/templates", {"name": "Offer", "text": TEXT, "folder": "Sales"})
    assert made.status_code == 201
    shown = made.json()
    assert shown["html"] == f"<p>{TEXT}</p>" and shown["folder"] == "Sales"
    assert shown["fields"] == ["contact.first_name"]
    assert (shown["used"], shown["replied"], shown["shared"]) == (0, 0, False)
    path = f"/templates/{shown['id']}"
    changed = call("patch", path, {"subject": "For {{ company.name }}", "folder": ""}).json()
    assert (changed["subject"], changed["text"], changed["folder"]) == (
        "For {{ company.name }}",
        TEXT,
        "",
    )
    assert call("patch", path, {"html": "<p>Hi <b>you</b></p>"}).json()["text"] == "Hi you"
    assert call("get", path).json()["html"] == "<p>Hi <b>you</b></p>"
    assert call("delete", path).status_code == 204
    assert call("get", path).status_code == 404
    assert Template.objects.get().deleted_at is not None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "x"}, "text"),
        ({"name": "x", "text": "{{ contact.nam }}"}, "text"),
        ({"name": "x", "html": "<p>{{ contact.<b>name</b> }} {{ x.y }}</p>"}, "html"),
        ({"name": "x", "text": "x", "subject": "{{ weather }}"}, "subject"),
        ({"name": "x", "text": "x", "language": "tlh"}, "language"),
    ],
)
def test_what_is_wrong_is_named(call: Call, body: Any, field: str) -> None:
    answer = call("post", "/templates", body)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert not Template.objects.exists()


def test_lists_are_pages_of_what_the_caller_sees(
    call: Call, hana: User, ken: User, aoki: Contact, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        row = Template.objects.create(name=f"Letter {number}", owner=hana, shared=number > 0)
        TemplateUse.objects.create(template=row, email=make_email(aoki, by=hana))
    token = ApiToken.issue(ken)
    first = call("get", "/templates?limit=3", token=token).json()
    assert [row["name"] for row in first["items"]] == ["Letter 4", "Letter 3", "Letter 2"]
    assert [row["used"] for row in first["items"]] == [1, 1, 1]
    rest = call("get", f"/templates?cursor={first['next']}", token=token).json()
    assert [row["name"] for row in rest["items"]] == ["Letter 1"] and rest["next"] is None
    with django_assert_max_num_queries(7):
        assert len(call("get", "/templates?search=letter").json()["items"]) == 5


def test_who_only_reads_changes_nothing(call: Call, hana: User, ken: User) -> None:
    secret = Template.objects.create(name="Own", owner=hana)
    shared = Template.objects.create(name="Shared", owner=hana, shared=True)
    token = ApiToken.issue(ken)
    assert call("get", f"/templates/{secret.pk}", token=token).status_code == 404
    assert call("get", f"/templates/{shared.pk}", token=token).status_code == 200
    refused = call("patch", f"/templates/{shared.pk}", {"name": "x"}, token=token)
    assert refused.status_code == 403 and "owner" in refused.json()["detail"]
    assert call("delete", f"/templates/{shared.pk}", token=token).status_code == 403
    assert call("get", "/templates", token="wrong").status_code == 401


def test_an_email_is_written_with_a_template(call: Call, hana: User, aoki: Contact) -> None:
    form = both_forms(text=f"{TEXT}\n\nsee you at {{{{ company.name }}}}.")
    template = Template.objects.create(name="Offer", subject="Tea", owner=hana, **form)
    path = store_content(b"%PDF")
    values = {"name": "price.pdf", "content_type": "application/pdf", "size": 4, "path": path}
    template.files.create(**values)
    body = {
        "mailbox_id": str(make_mailbox(hana).pk),
        "to": [f"Yuki Aoki <{aoki.email}>"],
        "template_id": str(template.pk),
    }
    sent = call("post", "/emails", body)
    assert sent.status_code == 202
    shown = sent.json()
    assert (shown["subject"], shown["text"]) == ("Tea", "Dear Yuki,\n\nsee you at Aoki Shoten.")
    assert [file["name"] for file in shown["attachments"]] == ["price.pdf"]
    assert template.uses.get().email == Email.objects.get()
    own = call("post", "/emails", {**body, "subject": "Mine", "text": "My own words."}).json()
    assert (own["subject"], own["text"]) == ("Mine", "My own words.")
    assert template.uses.count() == 2


def test_an_email_with_a_field_that_is_missing_is_refused(
    call: Call, hana: User, ken: User
) -> None:
    template = Template.objects.create(name="x", owner=hana, **both_forms(text=TEXT))
    body = {"mailbox_id": str(make_mailbox(hana).pk), "to": ["new@person.test"]}
    refused = call("post", "/emails", {**body, "template_id": str(template.pk)})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "text"
    assert "{{ contact.first_name }}" in refused.json()["detail"]
    secret = Template.objects.create(name="x", owner=ken, text="x", html="x")
    hidden = call("post", "/emails", {**body, "template_id": str(secret.pk)})
    assert hidden.json()["errors"][0]["field"] == "template_id"
    assert not Email.objects.exists()
