"""REST: sequences and enrolments (M25)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from crm.models import ApiToken, Contact, User
from inbox.models import Enrolment, Mailbox, Sequence
from inbox.outreach import unsubscribing
from tests.factories import make_mailbox

pytestmark = pytest.mark.django_db
Api = Callable[..., Any]
STEPS = [
    {"subject": "Our offer", "text": "Dear {{ contact.first_name }},\n\nhello."},
    {"wait_days": 2, "text": "Did you see it?"},
    {"kind": "task", "wait_days": 3, "title": "Call them"},
]


@pytest.fixture
def api(client: Client, hana: User) -> Api:
    own = ApiToken.issue(hana)

    def call(method: str, path: str, body: Any = None, token: str = own) -> Any:
        return getattr(client, method)(
            f"/api/v1{path}",
            data=body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )

    return call


@pytest.fixture
def box(hana: User) -> Mailbox:
    return make_mailbox(hana)


@pytest.fixture
def made(api: Api) -> dict[str, Any]:
    answer = api("post", "/sequences", {"name": "Follow-up", "steps": STEPS})
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_a_sequence_is_made_read_and_listed(api: Api, made: dict[str, Any]) -> None:
    assert [step["kind"] for step in made["steps"]] == ["email", "email", "task"]
    assert made["steps"][0]["html"] == "<p>Dear {{ contact.first_name }},</p><p>hello.</p>"
    assert api("get", f"/sequences/{made['id']}").json() == made
    assert api("get", "/sequences").json() == {"items": [made], "next": None}


@pytest.mark.parametrize(
    ("step", "field"),
    [
        ({"text": "x"}, "steps.0.subject"),
        ({"subject": "x"}, "steps.0.text"),
        ({"kind": "task"}, "steps.0.title"),
        ({"subject": "{{ contact.firstname }}", "text": "x"}, "steps.0.subject"),
        ({"subject": "x", "text": "x", "wait_days": 91}, "steps.0.wait_days"),
    ],
)
def test_a_wrong_step_is_named(api: Api, step: dict[str, Any], field: str) -> None:
    answer = api("post", "/sequences", {"name": "x", "steps": [step]})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Sequence.objects.exists()


def test_who_may_be_is_enrolled_and_of_the_others_it_is_told_why_not(
    api: Api, made: dict[str, Any], box: Mailbox, hana: User, aoki: Contact, weber: Contact
) -> None:
    unsubscribing.opt_out(weber, by=hana)
    path = f"/sequences/{made['id']}/enrollments"
    body = {"contact_ids": [str(aoki.pk), str(weber.pk)], "mailbox_id": str(box.pk)}
    answer = api("post", path, body)
    assert answer.status_code == 201, answer.content
    [row] = answer.json()["items"]
    assert (row["contact_id"], row["state"], row["steps_taken"]) == (str(aoki.pk), "active", 0)
    assert answer.json()["refused"] == [{"contact_id": str(weber.pk), "reasons": ["opted_out"]}]
    assert api("get", path).json()["items"] == [row]
    assert api("get", f"{path}?state=paused").json()["items"] == []
    assert api("get", f"{path}/{row['id']}").json() == row
    assert api("get", f"/sequences/{made['id']}").json()["people"]["active"] == 1


def test_pause_go_on_and_stop(api: Api, made: dict[str, Any], box: Mailbox, aoki: Contact) -> None:
    path = f"/sequences/{made['id']}/enrollments"
    body = {"contact_ids": [str(aoki.pk)], "mailbox_id": str(box.pk)}
    one = f"{path}/{api('post', path, body).json()['items'][0]['id']}"
    for state in ("paused", "paused", "active", "stopped"):
        assert api("patch", one, {"state": state}).json()["state"] == state
    assert api("get", one).json()["why_text"] == "Hana stopped it."
    assert api("patch", one, {"state": "active"}).status_code == 409
    assert api("patch", one, {"state": "gone"}).status_code == 422


def test_a_stranger_finds_nothing(
    api: Api, made: dict[str, Any], box: Mailbox, rin: User, aoki: Contact
) -> None:
    token, path = ApiToken.issue(rin), f"/sequences/{made['id']}"
    body = {"contact_ids": [str(aoki.pk)], "mailbox_id": str(box.pk)}
    answer = api("post", f"{path}/enrollments", body, token=token)
    assert [error["field"] for error in answer.json()["errors"]] == ["mailbox_id"]
    Sequence.objects.update(shared=False)
    assert api("get", path, token=token).status_code == 404
    assert api("get", f"{path}/enrollments", token=token).status_code == 404
    wrong = {**body, "contact_ids": [str(aoki.pk), "99999"]}
    assert api("post", f"{path}/enrollments", wrong).status_code == 422
    assert not Enrolment.objects.exists()
