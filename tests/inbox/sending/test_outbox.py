"""Sending against real servers: once, or shown as what it is (M21 to M23, M46)."""

import re
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.utils import timezone

from crm.models import Contact, Email, Notice
from inbox.mime import given_ids, own_ids
from inbox.mime.types import ParsedAttachment
from inbox.models import Mailbox, Outgoing
from inbox.sending import composer, outbox, sent_copy
from inbox.sync import engine
from tests.inbox.letters import bounce_of, reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]


def written(mailbox: Mailbox, *to: str, **more: object) -> Outgoing:
    values = {"subject": "Our offer", "text": "Hello.", **more}
    draft = composer.NewEmail(mailbox=mailbox, to=list(to), **values)  # type: ignore[arg-type]
    return Outgoing.objects.get(email=composer.send(draft, by=mailbox.owner))


def attempt(outgoing: Outgoing) -> Email:
    """What the tick does with a row."""
    outbox.attempt(Outgoing.objects.get(pk=outgoing.pk))
    outgoing.refresh_from_db()
    return Email.objects.get(pk=outgoing.email_id)


@pytest.mark.rule("M21")
@pytest.mark.rule("M22")
@pytest.mark.rule("M33")
def test_it_is_delivered_and_in_sent_exactly_once(
    mailbox: Mailbox, aoki: Contact, relay: Relay, dovecot: Dovecot
) -> None:
    file = ParsedAttachment("Angebot ü.pdf", "application/pdf", 5, b"%PDF-", "", False)
    outgoing = written(mailbox, f"{aoki.name} <{aoki.email}>", files=[file], bcc=["boss@x.test"])
    assert attempt(outgoing).status == "sent"
    accepted = relay.accepted_by(aoki.email)
    assert len(accepted) == 1
    assert set(accepted[0].recipients) == {aoki.email, "boss@x.test"}
    message = message_from_bytes(accepted[0].raw, policy=policy.default)
    assert message["Message-ID"] == f"<{outgoing.email.message_id}>"
    assert message["X-Musubi-Message"] == outgoing.token
    assert message["Bcc"] is None
    assert [part.get_filename() for part in message.iter_attachments()] == ["Angebot ü.pdf"]
    copies = dovecot.raw_messages(mailbox.email, "Sent")
    assert [outgoing.token.encode() in copy for copy in copies] == [True]
    assert outgoing.copy_state == "filed"
    assert outgoing.frozen is None
    assert dovecot.flags(mailbox.email, "Sent") == {1: {r"\Seen"}}


@pytest.mark.rule("M46")
def test_its_id_is_signed_with_the_newest_key(mailbox: Mailbox, settings: object) -> None:
    settings.MESSAGE_ID_KEYS = ["new key", "old key"]  # type: ignore[attr-defined]
    value = written(mailbox, "a@b.test").email.message_id
    assert own_ids.is_ours(value, ["new key"])
    assert not own_ids.is_ours(value, ["old key"])


