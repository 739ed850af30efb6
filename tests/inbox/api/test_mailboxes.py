"""REST: connect, send, read, look and the ledger, against real servers."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import ApiToken, Contact, Email, User
from inbox.models import Credential, Mailbox, Outgoing
from inbox.sending import outbox, sent_copy
from inbox.sync import engine
from inbox.wire.faults import HostRefused
from tests.cast import Api
from tests.inbox.letters import rich_reply_to
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.imap_script import ImapScript
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]


@pytest.fixture
def account(trusted: Dovecot, relay: Relay, mail_user: Callable[..., str]) -> dict[str, Any]:
    email = mail_user("hana")
    return {
        "email": email,
        "username": email,
        "password": PASSWORD,
        "imap_host": "localhost",
        "imap_port": trusted.imaps,
        "imap_security": "tls",
        "smtp_host": "localhost",
        "smtp_port": trusted.submissions,
        "smtp_security": "tls",
    }


OFFER = {
    "subject": "Offer",
    "html": "<p>Hello <b>you</b><script>alert(1)</script></p>",
    "attachments": [{"name": "a.txt", "content_type": "text/plain", "content_base64": "aGVsbG8="}],
}


@pytest.mark.rule("M1")
def test_the_main_job(
    api: Api, account: dict[str, Any], aoki: Contact, dovecot: Dovecot, relay: Relay
) -> None:
    made = api("post", "/mailboxes", account)
    assert made.status_code == 201, made.content
    mailbox = made.json()
    assert PASSWORD not in made.content.decode()
    assert mailbox["state"] == "connected"
    assert {row["role"] for row in mailbox["folders"]} == {"inbox", "sent"}

    body = {"mailbox_id": mailbox["id"], "to": [aoki.email], **OFFER}
    sent = api("post", "/emails", body, **{"Idempotency-Key": "one"})
    assert (sent.status_code, sent.json()["status"]) == (202, "queued")
    again = api("post", "/emails", body, **{"Idempotency-Key": "one"})
    assert again.json()["id"] == sent.json()["id"]
    outbox.attempt(Outgoing.objects.get())
    email = api("get", f"/emails/{sent.json()['id']}").json()
    assert (email["status"], email["source"], email["direction"]) == ("sent", "sent", "outgoing")
    assert email["recipients"] == [{"email": aoki.email, "status": "sent", "server_said": ""}]
    assert "script" not in email["html"]
    assert email["text"] == "Hello you"
    assert len(relay.accepted_by(aoki.email)) == 1
    Outgoing.objects.update(copy_due_at=timezone.now())  # the provider has had its seconds
    sent_copy.attempt(Outgoing.objects.get())
    assert len(dovecot.raw_messages(account["email"], "Sent")) == 1

    reply = rich_reply_to(Email.objects.get(), sender=aoki.email, to=account["email"])
    dovecot.deliver(account["email"], reply.as_bytes())
    assert api("post", f"/mailboxes/{mailbox['id']}/sync").status_code == 202
    assert Mailbox.objects.get().look_asked_at
    engine.look(Mailbox.objects.get())

    items = api("get", f"/contacts/{aoki.pk}/timeline?kind=email").json()["items"]
    assert [row["subject"] for row in items] == ["Re: 見積書の件", "Offer"]
    reason = items[0]["reason"]
    assert (reason["rule"], reason["message_id"]) == ("reply", email["message_id"])
    assert items[0]["contact_ids"] == [str(aoki.pk)]
    files = api("get", f"/contacts/{aoki.pk}/attachments").json()["items"]
    assert {row["name"] for row in files} == {"logo.png", "見積書.pdf", "a.txt"}
    stored = next(row for row in files if row["name"] == "見積書.pdf")
    content = api("get", stored["url"].removeprefix("/api/v1"))
    assert b"".join(content.streaming_content) == b"%PDF-1.4 quote"
    ledger = api("get", f"/mailboxes/{mailbox['id']}/reads").json()
    assert sum(day["bodies_read"] for day in ledger["items"]) == 1
    assert ledger["bodies"][0]["reason"]["rule"] == "reply"


@pytest.mark.rule("M3")
@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({"password": "wrong"}, "login"),
        ({"imap_host": "nobody.invalid"}, "resolve"),
        ({"imap_port": 1}, "connect"),
        ({"smtp_port": 1}, "smtp_connect"),
    ],
)
def test_a_failure_names_its_step_and_nothing_stays(
    api: Api, account: dict[str, Any], change: dict[str, Any], step: str
) -> None:
    answer = api("post", "/mailboxes", account | change)
    assert answer.status_code == 422, answer.content
    problem = answer.json()
    assert problem["step"] == step
    assert problem["advice"]
    assert "server_said" in problem
    assert "wrong" not in problem["server_said"]
    assert not Mailbox.objects.exists()
    assert not Credential.objects.exists()


def test_a_failure_after_the_test_is_explained_as_well(api: Api, account: dict[str, Any]) -> None:
    """The Sent folder is opened when the mailbox is kept; here the INBOX has gone by then."""
    gone = [b"%tag NO [NONEXISTENT] no such mailbox\r\n"]
    listed = b'* LIST (\\Sent) "/" Sent\r\n* LIST () "/" INBOX\r\n%tag OK\r\n'
    opened = ImapScript.kind["EXAMINE"]
    with ImapScript({"LIST": [listed], "EXAMINE": [opened, gone]}) as imap:
        changes = {"imap_port": imap.port, "imap_security": "none"}
        answer = api("post", "/mailboxes", account | changes)
    problem = answer.json()
    assert (answer.status_code, problem["step"]) == (422, "folders")
    assert "no such mailbox" in problem["server_said"]
    assert problem["detail"] == problem["advice"] != ""
    assert not Mailbox.objects.exists()


def test_a_certificate_that_nobody_vouches_for_is_refused(
    api: Api, account: dict[str, Any], settings: Any
) -> None:
    settings.INBOX_CA_FILE = ""
    answer = api("post", "/mailboxes", account)
    assert (answer.status_code, answer.json()["step"]) == (422, "tls")


@pytest.mark.rule("M2")
@pytest.mark.parametrize(
    "change", [{"imap_port": 995}, {"imap_port": 110}, {"imap_host": "pop.gmail.com"}]
)
def test_pop3_is_refused_with_its_reason(
    api: Api, account: dict[str, Any], change: dict[str, Any]
) -> None:
    answer = api("post", "/mailboxes", account | change)
    assert answer.status_code == 422
    assert "POP3" in answer.json()["detail"]
    assert answer.json()["errors"][0]["field"] == "imap_host"


def test_a_private_address_is_refused_unless_allowed(
    api: Api, account: dict[str, Any], settings: Any
) -> None:
    settings.INBOX_ALLOW_PRIVATE_HOSTS = False
    answer = api("post", "/mailboxes", account)
    assert (answer.status_code, answer.json()["step"]) == (422, "resolve")
    assert not Mailbox.objects.exists()


@pytest.mark.rule("M5")
def test_others_do_not_see_it(api: Api, account: dict[str, Any], rin: User) -> None:
    mailbox = api("post", "/mailboxes", account).json()
    token = ApiToken.issue(rin)
    assert api("get", f"/mailboxes/{mailbox['id']}", token=token).status_code == 404
    assert api("get", "/mailboxes", token=token).json()["items"] == []
    body = {"mailbox_id": mailbox["id"], "to": ["a@b.test"], "subject": "x", "text": "x"}
    refused = api("post", "/emails", body, token=token)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "mailbox_id")


def test_connecting_again_goes_on_where_it_was(api: Api, account: dict[str, Any]) -> None:
    first = api("post", "/mailboxes", account).json()
    again = api("post", "/mailboxes", {**account, "imap_host": account["imap_host"].upper()})
    assert (again.status_code, again.json()["id"]) == (201, first["id"])
    assert Credential.objects.count() == 1


@pytest.mark.rule("M35")
def test_disconnecting_deletes_the_credential(
    api: Api, account: dict[str, Any], aoki: Contact
) -> None:
    mailbox = api("post", "/mailboxes", account).json()
    body = {"mailbox_id": mailbox["id"], "to": [aoki.email], "subject": "x", "text": "x"}
    api("post", "/emails", body)
    assert api("delete", f"/mailboxes/{mailbox['id']}").status_code == 204
    assert not Credential.objects.exists()
    email = Email.objects.get()
    assert (email.status, "disconnected" in email.error) == ("failed", True)


def test_health_names_each_part(client: Client, db: None) -> None:
    answer = client.get("/api/v1/health")
    assert answer.status_code == 503  # no worker runs in this test
    parts = answer.json()["parts"]
    assert set(parts) == {"database", "broker", "worker", "beat", "watcher", "storage"}
    assert (parts["database"], parts["storage"]) == ("ok", "ok")


def test_resolve_and_retry_answer_only_what_is_in_question(
    api: Api, account: dict[str, Any], aoki: Contact
) -> None:
    mailbox = api("post", "/mailboxes", account).json()
    body = {"mailbox_id": mailbox["id"], "to": [aoki.email], "subject": "x", "text": "x"}
    email = api("post", "/emails", body).json()
    path = f"/emails/{email['id']}"
    assert api("post", f"{path}/retry").status_code == 409
    assert api("post", f"{path}/resolve", {"delivered": True}).status_code == 409
    Outgoing.objects.update(state="unknown")
    Email.objects.update(status="unknown")
    answer = api("post", f"{path}/resolve", {"delivered": True})
    assert (answer.status_code, answer.json()["status"]) == (200, "sent")
    assert api("delete", path).status_code == 204
    assert api("get", path).status_code == 404


@pytest.mark.rule("M39")
def test_private_hosts_are_refused_at_every_door_afterwards(
    api: Api, account: dict[str, Any], aoki: Contact, relay: Relay, settings: Any
) -> None:
    made = api("post", "/mailboxes", account).json()
    path = f"/mailboxes/{made['id']}"
    body = {"mailbox_id": made["id"], "to": [aoki.email], "subject": "x", "text": "x"}
    api("post", "/emails", body)
    settings.INBOX_ALLOW_PRIVATE_HOSTS = False
    for answer in (
        api("post", "/mailboxes", account),
        api("patch", path, {"password": PASSWORD}),
        api("patch", path, {"imap_port": account["imap_port"]}),
    ):
        assert (answer.status_code, answer.json()["step"]) == (422, "resolve")
    outbox.attempt(Outgoing.objects.get())
    assert not relay.accepted_by(aoki.email)
    assert api("post", f"{path}/sync").status_code == 202
    with pytest.raises(HostRefused):
        engine.look(Mailbox.objects.get(), force=True)


def test_servers_are_tested_before_they_are_changed(api: Api, account: dict[str, Any]) -> None:
    path = f"/mailboxes/{api('post', '/mailboxes', account).json()['id']}"
    refused = api("patch", path, {"smtp_port": 1, "name": "Never"})
    assert (refused.status_code, refused.json()["step"]) == (422, "smtp_connect")
    kept = api("get", path).json()
    assert (kept["smtp_port"], kept["name"]) == (account["smtp_port"], "")
    changes = {"imap_host": "127.0.0.1", "smtp_host": "127.0.0.1", "since_days": 3}
    unasked = api("patch", path, changes)
    assert (unasked.status_code, unasked.json()["errors"][0]["field"]) == (422, "password")
    assert api("patch", path, {**changes, "password": PASSWORD}).status_code == 200
    assert {name: api("get", path).json()[name] for name in changes} == changes
    other = api("patch", path, {"email": "other@example.test"})
    assert other.json()["errors"][0]["field"] == "email"
    null = api("patch", path, {"name": None})
    assert null.json()["errors"][0]["field"] == "name"


def test_a_change_that_cannot_be_kept_keeps_nothing(
    api: Api, account: dict[str, Any], trusted: Dovecot
) -> None:
    """The same address is connected at the other host already."""
    api("post", "/mailboxes", account | {"imap_host": "127.0.0.1"})
    path = f"/mailboxes/{api('post', '/mailboxes', account).json()['id']}"
    trusted.set_password(account["email"], "newer")
    changes = {"imap_host": "127.0.0.1", "password": "newer"}
    assert api("patch", path, changes).status_code == 409
    passwords = {row.password for row in Credential.objects.all()}
    assert (api("get", path).json()["imap_host"], passwords) == ("localhost", {PASSWORD})


@pytest.mark.rule("M39")
def test_a_password_is_in_no_answer(
    api: Api, account: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    canary = "canary-of-a-password"
    answers = [
        api("post", "/mailboxes", account | {"password": canary}),
        api("post", "/mailboxes", account | {"password": canary, "imap_port": "x"}),
        api("post", "/mailboxes", {"password": [canary]}),
        api("get", "/openapi.json"),
    ]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 200]
    assert not [answer for answer in answers if canary in answer.content.decode()]
    assert canary not in caplog.text
