"""Sending in trouble: never twice, never stuck, and never another state than the true one."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from crm import restoring
from crm.models import Activity, Contact, Email, User
from crm.trash import Trashed
from inbox import tasks
from inbox.connect import joining
from inbox.mime import own_ids
from inbox.mime.types import ParsedAttachment
from inbox.models import Credential, Mailbox, Outgoing
from inbox.sending import composer, outbox, sent_copy
from tests.factories import make_mailbox
from tests.servers.imap_script import ImapScript
from tests.servers.relay import Relay
from tests.servers.script import Answers, Close, Pause, ScriptedServer
from tests.servers.smtp_script import SmtpScript

pytestmark = [pytest.mark.django_db, pytest.mark.live]
committed = pytest.mark.django_db(transaction=True)
FILE = ParsedAttachment("offer.pdf", "application/pdf", 5, b"%PDF-", "", False)


def written(mailbox: Mailbox, *to: str, **more: object) -> Outgoing:
    values = {"subject": "Our offer", "text": "Hello.", **more}
    draft = composer.NewEmail(mailbox=mailbox, to=list(to), **values)  # type: ignore[arg-type]
    return Outgoing.objects.get(email=composer.send(draft, by=mailbox.owner))


def attempt(outgoing: Outgoing) -> Email:
    outbox.attempt(Outgoing.objects.get(pk=outgoing.pk))
    outgoing.refresh_from_db()
    return Email.objects.get(pk=outgoing.email_id)


def is_due(outgoing: Outgoing) -> bool:
    later = timezone.now() + timedelta(days=2)
    due = Outgoing.objects.due(later) | Outgoing.objects.copy_due(later)
    return due.filter(pk=outgoing.pk).exists()


@pytest.mark.rule("M23")
def test_a_row_that_began_to_leave_since_it_was_found_is_not_sent_again(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    outgoing = written(mailbox, aoki.email)
    past = timezone.now() - timedelta(hours=1)
    Outgoing.objects.update(state="sending", claimed_until=past)
    found = Outgoing.objects.due(timezone.now()).get()
    Outgoing.objects.update(transmitting_at=past)  # by its holder, who died then
    outbox.attempt(found)
    outgoing.refresh_from_db()
    assert (outgoing.state, relay.accepted) == ("unknown", [])


@pytest.mark.lawless("the file is gone")
def test_a_file_that_is_missing_does_not_leave_it_sending_for_ever(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    outgoing = written(mailbox, aoki.email, files=[FILE])
    path = outgoing.email.activity.files.get().path
    default_storage.delete(path)
    states = []
    for _ in range(outbox.MOST_ATTEMPTS):
        Outgoing.objects.update(due_at=timezone.now(), claimed_until=timezone.now())
        with pytest.raises(FileNotFoundError):
            attempt(outgoing)
        states.append(Email.objects.get().status)
    assert states == ["queued"] * (outbox.MOST_ATTEMPTS - 1) + ["failed"]


def test_a_missing_credential_is_a_failure_that_is_shown(mailbox: Mailbox, aoki: Contact) -> None:
    outgoing = written(mailbox, aoki.email)
    Credential.objects.all().delete()
    assert attempt(outgoing).status == "failed"


@pytest.mark.parametrize("state", ["failed", "unknown"])
def test_what_is_sent_again_after_its_mailbox_has_gone_fails_visibly(
    mailbox: Mailbox, aoki: Contact, state: str
) -> None:
    outgoing = written(mailbox, aoki.email)
    Outgoing.objects.update(state=state)
    joining.disconnect(mailbox, keep_emails=True)
    again = outbox.retry(outgoing) or outbox.resolve(outgoing, delivered=False)
    assert again
    email = attempt(outgoing)
    assert (email.status, "disconnected" in email.error) == ("failed", True)
    assert not is_due(outgoing)


def test_a_copy_whose_mailbox_has_gone_is_settled(mailbox: Mailbox, aoki: Contact) -> None:
    outgoing = written(mailbox, aoki.email)
    attempt(outgoing)
    past = timezone.now() - timedelta(minutes=1)
    Outgoing.objects.update(copy_state="pending", copy_due_at=past, claimed_until=past)
    joining.disconnect(mailbox, keep_emails=True)
    for row in Outgoing.objects.copy_due(timezone.now()):
        sent_copy.settle(row)
    assert not is_due(outgoing)


@pytest.mark.rule("M23")
def test_what_was_leaving_when_its_mailbox_was_disconnected_is_unknown(
    mailbox: Mailbox, aoki: Contact
) -> None:
    leaving, waiting = written(mailbox, aoki.email), written(mailbox, aoki.email)
    values = {"state": "sending", "transmitting_at": timezone.now()}
    Outgoing.objects.filter(pk=leaving.pk).update(**values)
    joining.disconnect(mailbox, keep_emails=True)
    states = [Email.objects.get(pk=row.email_id).status for row in (leaving, waiting)]
    assert states == ["unknown", "failed"]


def test_what_was_moved_to_the_trash_before_it_left_does_not_leave(
    mailbox: Mailbox, aoki: Contact
) -> None:
    later = timezone.now() + timedelta(days=1)
    outgoing = written(mailbox, aoki.email, send_at=later)
    outgoing.email.activity.trash()
    assert not is_due(outgoing)
    outgoing.email.activity.restore()
    assert is_due(outgoing)


def test_what_was_left_behind_and_then_moved_to_the_trash_does_not_leave(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    outgoing = written(mailbox, aoki.email)
    Outgoing.objects.update(state="sending", claimed_until=timezone.now())
    Email.objects.update(status="sending")
    outgoing.email.activity.trash()
    assert not is_due(outgoing)
    Outgoing.objects.update(transmitting_at=timezone.now())
    assert is_due(outgoing)  # it has left, perhaps: that is found out


def test_what_postgresql_cannot_store_is_left_out(mailbox: Mailbox, aoki: Contact) -> None:
    file = ParsedAttachment("a\0b.pdf", "application/pdf", 5, b"%PDF-", "", False)
    values = {"subject": "a\0b", "text": "c\0d\ud800", "html": "<p>e\0f</p>", "files": [file]}
    email = written(mailbox, aoki.email, **values).email
    email.refresh_from_db()
    assert (email.subject, email.text) == ("ab", "cd")
    assert email.activity.files.get().name == "ab.pdf"


@pytest.mark.parametrize("piece", ["<", "a<b", '<"', '"a', "(", "a@b.test ", "\\"])
def test_what_is_no_address_is_refused_in_no_time(mailbox: Mailbox, piece: str) -> None:
    began = time.process_time()
    with pytest.raises(composer.NotSendable):
        written(mailbox, piece * 100_000)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "domain", ["a-long-name.of-a-department.of-a-large-company.example.co.jp", "例え.テスト"]
)
def test_ids_of_a_mailbox_with_an_odd_domain_are_short_and_ours(
    hana: User, aoki: Contact, domain: str, settings: object
) -> None:
    mailbox = make_mailbox(hana, email=f"hana@{domain}")
    outgoing = written(mailbox, aoki.email)
    assert len(outgoing.token) <= 100
    assert own_ids.is_ours(outgoing.token, settings.MESSAGE_ID_KEYS)  # type: ignore[attr-defined]


# --- slow servers ---------------------------------------------------------------------------------


@contextmanager
def working(job: Callable[[Outgoing], None], outgoing: Outgoing) -> Iterator[None]:
    """The job in another thread, as a worker does it."""

    def run() -> None:
        try:
            job(Outgoing.objects.get(pk=outgoing.pk))
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join(20)


def await_command(server: ScriptedServer, word: bytes) -> None:
    until = time.monotonic() + 10
    while not any(word in command for command in server.commands()):
        assert time.monotonic() < until
        time.sleep(0.01)


def scripted(owner: User, smtp: ScriptedServer, imap: ScriptedServer | None = None) -> Mailbox:
    return make_mailbox(
        owner,
        smtp_host="localhost",
        smtp_port=smtp.port,
        smtp_security="none",
        imap_host="localhost",
        imap_port=imap.port if imap else 1,
        imap_security="none",
        files_sent_itself=imap is None,
    )


def held_for(outgoing: Outgoing, seconds: float) -> bool:
    """Whether nobody else would take it up, that long from now."""
    time.sleep(0.1)
    later = timezone.now() + timedelta(seconds=seconds)
    rows = Outgoing.objects.filter(pk=outgoing.pk, claimed_until__lte=later)
    return not rows.exists()


@committed
def test_the_claim_is_held_while_a_slow_server_hears_of_many_recipients(hana: User) -> None:
    with SmtpScript({"RCPT": [[Pause(0.5), b"250 ok\r\n"], [b"250 ok\r\n"]]}) as server:
        people = [f"p{number}@x.test" for number in range(200)]
        outgoing = written(scripted(hana, server), *people)
        with working(outbox.attempt, outgoing):
            await_command(server, b"RCPT")
            assert held_for(outgoing, 600)
    outgoing.refresh_from_db()
    assert outgoing.state == "sent"


@committed
@pytest.mark.rule("M23")
def test_nobody_is_asked_while_the_server_may_still_answer(hana: User) -> None:
    """RFC 5321 4.5.3.2.6: it may think for minutes, and the session waits for five."""
    with SmtpScript({".": [Pause(0.7), b"250 taken\r\n"]}) as server:
        outgoing = written(scripted(hana, server), "p@x.test")
        with working(outbox.attempt, outgoing):
            await_command(server, b"DATA")
            assert held_for(outgoing, 5 * 60)


@committed
@pytest.mark.rule("M35")
def test_nothing_leaves_a_mailbox_that_is_disconnected_meanwhile(hana: User) -> None:
    with SmtpScript({"RCPT": [Pause(0.7), b"250 ok\r\n"]}) as server:
        mailbox = scripted(hana, server)
        outgoing = written(mailbox, "p@x.test")
        with working(outbox.attempt, outgoing):
            await_command(server, b"RCPT")
            joining.disconnect(mailbox, keep_emails=True)
        assert server.delivered == []
    email = Email.objects.get()
    assert (email.status, "disconnected" in email.error) == ("failed", True)


@committed
def test_nothing_leaves_that_is_moved_to_the_trash_meanwhile(hana: User) -> None:
    with SmtpScript({"RCPT": [Pause(0.7), b"250 ok\r\n"]}) as server:
        outgoing = written(scripted(hana, server), "p@x.test")
        with working(outbox.attempt, outgoing):
            await_command(server, b"RCPT")
            outgoing.email.activity.trash()
        assert server.delivered == []
    assert not is_due(outgoing)
    Activity.objects.get().restore()
    assert is_due(outgoing)


@committed
@pytest.mark.rule("M22")
def test_a_copy_on_a_slow_line_is_not_filed_by_two(hana: User) -> None:
    sent: Answers = {
        "LIST": [b'* LIST (\\Sent) "/" Sent\r\n* LIST () "/" INBOX\r\n%tag OK\r\n'],
        "UID SEARCH": [b"* SEARCH\r\n%tag OK\r\n"],
        "APPEND": [Pause(0.5), Close()],
    }
    with SmtpScript() as smtp, ImapScript(sent) as imap:
        outgoing = written(scripted(hana, smtp, imap), "p@x.test")
        now = timezone.now()
        values = {"state": "sent", "copy_due_at": now, "frozen": b"x" * 9_000_000}
        Outgoing.objects.update(**values)
        Email.objects.update(status="sent")

        def file(row: Outgoing) -> None:
            assert row.claim(timezone.now())
            sent_copy.settle(row)

        with working(file, outgoing):
            await_command(imap, b"APPEND")
            assert held_for(outgoing, 12 * 60)


@committed
@pytest.mark.rule("M22")
@pytest.mark.parametrize(
    ("said", "state"), [(b"[OVERQUOTA] full", "pending"), (b"[CANNOT] never", "failed")]
)
def test_a_copy_for_a_full_mailbox_is_filed_when_there_is_room(
    hana: User, said: bytes, state: str
) -> None:
    answers: Answers = {
        "LIST": [b'* LIST (\\Sent) "/" Sent\r\n* LIST () "/" INBOX\r\n%tag OK\r\n'],
        "UID SEARCH": [b"* SEARCH\r\n%tag OK\r\n"],
        "APPEND": [b"%tag NO " + said + b"\r\n"],
    }
    with SmtpScript() as smtp, ImapScript(answers) as imap:
        outgoing = written(scripted(hana, smtp, imap), "p@x.test")
        assert attempt(outgoing).status == "sent"
    assert (outgoing.copy_state, is_due(outgoing)) == (state, state == "pending")


@committed
@pytest.mark.rule("M20")
def test_a_bounce_that_comes_before_the_goodbye_is_not_overwritten(hana: User) -> None:
    with SmtpScript({"QUIT": [Pause(0.7), b"221 bye\r\n"]}) as server:
        outgoing = written(scripted(hana, server), "p@x.test")
        with working(outbox.attempt, outgoing):
            await_command(server, b"QUIT")
            Email.objects.update(status="bounced", error="550 nobody")
    assert Email.objects.get().status == "bounced"


def test_what_was_in_the_trash_when_it_was_due_comes_back_unsent(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    """Weeks later it would be read as if it were of today."""
    outgoing = written(mailbox, aoki.email)
    outgoing.email.activity.trash()
    tasks.keep_trashed_from_leaving()
    restoring.restore([Trashed("email", outgoing.email.activity)], by=mailbox.owner)
    assert not is_due(outgoing)
    email = Email.objects.get()
    assert (email.status, "Trash" in email.error) == ("failed", True)
    assert not relay.accepted
    assert outbox.retry(Outgoing.objects.get())
    outbox.attempt(Outgoing.objects.get())
    assert len(relay.accepted) == 1


def test_what_is_restored_in_time_leaves(mailbox: Mailbox, aoki: Contact) -> None:
    """Between the tick's look and its work somebody pressed Undo."""
    outgoing = written(mailbox, aoki.email)
    outgoing.email.activity.trash()
    [found] = Outgoing.objects.trashed_and_due(timezone.now())
    outgoing.email.activity.restore()
    assert not outbox.leave_in_trash(found)
    assert is_due(outgoing)