def test_a_copy_that_the_provider_filed_itself_is_not_doubled(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    outgoing = written(mailbox, aoki.email)
    attempt(outgoing)
    Outgoing.objects.update(copy_state="pending", frozen=b"Subject: x\r\n\r\nx")
    sent_copy.settle(Outgoing.objects.get())
    assert len(dovecot.raw_messages(mailbox.email, "Sent")) == 1


def test_a_provider_that_files_sent_mail_gets_no_copy(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    mailbox.change(files_sent_itself=True)
    outgoing = written(mailbox, aoki.email)
    attempt(outgoing)
    assert outgoing.copy_state == "not_needed"
    assert dovecot.counts(mailbox.email)["Sent"] == 0


@pytest.mark.rule("M23")
def test_a_refusal_stands_on_the_timeline_with_the_servers_words_and_a_retry(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    relay.behave(refuse_rcpt={"*": "550 5.1.1 nobody of that name here"})
    outgoing = written(mailbox, aoki.email)
    email = attempt(outgoing)
    assert (email.status, "nobody of that name" in email.error) == ("failed", True)
    before = email.message_id
    relay.behave()
    assert outbox.retry(outgoing)
    assert not outbox.retry(outgoing)
    email = attempt(outgoing)
    assert (email.status, email.error, email.message_id) == ("sent", "", before)
    assert len(relay.accepted_by(aoki.email)) == 1


def test_a_passing_refusal_is_tried_again_later(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    relay.behave(refuse_mail="451 4.7.1 greylisted, come back")
    outgoing = written(mailbox, aoki.email)
    email = attempt(outgoing)
    assert (email.status, "greylisted" in email.error) == ("queued", True)
    assert outgoing.due_at > timezone.now()
    assert not Outgoing.objects.due(timezone.now()).exists()
    relay.behave()
    Outgoing.objects.update(due_at=timezone.now())
    assert attempt(outgoing).status == "sent"


@pytest.mark.rule("M58")
def test_a_server_that_says_when_to_come_again_is_believed(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    relay.behave(refuse_mail="451 4.7.1 Greylisted, try again in 20 minutes")
    outgoing = written(mailbox, aoki.email)
    attempt(outgoing)
    assert outgoing.due_at > timezone.now() + timedelta(minutes=19)


def test_some_recipients_refused_are_shown_by_recipient(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    relay.behave(refuse_rcpt={"gone@x.test": "550 5.1.1 gone"})
    email = attempt(written(mailbox, aoki.email, "gone@x.test"))
    states = dict(email.participants.filter(role="to").values_list("address", "status"))
    assert (email.status, states) == ("sent", {aoki.email: "sent", "gone@x.test": "refused"})


def test_when_all_are_refused_each_is_shown_with_the_servers_words(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    relay.behave(refuse_rcpt={aoki.email: "550 5.1.1 gone", "full@x.test": "552 5.2.2 full"})
    outgoing = written(mailbox, aoki.email, "full@x.test")
    email = attempt(outgoing)
    rows = email.participants.filter(role="to").values_list("status", "server_said")
    assert email.status == "failed"
    assert [(status, said[:3]) for status, said in rows] == [("refused", "550"), ("refused", "552")]
    relay.behave()
    outbox.retry(outgoing)
    rows = attempt(outgoing).participants.filter(role="to").values_list("status", "server_said")
    assert list(rows) == [("sent", ""), ("sent", "")]


@pytest.mark.rule("M22")
def test_a_copy_that_the_provider_filed_without_our_mark_is_not_doubled(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    outgoing = written(mailbox, aoki.email)
    copy = f"From: {mailbox.email}\r\nMessage-ID: <{outgoing.email.message_id}>\r\n\r\nHello."
    dovecot.append(mailbox.email, "Sent", copy.encode())
    attempt(outgoing)
    assert outgoing.copy_state == "filed"
    assert len(dovecot.raw_messages(mailbox.email, "Sent")) == 1


def left_unknown(mailbox: Mailbox, to: str) -> Outgoing:
    """As found after a crash between the first byte and the settled answer."""
    outgoing = left_sending(mailbox, to)
    attempt(outgoing)
    return outgoing


def left_sending(mailbox: Mailbox, to: str) -> Outgoing:
    """The same, before anybody has found it."""
    outgoing = written(mailbox, to)
    past = timezone.now() - timedelta(hours=1)
    values = {"state": "sending", "transmitting_at": past, "claimed_until": past}
    Outgoing.objects.filter(pk=outgoing.pk).update(**values)
    return outgoing


@pytest.mark.rule("M23")
def test_an_unknown_outcome_is_asked_and_never_sent_again_by_itself(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    outgoing = left_unknown(mailbox, aoki.email)
    assert outgoing.email.status == "unknown" or Email.objects.get().status == "unknown"
    assert not Outgoing.objects.due(timezone.now()).exists()
    assert relay.accepted == []
    assert outbox.resolve(outgoing, delivered=False)
    assert attempt(outgoing).status == "sent"
    assert len(relay.accepted_by(aoki.email)) == 1


@pytest.mark.rule("M23")
@pytest.mark.parametrize("state", ["queued", "failed"])
def test_what_has_proved_to_be_delivered_is_not_sent_again(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot, relay: Relay, state: str
) -> None:
    """The server said no, or somebody that it did not arrive; but there is an answer to it."""
    outgoing = written(mailbox, aoki.email)
    Outgoing.objects.update(state=state, attempts=1, due_at=timezone.now() + timedelta(hours=1))
    Email.objects.update(status=state, error="451 later")
    reply = reply_to(Email.objects.get(), sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    engine.look(mailbox)
    outgoing.refresh_from_db()
    assert (outgoing.state, Email.objects.get(pk=outgoing.email_id).status) == ("sent", "sent")
    assert not Outgoing.objects.due(timezone.now() + timedelta(days=1)).exists()


def test_an_unknown_outcome_is_settled_by_a_copy_in_sent(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    outgoing = left_unknown(mailbox, aoki.email)
    copy = f"From: {mailbox.email}\r\nMessage-ID: <new@provider.test>\r\n"
    copy += f"X-Musubi-Message: {outgoing.token}\r\n\r\nHello."
    dovecot.append(mailbox.email, "Sent", copy.encode())
    engine.look(mailbox)
    outgoing.refresh_from_db()
    assert (outgoing.state, Email.objects.get().status) == ("sent", "sent")


@pytest.mark.rule("M9")
def test_an_id_that_the_server_says_it_has_given_is_the_emails_too(
    mailbox: Mailbox, aoki: Contact, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Amazon SES: no copy in Sent could teach it."""
    monkeypatch.setattr(given_ids, "_HOST", re.compile("(localhost)"))
    given = "0100018d5e1c0a2b-6a1f4a36-0d0c-4f0e-9f35-2d5b6c7d8e9f-000000"
    relay.behave(taken=f"250 Ok {given}")
    outgoing = written(mailbox, aoki.email)
    assert attempt(outgoing).status == "sent"
    row = outgoing.email.message_ids.get(origin="rewritten")
    assert row.value == f"{given}@localhost.amazonses.com"


@pytest.mark.rule("M9")
def test_a_reply_to_the_id_that_the_provider_gave_is_found(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    outgoing = written(mailbox, aoki.email)
    mailbox.change(files_sent_itself=True)
    email = attempt(outgoing)
    copy = f"From: {mailbox.email}\r\nMessage-ID: <new@provider.test>\r\n"
    copy += f"X-Musubi-Message: {outgoing.token}\r\n\r\nHello."
    dovecot.append(mailbox.email, "Sent", copy.encode())
    reply = reply_to(
        email,
        sender=aoki.email,
        to=mailbox.email,
        answers="<new@provider.test>",
        references="<new@provider.test>",
    )
    dovecot.deliver(mailbox.email, reply.as_bytes())
    receipt = engine.look(mailbox)
    assert receipt is not None
    assert receipt.logged == 1


def test_a_reply_settles_an_unknown_outcome(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    outgoing = left_unknown(mailbox, aoki.email)
    reply = reply_to(Email.objects.get(), sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    engine.look(mailbox)
    outgoing.refresh_from_db()
    assert outgoing.state == "sent"


@pytest.mark.parametrize("moment", ["mail", "rcpt", "data"])
def test_a_connection_lost_before_the_data_is_tried_again(
    mailbox: Mailbox, aoki: Contact, relay: Relay, moment: str
) -> None:
    relay.behave(drop_at=moment)
    outgoing = written(mailbox, aoki.email)
    assert attempt(outgoing).status in ("queued", "unknown")
    assert len(relay.accepted_by(aoki.email)) == 0


@pytest.mark.rule("M23")
def test_what_the_relay_took_and_did_not_confirm_is_asked(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    relay.behave(drop_at="accepted")
    outgoing = written(mailbox, aoki.email)
    assert attempt(outgoing).status == "unknown"
    assert not Outgoing.objects.due(timezone.now() + timedelta(days=1)).exists()
    assert len(relay.accepted_by(aoki.email)) == 1


def test_two_workers_send_once(mailbox: Mailbox, aoki: Contact, relay: Relay) -> None:
    first = written(mailbox, aoki.email)
    second = Outgoing.objects.get(pk=first.pk)
    assert first.claim(timezone.now())
    outbox.attempt(second)
    assert relay.accepted == []


def test_an_idempotency_key_sends_once(mailbox: Mailbox) -> None:
    first = written(mailbox, "a@b.test", idempotency_key="k1")
    assert written(mailbox, "a@b.test", idempotency_key="k1").pk == first.pk
    assert written(mailbox, "a@b.test", idempotency_key="k2").pk != first.pk


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("to", {"to": []}),
        ("to", {"to": ["not an address"]}),
        ("cc", {"to": ["a@b.test"], "cc": ["x@y.test>\r\nRCPT TO:<evil@x.test"]}),
        ("text", {"to": ["a@b.test"], "text": " "}),
        ("subject", {"to": ["a@b.test"], "subject": "x" * 999}),
    ],
)
def test_what_cannot_be_sent_is_refused_by_field(
    mailbox: Mailbox, field: str, values: dict[str, Any]
) -> None:
    draft = composer.NewEmail(mailbox=mailbox, **{"subject": "x", "text": "Hi", **values})
    with pytest.raises(composer.NotSendable) as refused:
        composer.send(draft, by=mailbox.owner)
    assert refused.value.field == field
    assert Email.objects.count() == 0


def test_a_subject_cannot_become_a_header(mailbox: Mailbox, aoki: Contact, relay: Relay) -> None:
    attempt(written(mailbox, aoki.email, subject="Hi\r\nBcc: evil@x.test"))
    accepted = relay.accepted_by(aoki.email)[0]
    assert accepted.recipients == (aoki.email,)
    assert message_from_bytes(accepted.raw)["Bcc"] is None


def test_what_a_reply_quotes_is_folded_on_the_timeline(mailbox: Mailbox) -> None:
    text = "Yes, gladly.\n\nOn 3 May 2026, Yuki Aoki <yuki@aoki.example> wrote:\n> Shall we?\n"
    email = written(mailbox, "a@b.test", text=text).email
    assert email.reply_text == "Yes, gladly."
    assert "Shall we?" in email.quoted_text


@pytest.mark.rule("M23")
def test_a_reply_that_came_before_the_question_answers_it(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    outgoing = left_sending(mailbox, aoki.email)
    reply = reply_to(Email.objects.get(), sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    engine.look(mailbox)
    assert attempt(outgoing).status == "sent"


@pytest.mark.rule("M20")
def test_a_report_that_came_before_the_question_stays(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    outgoing = left_sending(mailbox, aoki.email)
    returned = f"Message-ID: <{outgoing.token}>\r\n\r\n".encode()
    report = bounce_of(returned, recipient=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, report)
    engine.look(mailbox)
    assert attempt(outgoing).status == "bounced"
    assert outgoing.state == "sent"


@pytest.mark.rule("M23")
def test_whoever_wrote_it_is_told_what_did_not_leave_and_what_only_they_know(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    relay.behave(refuse_rcpt={"*": "451 4.7.1 later"})
    attempt(written(mailbox, aoki.email))
    assert not Notice.objects.exists()  # it is tried again
    relay.behave(refuse_rcpt={"*": "550 5.1.1 nobody of that name here"})
    attempt(written(mailbox, aoki.email))
    left_unknown(mailbox, aoki.email)
    failed, unknown = Notice.objects.order_by("pk")
    assert (failed.kind, unknown.kind) == ("send_failed", "unknown_delivery")
    assert failed.user == mailbox.owner and "nobody of that name" in failed.values["said"]
