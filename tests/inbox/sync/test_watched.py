"""Folders as they live: many, renamed, deleted, made anew, numbered anew; and what a look costs."""

import imaplib

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.models import Contact, Email, Notice, User
from inbox.connect import doors
from inbox.models import Folder, Mailbox, Outgoing
from inbox.sending import composer, outbox
from inbox.sync import engine
from inbox.sync.visit import Receipt
from inbox.wire.faults import ProtocolFault
from tests.factories import make_email, scripted_mailbox
from tests.inbox.letters import letter, reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.imap_script import FOLDER, ImapScript
from tests.servers.script import Answers

pytestmark = [pytest.mark.django_db, pytest.mark.live]
MANY = ["Clients", "Clients/日本", "CRM", "Newsletters", "100% sure"]


@pytest.fixture
def sent(mailbox: Mailbox, aoki: Contact) -> Email:
    draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], subject="Our offer", text="Hello.")
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    look(mailbox)
    return email


def look(mailbox: Mailbox) -> Receipt:
    receipt = engine.look(Mailbox.objects.get(pk=mailbox.pk), force=True)
    assert receipt is not None
    return receipt


def watch(mailbox: Mailbox, dovecot: Dovecot, *names: str) -> None:
    """Folders that the owner has ticked, and that were looked at."""
    for name in names:
        dovecot.create(mailbox.email, name)
        mailbox.folders.create(name=name, role="other", looked_at=timezone.now())
    look(mailbox)


def scripted(owner: User, server: ImapScript) -> Mailbox:
    mailbox = scripted_mailbox(owner, server)
    mailbox.folders.update(uidvalidity=7, next_uid=9, looked_at=timezone.now())
    return mailbox


# --- what a look costs ----------------------------------------------------------------------------


@pytest.mark.rule("M38")
def test_a_look_at_many_folders_that_finds_nothing_is_one_question_and_no_write(
    mailbox: Mailbox, sent: Email, dovecot: Dovecot
) -> None:
    watch(mailbox, dovecot, *MANY)
    for name in MANY:
        dovecot.append(mailbox.email, name, letter(sender="x@y.test", to="z@y.test").as_bytes())
    assert look(mailbox).headers_read == len(MANY)
    before = len(dovecot.sessions(mailbox.email))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        receipt = look(mailbox)
    assert (receipt.round_trips, receipt.headers_read) == (1, 0)
    written = [q["sql"] for q in queries if not q["sql"].startswith("SELECT")]
    assert not [sql for sql in written if "inbox_mailbox" not in sql and "POINT" not in sql]
    ended = dovecot.sessions(mailbox.email, ended=before + 1)[before:]
    assert sum(session["hdr_count"] + session["body_count"] for session in ended) == 0


