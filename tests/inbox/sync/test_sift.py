"""A long scan finds what looking at every header would find, and asks in full for that alone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.models import Contact, Email, User
from inbox.mime.slips import REPLIES, REPORTS, Slip
from inbox.models import Folder, HeadersRead, Mailbox, Reading
from inbox.models.mailboxes import LEASE
from inbox.sync import engine, known, sift
from inbox.sync.visit import Receipt
from inbox.wire import imap, slips
from inbox.wire.imap import ReadingSession
from tests.factories import connect_mailbox, make_email
from tests.inbox.letters import bounce_of, letter, reply_to
from tests.inbox.sync.test_engine import MailUser, send
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]


@pytest.fixture
def mailbox(hana: User, trusted: Dovecot, mail_user: MailUser) -> Mailbox:
    mailbox = connect_mailbox(hana, trusted, mail_user("hana"))
    Mailbox.objects.filter(pk=mailbox.pk).update(since_days=30)
    return mailbox


@pytest.fixture
def sent(mailbox: Mailbox, aoki: Contact, relay: Relay) -> Email:
    return send(mailbox, aoki)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sift, "LONG", 3)
    monkeypatch.setattr(sift, "A_ROUND", 7)
    monkeypatch.setattr(slips, "AT_ONCE", 2)
    monkeypatch.setattr(imap, "SEARCH_WINDOW", 10)  # the last one ends with the folder


@pytest.fixture
def asked_in_full(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The UIDs whose header fields were asked for after their slips; the real thing goes on."""
    asked: list[int] = []
    really = ReadingSession.headers_of

    def noting(session: ReadingSession, uids: list[int]):  # type: ignore[no-untyped-def]
        asked.extend(uids)
        return really(session, uids)

    monkeypatch.setattr(ReadingSession, "headers_of", noting)
    return asked


@pytest.fixture
def forms(monkeypatch: pytest.MonkeyPatch) -> list[Slip]:
    """Which slips were asked for; the real thing goes on."""
    asked: list[Slip] = []
    really = ReadingSession.slips

    def noting(session: ReadingSession, uids: list[int], slip: Slip):  # type: ignore[no-untyped-def]
        asked.append(slip)
        return really(session, uids, slip)

    monkeypatch.setattr(ReadingSession, "slips", noting)
    return asked


def fill(dovecot: Dovecot, mailbox: Mailbox, sent: Email, customer: str) -> None:
    """Twenty letters, of which five concern us and one is odd."""
    to = mailbox.email
    chain = f"<unknown@x.test> <{sent.message_id}> <other@y.test>"
    special = {
        2: reply_to(sent, sender=customer, to=to, message_id="<first@customer.test>").as_bytes(),
        # answers the answer, and names nothing else
        4: letter(sender=customer, to=to, answers="<first@customer.test>").as_bytes(),
        9: bounce_of(sent_raw(sent), recipient=customer, to=to),
        11: reply_to(
            sent, sender=customer, to=to, answers="<other@y.test>", references=chain
        ).as_bytes(),
        15: letter(sender=customer, to=to, answers=f"Hana's letter <{sent.message_id}>").as_bytes(),
        18: letter(sender=customer, to=to, answers="a letter of Monday").as_bytes(),  # odd, foreign
    }
    for number in range(1, 21):
        foreign = letter(sender=customer, to=to, answers="<x@x.test>", references="<x@x.test>")
        dovecot.deliver(to, special.get(number, foreign.as_bytes()), customer)


def sent_raw(sent: Email) -> bytes:
    return f"Message-ID: <{sent.message_id}>\r\nSubject: {sent.subject}\r\n\r\n".encode()


def look(mailbox: Mailbox) -> Receipt:
    receipt = engine.look(Mailbox.objects.get(pk=mailbox.pk))
    assert receipt is not None
    return receipt


@pytest.mark.rule("M38")
@pytest.mark.parametrize(
    ("worth", "most"), [(10, 2**16), (10, 1), (0, 0)], ids=["learnt", "too many", "asked for"]
)
def test_a_long_scan_logs_what_concerns_us_and_asks_for_little_else(
    mailbox: Mailbox,
    sent: Email,
    aoki: Contact,
    dovecot: Dovecot,
    asked_in_full: list[int],
    monkeypatch: pytest.MonkeyPatch,
    worth: int,
    most: int,
) -> None:
    monkeypatch.setattr(known, "WORTH", worth)
    monkeypatch.setattr(known, "MOST", most)
    fill(dovecot, mailbox, sent, aoki.email)
    receipt = look(mailbox)

    assert asked_in_full == [2, 4, 9, 11, 15, 18]
    assert receipt.logged == Reading.objects.count() == 5
    assert receipt.headers_read == sum(HeadersRead.objects.values_list("count", flat=True)) == 21
    assert Email.objects.count() == 6
    inbox = Folder.objects.get(role=Folder.Role.INBOX)
    assert inbox.next_uid == 21
    assert look(mailbox).headers_read == 0


@pytest.mark.rule("M20")
def test_reports_are_looked_for_among_what_is_no_older_than_our_first_letter(
    mailbox: Mailbox,
    sent: Email,
    aoki: Contact,
    dovecot: Dovecot,
    asked_in_full: list[int],
    forms: list[Slip],
) -> None:
    older = timezone.now() - timedelta(days=20)
    strange = letter(sender="mailer-daemon@x.test", to=mailbox.email, answers="<x@x.test>")
    for _number in range(20):
        dovecot.append(mailbox.email, "INBOX", strange.as_bytes(), at=older)
    fill(dovecot, mailbox, sent, aoki.email)
    assert look(mailbox).logged == 5
    assert forms == 4 * [REPLIES] + 4 * [REPORTS]
    assert asked_in_full == [20 + uid for uid in (2, 4, 9, 11, 15, 18)]


