"""A server that misbehaves in every way we know: afterwards all is as if it never had (I1 to I7).

A real Dovecot is twisted in one look; then it is itself again. What stands in the CRM at the end
is what an undisturbed look finds.
"""

from contextlib import suppress

import pytest

from crm.models import Attachment, Contact, Email
from inbox.models import Mailbox, MailboxCopy, Outgoing, Quarantined, Reading
from inbox.sending import composer, outbox
from inbox.sync import engine, quarantine
from inbox.sync.visit import Receipt
from inbox.wire.account import Settings
from inbox.wire.faults import Fault
from tests.inbox.letters import letter, reply_to, rich_reply_to
from tests.servers import twister as t
from tests.servers.dovecot import Dovecot

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.once]
VERBS = ["greeting", "LOGIN", "LIST", "EXAMINE", "UID FETCH", "LOGOUT"]
ANYWHERE: dict[str, t.Twist] = {
    "half an answer": t.half,
    "an answer without its end": t.all_but_the_end,
    "a closed connection": t.closed,
    "BYE": t.bye,
    "NO": t.refused(b"NO [UNAVAILABLE] later"),
    "a bare NO": t.refused(b"NO"),
    "BAD": t.refused(b"BAD what?"),
    "garbage before": t.before(b"\x00\xff garbage \x80\r\n"),
    "an endless line": t.endless,
    "a literal that never comes": t.before(b"* 1 FETCH (UID 1 BODY[] {4294967295}\r\n"),
    "nothing but the tag": t.without_untagged,
    "the tag of another command": t.foreign_tag,
    "news unasked before": t.before(b"* 9 EXISTS\r\n* 1 RECENT\r\n* 1 FETCH (FLAGS (\\Seen))\r\n"),
    "news unasked between": t.between(b"* 9 EXISTS\r\n* 3 EXPUNGE\r\n* OK [UIDNEXT 4] .\r\n"),
    "everything twice": t.twice,
    "byte by byte": t.dripping,
    "silence": t.silent,
}
PARTICULAR: dict[str, tuple[str, t.Twist]] = {
    "other UIDs": ("UID FETCH", t.replaced(rb"UID (\d+)", rb"UID 9\1")),
    "UID 0": ("UID FETCH", t.replaced(rb"UID \d+", b"UID 0")),
    "the largest UID": ("UID FETCH", t.replaced(rb"UID \d+", b"UID 4294967295")),
    "no UIDs": ("UID FETCH", t.once(t.replaced(rb"UID \d+ ", b""))),
    "a missing bracket": ("UID FETCH", t.replaced(rb"\)\r\n", b"\r\n")),
    "a literal said too short": ("UID FETCH", t.replaced(rb"\{(\d)\d*\}", rb"{\1}")),
    "a literal said too long": ("UID FETCH", t.replaced(rb"\{(\d+)\}", rb"{\g<1>9}")),
    "no size and no time": (
        "UID FETCH",
        t.replaced(rb'RFC822.SIZE \d+ INTERNALDATE "[^"]*" ', b""),
    ),
    "a size that is a lie": ("UID FETCH", t.replaced(rb"RFC822.SIZE \d+", b"RFC822.SIZE 1")),
    "nonsense for a time": ("UID FETCH", t.replaced(rb'INTERNALDATE "', b'INTERNALDATE "99-')),
    "NIL for a body, once": (
        "UID FETCH",
        t.once(t.without_untagged),
    ),
    "deep nesting": ("UID FETCH", t.before(b"* 1 FETCH (X " + b"(" * 20_000 + b"\r\n")),
    "no UIDNEXT": ("EXAMINE", t.replaced(rb"\* OK \[UIDNEXT[^\n]*\n", b"")),
    "UIDNEXT of no sense": ("EXAMINE", t.replaced(rb"\[UIDNEXT \d+\]", b"[UIDNEXT 4294967295]")),
    "no UIDVALIDITY": ("EXAMINE", t.replaced(rb"\* OK \[UIDVALIDITY[^\n]*\n", b"")),
    "UIDVALIDITY 0": ("EXAMINE", t.replaced(rb"\[UIDVALIDITY \d+\]", b"[UIDVALIDITY 0]")),
    "another UIDVALIDITY once": (
        "EXAMINE",
        t.once(t.replaced(rb"\[UIDVALIDITY \d+\]", b"[UIDVALIDITY 5]")),
    ),
    "no standing": ("LIST", t.replaced(rb"\* STATUS", b"* NOTHING")),
    "standing of other folders": ("LIST", t.replaced(rb"STATUS INBOX", b"STATUS Outbox")),
    "standing of no sense": ("LIST", t.replaced(rb"UIDNEXT \d+", b"UIDNEXT 4294967295")),
    "no folders": ("LIST", t.replaced(rb"\* (LIST|STATUS)[^\n]*\n", b"")),
    "fewer abilities after the login": (
        "LOGIN",
        t.replaced(rb"\[CAPABILITY [^\]]*\]", b"[CAPABILITY IMAP4rev1]"),
    ),
    "no abilities": (
        "*",
        t.replaced(rb"CAPABILITY IMAP4rev1[^\]\r]*", b"CAPABILITY IMAP4rev1 AUTH=PLAIN"),
    ),
}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second of silence, not thirty, is too long."""
    monkeypatch.setattr(Settings.reading, "__defaults__", ((), 1.0))


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


def stored(mailbox: Mailbox) -> list[int]:
    models = (Email, MailboxCopy, Attachment, Reading.objects.exclude(email=None))
    counts = [getattr(model, "objects", model).count() for model in models]
    return [*counts, sum(mailbox.folders.values_list("next_uid", flat=True))]


UNDISTURBED = [2, 2, 2, 2, 3]  # what a look makes of the mail that `deliver` brings


def deliver(dovecot: Dovecot, mailbox: Mailbox, sent: Email, aoki: Contact) -> None:
    """Two replies, one of them with two files, and somebody else's letter between them."""
    for message in (
        rich_reply_to(sent, sender=aoki.email, to=mailbox.email),
        letter(sender="x@y.test", to=mailbox.email, subject="Private"),
        reply_to(sent, sender=aoki.email, to=mailbox.email),
    ):
        dovecot.deliver(mailbox.email, message.as_bytes())