@pytest.mark.rule("M38")
def test_only_the_folder_with_news_is_opened(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    watch(mailbox, dovecot, *MANY)
    reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
    dovecot.append(mailbox.email, "Clients/日本", reply.as_bytes())
    receipt = look(mailbox)
    assert (receipt.logged, receipt.headers_read) == (1, 1)
    assert receipt.round_trips == 4, "which have news; EXAMINE; headers; body"


@pytest.mark.rule("M38")
@pytest.mark.rule("M60")
def test_a_look_on_a_kept_connection_is_one_small_question_and_an_answer_two_trips_more(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    token = mailbox.claim(timezone.now(), force=True)
    assert token
    with doors.reading(mailbox) as session:
        engine.look_at(mailbox, session, token, stay=True)
        nothing = engine.look_at(mailbox, session, token, stay=True)
        assert (nothing.round_trips, nothing.headers_read) == (1, 0)
        assert nothing.bytes_in < 200
        for trips in (4, 3):  # without IDLE the announcement itself is one
            reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
            dovecot.deliver(mailbox.email, reply.as_bytes())
            if trips == 3:
                assert session.wait_for_news(10)
            one = engine.look_at(mailbox, session, token, stay=True)
            assert (one.logged, one.round_trips) == (1, trips)
        dovecot.append(mailbox.email, "Sent", reply_to(sent, sender="x@y", to="z@y").as_bytes())
        dovecot.deliver(mailbox.email, reply_to(sent, sender=aoki.email, to="z@y").as_bytes())
        both = engine.look_at(mailbox, session, token, stay=True)
        assert both.headers_read == 2
        assert not session.wait_for_news(0.1)


# --- renamed, deleted, made anew ------------------------------------------------------------------


@pytest.mark.rule("M38")
def test_a_renamed_folder_is_followed_by_its_numbers(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    """F8: the old mail is not looked at again."""
    watch(mailbox, dovecot, "Clients", "Other")
    for _ in range(3):
        dovecot.append(mailbox.email, "Clients", letter(sender="x@y.test", to="z@y").as_bytes())
    look(mailbox)
    dovecot.rename(mailbox.email, "Clients", "Kunden")
    reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
    dovecot.append(mailbox.email, "Kunden", reply.as_bytes())
    receipt = look(mailbox)
    assert (receipt.logged, receipt.headers_read) == (1, 1)
    assert set(mailbox.folders.values_list("name", flat=True)) >= {"Kunden", "Other"}
    assert look(mailbox).round_trips == 1


@pytest.mark.rule("M38")
def test_a_deleted_folder_says_so_and_the_others_go_on(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    """F9: what was logged from it stays; made anew, it is looked at again and nothing doubles."""
    watch(mailbox, dovecot, "Clients", "Other")
    replies = [reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes() for _ in range(3)]
    dovecot.append(mailbox.email, "Clients", replies[0])
    assert look(mailbox).logged == 1
    dovecot.delete_folder(mailbox.email, "Clients")
    dovecot.append(mailbox.email, "Other", replies[1])
    assert look(mailbox).logged == 1
    gone = mailbox.folders.get(name="Clients")
    assert (gone.fault, gone.fault_since is not None) == ("nonexistent", True)
    assert Mailbox.objects.get().state == "connected"
    assert look(mailbox).round_trips == 1, "it is not sought each time"
    dovecot.create(mailbox.email, "Clients")
    for raw in (replies[0], replies[2]):
        dovecot.append(mailbox.email, "Clients", raw)
    assert look(mailbox).logged == 1
    assert mailbox.folders.get(name="Clients").fault == ""
    assert Email.objects.count() == 4


@pytest.mark.rule("M38")
def test_a_folder_that_only_holds_others_keeps_nobody_from_them(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    """Of a parent that is deleted the server goes on to list the name, as \\Noselect."""
    watch(mailbox, dovecot, "Clients", "Clients/Tokyo")
    dovecot.delete_folder(mailbox.email, "Clients")
    for name in ("Clients/Tokyo", "INBOX"):
        reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
        dovecot.append(mailbox.email, name, reply.as_bytes())
    assert look(mailbox).logged == 2
    faults = dict(mailbox.folders.exclude(fault="").values_list("name", "fault"))
    assert list(faults) == ["Clients"]
    mailbox.refresh_from_db()
    assert mailbox.state == "connected"


def test_a_folder_that_is_refused_keeps_nobody_from_the_others(hana: User) -> None:
    """F45: no word about why, and it is in the list."""
    answers: Answers = {
        "LIST": [b'* LIST () "/" INBOX\r\n* LIST () "/" "Shared"\r\n%tag OK\r\n'],
        "STATUS": [[b"%tag NO\r\n"], [b"%tag NO\r\n"]],
        "EXAMINE": [[b"%tag NO not now\r\n"], [FOLDER, b"%tag OK\r\n"]],
    }
    with ImapScript(answers) as server:
        mailbox = scripted(hana, server)
        mailbox.folders.create(name="Shared", role="other", looked_at=timezone.now())
        mailbox.folders.create(name="Sent", role="sent")
        mailbox.folders.filter(role="sent").update(name="Shared/Sent")
        assert look(mailbox).headers_read == 0
    assert mailbox.folders.get(role="inbox").fault == ""
    assert set(mailbox.folders.values_list("fault", flat=True)) != {""}


# --- numbered anew --------------------------------------------------------------------------------


@pytest.mark.rule("M10")
def test_after_a_new_uidvalidity_only_what_is_new_is_logged(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    """F6, with a real server that numbers its messages anew."""
    for _ in range(3):
        reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
        dovecot.deliver(mailbox.email, reply.as_bytes())
    assert look(mailbox).logged == 3
    dovecot.renumber(mailbox.email)
    reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    receipt = look(mailbox)
    assert (receipt.logged, receipt.bodies_read) == (1, 1)
    assert Email.objects.count() == 5
    assert look(mailbox).headers_read == 0


@pytest.mark.rule("M49")
def test_what_is_looked_at_again_since_the_numbers_changed_has_its_receipt(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    for _ in range(2):
        dovecot.deliver(mailbox.email, letter(sender="x@y.test", to=mailbox.email).as_bytes())
    look(mailbox)
    assert not mailbox.absences.exists()
    dovecot.renumber(mailbox.email)
    reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    receipt = look(mailbox)
    absence = mailbox.absences.get()
    assert (absence.fault, absence.found) == ("renumbered", 1)
    assert absence.headers == receipt.headers_read
    assert absence.until is not None and not Notice.objects.exclude(kind="reply").exists()


@pytest.mark.rule("M38")
def test_a_server_that_dates_everything_anew_is_not_read_from_its_beginning(
    mailbox: Mailbox,
    sent: Email,
    aoki: Contact,
    dovecot: Dovecot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The place is found by the last message that the CRM knows there."""
    monkeypatch.setattr("inbox.sync.plan.AFFORDABLE", 2)
    for _ in range(6):
        dovecot.deliver(mailbox.email, letter(sender="x@y.test", to=mailbox.email).as_bytes())
    dovecot.deliver(mailbox.email, reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes())
    look(mailbox)
    dovecot.renumber(mailbox.email)  # the day of each is today, now
    dovecot.deliver(mailbox.email, reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes())
    receipt = look(mailbox)
    assert (receipt.logged, receipt.headers_read) == (1, 1)


def test_old_mail_moved_here_while_the_numbers_changed_is_found(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    """It arrived long ago, elsewhere: a search by date does not see it."""
    dovecot.deliver(mailbox.email, reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes())
    look(mailbox)
    dovecot.renumber(mailbox.email)
    raw = reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes()
    with dovecot.session(mailbox.email) as imap:
        imap.append("INBOX", "", imaplib.Time2Internaldate(1_600_000_000), raw)
    assert look(mailbox).logged == 1


def test_a_uidvalidity_that_is_another_one_each_time_changes_nothing(hana: User) -> None:
    """F7."""
    flips = [
        [FOLDER.replace(b"UIDVALIDITY 7", b"UIDVALIDITY %d" % n), b"%tag OK\r\n"]
        for n in range(8, 12)
    ]
    for answers in (flips, [[FOLDER.replace(b"* OK [UIDVALIDITY 7] .\r\n", b""), b"%tag OK\r\n"]]):
        with ImapScript({"EXAMINE": answers}) as server:
            mailbox = scripted(hana, server)
            with pytest.raises(ProtocolFault):
                look(mailbox)
            assert not any(b"FETCH" in command for command in server.commands())
        mailbox.refresh_from_db()
        assert (mailbox.state, mailbox.fault) == ("degraded", "uidvalidity")
        assert mailbox.folders.get().next_uid == 9
        mailbox.delete()


def test_a_uidnext_that_falls_is_found_out(hana: User, aoki: Contact) -> None:
    """The cursor went after a figure that was a lie: no mail would ever be news again."""
    known = make_email(aoki, message_id="known@customer.test")
    raw = f"From: {aoki.email}\r\nMessage-ID: <r@x>\r\nIn-Reply-To: <{known.message_id}>\r\n\r\nHi"
    lie = FOLDER.replace(b"UIDNEXT 10", b"UIDNEXT 4294967295")
    parts = ("RFC822.SIZE 99 BODY[HEADER.FIELDS (FROM)]", "BODY[]")
    fetch = [f"* 3 FETCH (UID 9 {part} {{{len(raw)}}}\r\n{raw})\r\n%tag OK\r\n" for part in parts]
    answers: Answers = {
        "EXAMINE": [[lie, b"%tag OK\r\n"], [FOLDER, b"%tag OK\r\n"]],
        "UID SEARCH": [[b"* SEARCH\r\n%tag OK\r\n"], [b"* SEARCH 9\r\n%tag OK\r\n"]],
        "UID FETCH": [[line.encode()] for line in fetch],
    }
    with ImapScript(answers) as server:
        mailbox = scripted(hana, server)
        assert look(mailbox).logged == 0
        assert Folder.objects.get().next_uid == 4294967295
        mailbox.folders.update(looked_at=timezone.now())
    answers = {
        **answers,
        "EXAMINE": [FOLDER, b"%tag OK\r\n"],
        "UID SEARCH": [b"* SEARCH 9\r\n%tag OK\r\n"],
    }
    with ImapScript(answers) as server:
        Mailbox.objects.update(imap_port=server.port)
        assert look(mailbox).logged == 1
        assert Folder.objects.get().next_uid == 10
