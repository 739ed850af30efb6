"""Looks in trouble: what came meanwhile is found, what was wrong is said, nothing is kept twice."""

import os
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as house
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from crm.models import Contact, Email, User
from inbox.models import Credential, Folder, Mailbox, MailboxCopy, Outgoing
from inbox.sending import composer, outbox
from inbox.sync import engine
from inbox.sync.visit import Receipt
from inbox.wire.faults import Fault
from tests.factories import connect_mailbox, make_contact, make_email, scripted_mailbox
from tests.inbox.letters import bounce_of, letter, reply_to, rich_reply_to
from tests.inbox.sync.test_lease import looking
from tests.servers.dovecot import Dovecot
from tests.servers.imap_script import ImapScript
from tests.servers.relay import Relay
from tests.servers.script import Answers

pytestmark = [pytest.mark.django_db, pytest.mark.live]
committed = pytest.mark.django_db(transaction=True)
MailUser = Callable[..., str]
ROOM = 8 * 1024 * 1024  # bytes


@pytest.fixture
def sent(mailbox: Mailbox, aoki: Contact) -> Email:
    draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], subject="Our offer", text="Hello.")
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    return email


def look(mailbox: Mailbox) -> Receipt:
    receipt = engine.look(Mailbox.objects.get(pk=mailbox.pk), force=True)
    assert receipt is not None
    return receipt


# --- nothing is lost ------------------------------------------------------------------------------