def endure(mailbox: Mailbox, dovecot: Dovecot, name: str, verb: str, twist: t.Twist) -> None:
    """A look at a server that is twisted, and one at it when it is itself again."""
    before, numbers = stored(mailbox), set(mailbox.folders.values_list("name", "uidvalidity"))
    with t.Twister(dovecot.imap, {verb: twist}) as twister:
        Mailbox.objects.update(imap_port=twister.port, imap_security="none")
        with suppress(Fault):
            look(mailbox)
    assert verb in (*twister.verbs, "*"), name
    Mailbox.objects.update(imap_port=mailbox.imap_port, imap_security="tls")
    look(mailbox)
    grown = [after - now for after, now in zip(stored(mailbox), before, strict=True)]
    assert grown == UNDISTURBED, name
    assert set(mailbox.folders.values_list("name", "uidvalidity")) == numbers, name
    assert set(mailbox.folders.values_list("fault", flat=True)) == {""}, name
    assert set(Mailbox.objects.values_list("state", "fault")) == {("connected", "")}, name
    assert not Email.objects.filter(subject="Private").exists(), name
    again = look(mailbox)
    assert (again.headers_read, again.bodies_read) == (0, 0), name


@pytest.mark.rule("M47")
@pytest.mark.parametrize("verb", VERBS)
def test_whatever_a_server_does_to_any_command(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, verb: str
) -> None:
    for name, twist in ANYWHERE.items():
        deliver(dovecot, mailbox, sent, aoki)
        endure(mailbox, dovecot, name, verb, twist)


@pytest.mark.rule("M47")
def test_whatever_a_server_says_that_is_not_so(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    for name, (verb, twist) in PARTICULAR.items():
        deliver(dovecot, mailbox, sent, aoki)
        endure(mailbox, dovecot, name, verb, twist)


@pytest.mark.rule("M6")
def test_the_body_of_another_message_is_not_kept(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    """F44: no Reason opened that one. What should have come waits for an honest server (M47)."""
    private = letter(
        sender="x@y.test", to=mailbox.email, subject="Private", text="Secret"
    ).as_bytes()
    swapped = b"* 1 FETCH (UID 1 BODY[] {%d}\r\n%b)\r\n" % (len(private), private)

    def other(answer: bytes) -> list[t.Act]:
        bodies = b"BODY[]" in answer
        return [swapped + answer.splitlines(keepends=True)[-1] if bodies else answer]

    dovecot.deliver(mailbox.email, reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes())
    with t.Twister(dovecot.imap, {"UID FETCH": other}) as twister:
        mailbox.change(imap_port=twister.port, imap_security="none")
        assert look(mailbox).logged == 0
        [row] = Quarantined.objects.all()
        assert "Secret" not in row.sealed and not quarantine.replay(row)
    assert not Email.objects.filter(text__contains="Secret").exists()
    assert not Reading.objects.exclude(email=None).exists()
    mailbox.change(imap_port=dovecot.imap)
    assert quarantine.replay(Quarantined.objects.get())
    assert Email.objects.filter(answers=sent).exists()