@pytest.mark.rule("M7")
def test_who_has_never_sent_a_letter_asks_for_ids_alone(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot, asked_in_full: list[int], forms: list[Slip]
) -> None:
    known = make_email(aoki, by=mailbox.owner, message_id="<known@customer.test>")
    for answers in ("<x@x.test>", "", f"{known.message_id}", "<y@y.test>", "<z@z.test>"):
        reply = letter(sender=aoki.email, to=mailbox.email, answers=answers)
        dovecot.deliver(mailbox.email, reply.as_bytes())
    assert look(mailbox).logged == 1
    assert (forms, asked_in_full) == ([REPLIES], [3])


@pytest.mark.rule("M7")
def test_it_finds_what_a_short_look_finds(
    mailbox: Mailbox,
    sent: Email,
    aoki: Contact,
    dovecot: Dovecot,
    asked_in_full: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(dovecot, mailbox, sent, aoki.email)
    monkeypatch.setattr(sift, "LONG", 1_000)
    receipt = look(mailbox)
    assert asked_in_full == []
    assert (receipt.logged, receipt.headers_read) == (5, 21)


def test_who_is_killed_in_a_long_scan_goes_on_where_he_was(
    mailbox: Mailbox,
    sent: Email,
    aoki: Contact,
    dovecot: Dovecot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(dovecot, mailbox, sent, aoki.email)
    really = ReadingSession.headers_of

    def dying(session: ReadingSession, uids: list[int]):  # type: ignore[no-untyped-def]
        if 18 in uids:
            raise KeyboardInterrupt
        return really(session, uids)

    monkeypatch.setattr(ReadingSession, "headers_of", dying)
    with pytest.raises(KeyboardInterrupt):
        look(mailbox)
    assert Folder.objects.get(role=Folder.Role.INBOX).next_uid == 18
    assert Email.objects.count() == 6

    monkeypatch.setattr(ReadingSession, "headers_of", really)
    assert look(mailbox).headers_read == 3, "18 to 20"
    assert Email.objects.count() == 6


def test_what_is_expunged_between_slip_and_header_is_nothing(
    mailbox: Mailbox,
    sent: Email,
    aoki: Contact,
    dovecot: Dovecot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(dovecot, mailbox, sent, aoki.email)
    really = ReadingSession.headers_of

    def late(session: ReadingSession, uids: list[int]):  # type: ignore[no-untyped-def]
        for uid in uids:
            dovecot.expunge(mailbox.email, "INBOX", uid)
        return really(session, uids)

    monkeypatch.setattr(ReadingSession, "headers_of", late)
    receipt = look(mailbox)
    assert (receipt.logged, Reading.objects.count()) == (0, 0)
    assert Folder.objects.get(role=Folder.Role.INBOX).next_uid == 21


@pytest.mark.rule("M7")
def test_a_message_that_the_server_left_out_is_asked_about_in_full(
    mailbox: Mailbox,
    sent: Email,
    aoki: Contact,
    dovecot: Dovecot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(dovecot, mailbox, sent, aoki.email)
    really = ReadingSession.slips

    def forgetful(session: ReadingSession, uids: list[int], slip: Slip):  # type: ignore[no-untyped-def]
        for part in really(session, uids, slip):
            yield [sheet for sheet in part if 11 not in sheet.uids]

    monkeypatch.setattr(ReadingSession, "slips", forgetful)
    receipt = look(mailbox)
    assert (receipt.logged, receipt.headers_read) == (5, 21)


def test_the_lease_is_held_for_as_long_as_a_slow_server_takes_for_a_round(
    mailbox: Mailbox,
    sent: Email,
    aoki: Contact,
    dovecot: Dovecot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(dovecot, mailbox, sent, aoki.email)
    really, left = ReadingSession.slips, []

    def noting(session: ReadingSession, uids: list[int], slip: Slip):  # type: ignore[no-untyped-def]
        left.append(Mailbox.objects.get(pk=mailbox.pk).looking_until - timezone.now())
        return really(session, uids, slip)

    monkeypatch.setattr(ReadingSession, "slips", noting)
    monkeypatch.setattr(sift, "SLIP", 1_000_000)
    look(mailbox)
    assert left and min(left) > 2 * LEASE


@pytest.mark.rule("M7")
def test_what_answers_a_letter_that_the_inbox_has_is_found_in_another_folder_too(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    """That folder is looked at first; a short look waits for the INBOX as well."""
    with dovecot.session(mailbox.email) as imap:
        imap.create("Lists")
    mailbox.folders.create(name="Lists", role=Folder.Role.OTHER)
    first = reply_to(sent, sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, first.as_bytes())
    for answers in ("<x@x.test>", str(first["Message-ID"]), "", "<y@y.test>", ""):
        other = letter(sender="boss@aoki.example", to=mailbox.email, answers=answers)
        dovecot.append(mailbox.email, "Lists", other.as_bytes())
    assert look(mailbox).logged == 2
    assert Folder.objects.get(name="Lists").next_uid == 6
    assert look(mailbox).headers_read == 0