@pytest.mark.rule("M7")
def test_an_answer_to_an_answer_that_came_in_the_same_look_is_found(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    first = reply_to(sent, sender=aoki.email, to=mailbox.email)
    name = str(first["Message-ID"])
    second = letter(sender="boss@aoki.example", to=mailbox.email, answers=name)
    third = letter(sender=aoki.email, to=mailbox.email, answers=str(second["Message-ID"]))
    for message in (first, letter(sender="x@y.test", to=mailbox.email), second, third):
        dovecot.deliver(mailbox.email, message.as_bytes())
    assert look(mailbox).logged == 3
    assert Email.objects.filter(thread=sent.thread).count() == 4


@pytest.mark.rule("M7")
def test_an_answer_in_sent_to_a_reply_that_came_in_the_same_look_is_found(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    """Sent is looked at first; and some programs name only the mail that is answered."""
    theirs = reply_to(sent, sender=aoki.email, to=mailbox.email)
    own = letter(sender=mailbox.email, to=aoki.email, answers=str(theirs["Message-ID"]))
    other = letter(sender=mailbox.email, to="x@y.test", answers="<private@y.test>")
    dovecot.deliver(mailbox.email, theirs.as_bytes())
    for message in (other, own):
        dovecot.append(mailbox.email, "Sent", message.as_bytes())
    assert look(mailbox).logged == 2
    assert Email.objects.filter(thread=sent.thread).count() == 3
    again = look(mailbox)
    assert (again.headers_read, again.bodies_read) == (0, 0)


@pytest.mark.rule("M22")
def test_a_sent_folder_that_got_another_name_is_followed(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    look(mailbox)
    with dovecot.session(mailbox.email) as imap:
        assert imap.rename("Sent", "Sent-Items")[0] == "OK"
        assert imap.delete("Sent")[0] in ("OK", "NO")
    Folder.objects.filter(role="sent").update(name="Sent-2025")  # gone: Dovecot remakes "Sent"
    own = reply_to(sent, sender=mailbox.email, to=aoki.email)
    for folder in ("Sent", "Sent-Items"):
        with suppress(AssertionError):
            dovecot.append(mailbox.email, folder, own.as_bytes())
    assert look(mailbox).logged == 1
    assert look(mailbox).headers_read == 0


def test_a_sent_folder_made_after_connecting_is_looked_at_from_its_first_message(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    Folder.objects.filter(role="sent").delete()  # as connected before there was one
    dovecot.append(
        mailbox.email, "Sent", reply_to(sent, sender=mailbox.email, to=aoki.email).as_bytes()
    )
    assert look(mailbox).logged == 1


def test_an_inbox_that_is_gone_keeps_its_place_and_is_said(hana: User) -> None:
    gone: Answers = {"EXAMINE": [b"%tag NO [NONEXISTENT] Unknown mailbox\r\n"]}
    with ImapScript(gone) as server:
        mailbox = scripted_mailbox(hana, server)
        mailbox.folders.update(uidvalidity=7, next_uid=5)
        with pytest.raises(Fault):
            look(mailbox)
    mailbox.refresh_from_db()
    assert (mailbox.state, mailbox.fault) == ("disconnected", "nonexistent")
    assert mailbox.folders.get(role="inbox").next_uid == 5


def test_a_server_that_does_not_tell_uidnext_begins_above_what_is_there(hana: User) -> None:
    old = b"* FLAGS ()\r\n* 3 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n"
    answers: Answers = {
        "EXAMINE": [old, b"%tag OK opened\r\n"],
        "UID SEARCH": [b"* SEARCH 3 8 9\r\n%tag OK\r\n"],
    }
    with ImapScript(answers) as server:
        mailbox = scripted_mailbox(hana, server)
        assert look(mailbox).headers_read == 0
        assert mailbox.folders.get(role="inbox").next_uid == 10
        assert look(mailbox).headers_read == 0
        assert not any(b" 0:*" in command for command in server.commands())


# --- nothing is kept of other people's mail -------------------------------------------------------


@pytest.mark.rule("M6")
def test_of_a_report_about_other_mail_no_file_is_kept(
    mailbox: Mailbox, sent: Email, dovecot: Dovecot, settings: object, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    mark = sent.message_id.partition(".")[0]
    report = letter(sender="x@y.test", to=mailbox.email, text=f"{mark} is quoted", Return_Path="<>")
    report.add_attachment(b"private", "application", "pdf", filename="private.pdf")
    dovecot.append(mailbox.email, "INBOX", report.as_bytes())
    receipt = look(mailbox)
    assert (receipt.bodies_read, receipt.logged) == (1, 0)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


# --- what is wrong is said, and tried again -------------------------------------------------------


@pytest.mark.rule("M37")
def test_trouble_of_our_own_is_noted_and_tried_again_later(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, settings: object, tmp_path: Path
) -> None:
    no_folder = tmp_path / "file"
    no_folder.write_text("in the way")
    media = house.MEDIA_ROOT
    settings.MEDIA_ROOT = no_folder  # type: ignore[attr-defined]  # as good as a full disk
    reply = rich_reply_to(sent, sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    with pytest.raises(OSError):
        look(mailbox)
    mailbox.refresh_from_db()
    assert (mailbox.state, mailbox.fault, mailbox.failures) == ("degraded", "internal", 1)
    assert not Mailbox.objects.due_a_look(timezone.now()).exists()
    settings.MEDIA_ROOT = media  # type: ignore[attr-defined]
    assert look(mailbox).logged == 1
    mailbox.refresh_from_db()
    assert (mailbox.state, mailbox.failures) == ("connected", 0)


@contextmanager
def a_full_disk(room: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.rule("M47")
def test_on_a_full_disk_no_half_a_file_is_kept_and_the_message_waits(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, settings: object, tmp_path: Path
) -> None:
    """F37: the database is on another disk; its own file is smaller than what may be written."""
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    look(mailbox)
    cursor = mailbox.folders.get(role="inbox").next_uid
    reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
    reply.add_attachment(b"small", "text", "plain", filename="small.txt")
    reply.add_attachment(os.urandom(ROOM + 1), "application", "x-y", filename="large.bin")
    dovecot.append(mailbox.email, "INBOX", reply.as_bytes())
    with a_full_disk(ROOM), pytest.raises(OSError):
        look(mailbox)
    assert {path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()} <= {5}
    assert mailbox.folders.get(role="inbox").next_uid == cursor
    mailbox.refresh_from_db()
    assert (mailbox.state, mailbox.fault) == ("degraded", "internal")
    assert look(mailbox).logged == 1
    files = Email.objects.get(direction="incoming").activity.files
    assert [(file.name, file.size) for file in files.all()] == [
        ("small.txt", 5),
        ("large.bin", ROOM + 1),
    ]


@contextmanager
def held(contact: Contact) -> Iterator[None]:
    """Somebody else writes this row, and does not come to an end."""
    ready, over = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Contact.objects.select_for_update().get(pk=contact.pk)
            ready.set()
            over.wait(20)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        over.set()
        thread.join(20)


@contextmanager
def waiting_at_most(milliseconds: int) -> Iterator[None]:
    """For a lock; otherwise for ever on PostgreSQL, and for 20 s on SQLite."""
    words = {"postgresql": "SET lock_timeout = {}", "sqlite": "PRAGMA busy_timeout = {}"}
    with connection.cursor() as cursor:
        cursor.execute(words[connection.vendor].format(milliseconds))
        try:
            yield
        finally:
            otherwise = {"postgresql": 0, "sqlite": 20_000}[connection.vendor]
            cursor.execute(words[connection.vendor].format(otherwise))


@committed
def test_who_waits_too_long_for_a_lock_leaves_the_message_to_the_next_look(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    """F36."""
    look(mailbox)
    before = mailbox.folders.get(role="inbox").next_uid
    reply = rich_reply_to(sent, sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    with held(aoki), waiting_at_most(50), pytest.raises(OperationalError):
        look(mailbox)
    assert (Email.objects.count(), mailbox.folders.get(role="inbox").next_uid) == (1, before)
    assert look(mailbox).logged == 1


def test_a_missing_credential_waits_for_the_owner(mailbox: Mailbox) -> None:
    Credential.objects.all().delete()
    with pytest.raises(Fault):
        look(mailbox)
    mailbox.refresh_from_db()
    assert (mailbox.state, mailbox.fault) == ("disconnected", "no_credential")
    assert not Mailbox.objects.due_a_look(timezone.now() + timedelta(days=99)).exists()


def test_a_certificate_that_is_refused_is_tried_again(mailbox: Mailbox, settings: object) -> None:
    """F25: it is renewed some day, and nobody has to do anything here."""
    ca_file = house.INBOX_CA_FILE
    settings.INBOX_CA_FILE = ""  # type: ignore[attr-defined]
    with pytest.raises(Fault):
        look(mailbox)
    mailbox.refresh_from_db()
    assert mailbox.state == "disconnected"
    settings.INBOX_CA_FILE = ca_file  # type: ignore[attr-defined]
    later = timezone.now() + timedelta(hours=2)
    assert list(Mailbox.objects.due_a_look(later)) == [mailbox]
    look(mailbox)
    assert Mailbox.objects.get().state == "connected"


def test_a_server_that_stammers_is_no_disconnection(hana: User) -> None:
    with ImapScript({"EXAMINE": [b"%tag NO Server error\r\n"]}) as server:
        mailbox = scripted_mailbox(hana, server)
        with pytest.raises(Fault):
            look(mailbox)
    assert Mailbox.objects.get(pk=mailbox.pk).state == "degraded"


@pytest.mark.rule("M58")
def test_a_server_that_asks_for_a_pause_is_given_it(hana: User) -> None:
    """F22: Exchange, which goes on refusing whoever comes back before."""
    said = b"%tag BAD Request is throttled. Suggested Backoff Time: 5999961 milliseconds\r\n"
    with ImapScript({"EXAMINE": [said]}) as server:
        mailbox = scripted_mailbox(hana, server)
        with pytest.raises(Fault):
            look(mailbox)
    before, after = timezone.now() + timedelta(minutes=99), timezone.now() + timedelta(minutes=101)
    assert not Mailbox.objects.due_a_look(before).exists()
    assert Mailbox.objects.due_a_look(after).exists()


@committed
@pytest.mark.rule("M10")
def test_two_mailboxes_with_the_same_mail_in_opposite_order_do_not_block_one_another(
    mailbox: Mailbox, sent: Email, aoki: Contact, ken: User, dovecot: Dovecot, mail_user: MailUser
) -> None:
    """F33: on PostgreSQL long transactions in opposite order end in a deadlock."""
    other = connect_mailbox(ken, dovecot, mail_user("ken"))
    replies = [
        reply_to(sent, sender=make_contact().email, to=mailbox.email).as_bytes() for _ in range(20)
    ]
    for one, two in zip(replies, reversed(replies), strict=True):
        dovecot.deliver(mailbox.email, one)
        dovecot.deliver(other.email, two)
    with looking(mailbox) as first, looking(other) as second:
        pass
    assert first + second == []
    assert Email.objects.count() == 21
    assert MailboxCopy.objects.count() == 41


def test_a_message_from_a_year_to_come_does_not_stay_on_top(hana: User, aoki: Contact) -> None:
    """F26: INTERNALDATE is whatever the one who put the message there said."""
    known = make_email(aoki, message_id="known@customer.test")
    raw = f"From: {aoki.email}\r\nMessage-ID: <r@x>\r\nIn-Reply-To: <{known.message_id}>\r\n\r\nHi"
    when = 'INTERNALDATE "31-Dec-9999 23:59:59 -1200"'
    answers: Answers = {
        "UID FETCH": [
            [f"* 1 FETCH (UID 9 {when} {part} {{{len(raw)}}}\r\n{raw})\r\n%tag OK\r\n".encode()]
            for part in ("RFC822.SIZE 99 BODY[HEADER.FIELDS (FROM)]", "BODY[]")
        ]
    }
    with ImapScript(answers) as server:
        mailbox = scripted_mailbox(hana, server)
        mailbox.folders.update(uidvalidity=7, next_uid=9)
        assert look(mailbox).logged == 1
    assert Email.objects.latest("pk").activity.at <= timezone.now()


@pytest.mark.rule("M20")
def test_a_server_that_gave_up_after_days_of_delay_is_a_bounce(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, relay: Relay
) -> None:
    raw = relay.accepted_by(aoki.email)[0].raw
    report = bounce_of(raw, recipient=aoki.email, to=mailbox.email)
    report = report.replace(b"Status: 5.1.1", b"Status: 4.4.7")
    report = report.replace(b"550 5.1.1 no such user", b"450 4.4.7 delivery time expired")
    dovecot.deliver(mailbox.email, report)
    look(mailbox)
    sent.refresh_from_db()
    assert (sent.status, "expired" in sent.error) == ("bounced", True)
