"""What holds after every fault, whatever it was: I1 to I10, asked of the servers' own files.

`check` ends each test that has met a mail server and the database (tests/conftest.py sees to it).
The cause is gone by then: each mailbox is looked at until nothing is new, and what stands in the
CRM is compared with what lies on Dovecot's disk, with what the relay has taken, and with what was
logged. Whatever operators can ask as well is asked by `check_integrity`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from functools import cache, cached_property
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Model
from django.test.utils import CaptureQueriesContext

from crm import integrity
from crm.lib.striking import NOBODY
from crm.models import Email, Participant
from inbox.deliveries import is_answered
from inbox.intake import MOST_TEXT
from inbox.integrity import QUESTIONS
from inbox.mime.headers import parse_headers
from inbox.mime.ids import normal
from inbox.mime.parse import parse
from inbox.mime.types import ParsedHeaders, ParsedMessage
from inbox.models import (
    Folder,
    Mailbox,
    MailboxCopy,
    MessageId,
    NeverLog,
    Outgoing,
    Quarantined,
    RawCopy,
    Reading,
)
from inbox.sync import engine
from inbox.sync.filing import KEPT_RAW
from inbox.sync.identity import fingerprint
from tests.factories import PASSWORD
from tests.servers.dovecot import Dovecot, MailFile
from tests.servers.relay import Relay

LOOKS = 3  # polls until it is quiet (I7)
READ_AT_MOST = 5  # times that one message is read (I7)
TELLING = 6  # characters of a subject that no log line has by accident


@dataclass(frozen=True)
class Found:
    """A message on Dovecot's disk, in a folder that is looked at."""

    mailbox: Mailbox
    folder: Folder
    uid: int
    file: MailFile

    @cached_property
    def head(self) -> bytes:
        return self.file.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"

    @cached_property
    def header(self) -> ParsedHeaders:
        """Without a Date it goes by its arrival (F14)."""
        header = parse_headers(self.head)
        arrived_at = datetime.fromtimestamp(self.file.arrived_at, UTC)
        return header if header.date else replace(header, date=arrived_at)

    @cached_property
    def ids(self) -> list[str]:
        """By what it is known: its fields, where another has its Message-ID; else by that."""
        return [name for name in (self.fields, normal(self.header.message_id)) if name]

    @cached_property
    def fields(self) -> str:
        return fingerprint(self.header)

    @cached_property
    def names(self) -> set[str]:
        """The ids that it answers, by the standard library's own reading of it."""
        fields = BytesHeaderParser().parsebytes(self.head)
        lines = [
            str(line) for name in ("In-Reply-To", "References") for line in fields.get_all(name, [])
        ]
        return {normal(each) for line in lines for each in re.findall(r"<([^<>]+)>", line)}

    @cached_property
    def parsed(self) -> ParsedMessage:
        return parse(self.file.raw)

    def __str__(self) -> str:
        return f"UID {self.uid} of {self.folder.name} of {self.mailbox.email}"


@dataclass(frozen=True)
class World:
    """The servers of a test, and the lines that were logged in it."""

    dovecot: Dovecot | None = None
    relay: Relay | None = None
    said: Sequence[str] = ()

    def mailboxes(self) -> list[Mailbox]:
        """Those of this Dovecot whose password lets in, and that have had a look."""
        if not self.dovecot:
            return []
        looked_at = Mailbox.objects.filter(imap_host="localhost", folders__looked_at__isnull=False)
        ours = looked_at.select_related("owner", "credential").distinct()
        return [m for m in ours if self.dovecot.knows(m.email) and _may_enter(m, self.dovecot)]

    def found(self, mailbox: Mailbox) -> Iterator[Found]:
        assert self.dovecot
        files = self.dovecot.files(mailbox.email)
        for folder in mailbox.folders.filter(watched=True, fault=""):
            for uid, file in sorted(files.get(folder.name, {}).items()):
                yield Found(mailbox, folder, uid, file)


def _may_enter(mailbox: Mailbox, server: Dovecot) -> bool:
    credential = getattr(mailbox, "credential", None)
    return credential is not None and credential.password == server.password_of(mailbox.email)


def check(world: World) -> None:
    """All ten. Raises AssertionError, with the number of what does not hold."""
    for mailbox in world.mailboxes():
        i4_the_cursor_is_not_ahead(world, mailbox)
        point_at(mailbox, world.dovecot)
        i6_i7_it_comes_to_rest(mailbox)
        messages = list(world.found(mailbox))
        i1_complete(messages)
        i2_unique(messages)
        i3_intact(messages)
        i9_its_state_is_true(mailbox)
        i10_nothing_of_others(mailbox, messages)
    i2_i3_rows_agree()
    i5_sent_once(world)
    i7_no_message_is_read_for_ever()
    i8_no_secret_is_told(world)


def point_at(mailbox: Mailbox, server: Dovecot | None) -> None:
    """The cause is removed: its server is reached without a proxy that twists or cuts."""
    assert server
    mailbox.change(imap_port=server.imap, imap_security="none")  # a handshake tells nothing here


# --- what lies on the server, and what stands in the CRM ------------------------------------------


def _to_be_logged(message: Found, known: set[str]) -> bool:
    """Whether the rules allow it to be read, as far as references go, and it came in their time."""
    began = max(message.mailbox.created_at, message.folder.created_at).timestamp()
    ours = message.file.came_at >= began and not message.mailbox.logs_mail
    return ours and not (message.names - set(message.ids)).isdisjoint(known)


def _known() -> set[str]:
    return set(MessageId.objects.exclude(email=None).values_list("value", flat=True))


def _is_dealt_with(message: Found, known: set[str]) -> bool:
    if not known.isdisjoint(message.ids):
        return True
    if MessageId.objects.known([], erased=message.ids):
        return True  # erased: its tombstone keeps it away (M48)
    place = {"folder": message.folder, "uid": message.uid}
    return bool(Quarantined.objects.filter(**place).exists())


def i1_complete(messages: Sequence[Found]) -> None:
    if NeverLog.objects.exists():
        return  # which of them it covers is told by tests of its own
    known = _known()
    lost = [str(m) for m in messages if _to_be_logged(m, known) and not _is_dealt_with(m, known)]
    assert not lost, f"I1: on the server, and not in the CRM: {lost}"


def i2_unique(messages: Sequence[Found]) -> None:
    """Of one id no more e-mails with these words than messages that differ in another field."""
    alike: dict[tuple[str, str, str], set[str]] = {}
    for message in messages:
        key = (message.header.message_id, message.parsed.subject[:998], message.parsed.text)
        alike.setdefault(key, set()).add(message.fields)
    for (name, subject, text), different in alike.items():
        same = Email.objects.filter(message_id=name, subject=subject, text=text[:MOST_TEXT])
        number = same.count() if name else 0
        assert number <= len(different), f"I2: {name} is {number} e-mails"


def i3_intact(messages: Sequence[Found]) -> None:
    """What was read here: its text, its HTML and each of its files, as the server's bytes say."""
    names = [name for message in messages for name in message.ids]
    rows = MessageId.objects.filter(value__in=names, email__readings__isnull=False)
    known = {row.value: row.email for row in rows.select_related("email__activity").distinct()}
    for message in messages:
        email = next((known[name] for name in message.ids if name in known), None)
        here = email and email.readings.filter(mailbox=message.mailbox).exists()
        whole = len(message.file.raw) <= settings.INBOX_MAX_MESSAGE_BYTES
        if email and here and whole and email.source != Email.Source.FORWARD:
            _is_intact(message, email)


def _is_intact(message: Found, email: Email) -> None:
    parsed = message.parsed
    # a server that delivers may add a line end
    assert email.text.rstrip() == parsed.text[:MOST_TEXT].rstrip(), f"I3: another text: {message}"
    assert email.html.rstrip() == parsed.html[:MOST_TEXT].rstrip(), f"I3: other HTML: {message}"
    kept = [(f.name, f.content()) for f in email.activity.files.exclude(path="")]
    sent = [(f.name[:255], f.content) for f in parsed.attachments if len(f.content) == f.size]
    assert sorted(kept) == sorted(sent), f"I3: other files: {message}"


def i2_i3_rows_agree() -> None:
    found = integrity.check({})
    assert found.well, f"I2, I3: {found}"
    contradictions = _contradictions()
    assert not contradictions, contradictions


def _contradictions() -> list[str]:
    """The names of the questions that find a row, asked all at once."""
    with connection.cursor() as cursor:
        cursor.execute(*_all_questions(connection.vendor))
        return [name for (name,) in cursor.fetchall()]


@cache
def _all_questions(_vendor: str) -> tuple[str, list[Any]]:
    """To write them takes ten times as long as to answer them: it is done once a run."""
    questions = {f"I2, I3: {name}": rows() for name, rows in QUESTIONS.items()}
    statements, values = [], []
    for name, rows in {**questions, "I3: a raw copy": _raw_copies(), **_passwords()}.items():
        statement, given = rows.order_by().values("pk").query.sql_with_params()
        statements.append(f"SELECT '{name}' WHERE EXISTS ({statement})")
        values += given
    return " UNION ALL ".join(statements), values


def _raw_copies() -> Any:
    kept = RawCopy.objects.exclude(email__source__in=KEPT_RAW)
    kept = kept.exclude(email__readings__rule__in=KEPT_RAW)
    return kept.exclude(email__activity__step_run__isnull=False)


def i4_the_cursor_is_not_ahead(world: World, mailbox: Mailbox) -> None:
    """Before anything is repaired: what lies below the cursor has been dealt with."""
    assert world.dovecot
    known, suspects = _known(), []
    if NeverLog.objects.exists():
        return
    for message in world.found(mailbox):
        below = message.uid < message.folder.next_uid
        if below and _to_be_logged(message, known) and not _is_dealt_with(message, known):
            suspects.append(message)
    for message in suspects:
        numbers = world.dovecot.uidvalidity(mailbox.email, message.folder.name)
        assert message.folder.uidvalidity != numbers, f"I4: the cursor is ahead of {message}"


# --- sending --------------------------------------------------------------------------------------


def i5_sent_once(world: World) -> None:
    """By token and recipient: at most once, once where it says so, and else it is said."""
    if world.relay is None or world.dovecot is None:
        return
    taken: Counter[tuple[str, str]] = Counter()
    for message in world.relay.accepted:
        for recipient in message.recipients:
            taken[message.token, recipient.lower()] += 1
    doubled = [key for key, count in taken.items() if key[0] and count > 1]
    assert not doubled, f"I5: delivered more than once: {doubled}"
    ports = {world.dovecot.submission, world.dovecot.submissions, world.relay.port}
    for row in Outgoing.objects.filter(state="sent", mailbox__smtp_port__in=ports):
        reached = row.email.participants.filter(status="sent")
        for person in reached.exclude(address__endswith=NOBODY):  # whoever was erased since
            once = taken[row.token, person.address.lower()] == 1
            assert once or is_answered(row.email), f"I5: {row} says sent, and is not"


# --- quiet ----------------------------------------------------------------------------------------


def i6_i7_it_comes_to_rest(mailbox: Mailbox) -> None:
    """Within three looks one finds nothing, reads nothing and adds nothing."""
    for _ in range(LOOKS):
        with CaptureQueriesContext(connection) as queries:
            receipt = engine.look(Mailbox.objects.get(pk=mailbox.pk), force=True)
        assert receipt is not None
        added = [query["sql"] for query in queries if query["sql"].startswith("INSERT")]
        if not (receipt.headers_read or receipt.bodies_read or added):
            return
    assert not receipt.headers_read, f"I7: {mailbox.email} is not quiet after {LOOKS} looks"
    raise AssertionError(f"I6: a look at nothing new adds {added}")


def i7_no_message_is_read_for_ever() -> None:
    times = Reading.objects.values("mailbox", "message_id").annotate(times=Count("pk"))
    assert not times.filter(times__gt=READ_AT_MOST).exists(), "I7: read again and again"


# --- what is told ---------------------------------------------------------------------------------


def i8_no_secret_is_told(world: World) -> None:
    """In the log: no password, no address, no word of any mail."""
    lines = "\n".join(world.said)
    subjects = Email.objects.exclude(subject="").values_list("subject", flat=True)
    secrets = {PASSWORD, *(s for s in subjects if len(s) >= TELLING)}
    told = [secret for secret in secrets if secret in lines]
    assert not told and "@" not in lines, f"I8: the log tells {told or 'an address'}"


def _passwords() -> dict[str, Any]:
    """Rows of other models that hold a password, by what I8 says of them."""
    return {
        f"I8: a password in {model.__name__}.{column}": model._default_manager.filter(
            **{f"{column}__contains": PASSWORD}
        )
        for model, columns in TELLTALES.items()
        for column in columns
    }


TELLTALES: dict[type[Model], list[str]] = {
    Mailbox: ["state_reason", "fault"],
    Folder: ["fault"],
    Email: ["error"],
    Participant: ["server_said"],
    Outgoing: ["copy_error"],
    Quarantined: ["error"],
}


def i9_its_state_is_true(mailbox: Mailbox) -> None:
    mailbox.refresh_from_db()
    told = (mailbox.state, mailbox.fault, mailbox.state_reason, mailbox.failures)
    assert told == ("connected", "", "", 0), f"I9: {mailbox.email} is well, and says {told}"


def i10_nothing_of_others(mailbox: Mailbox, messages: Sequence[Found]) -> None:
    """Each copy is the message that lies there, each reading is of mail that this mailbox has, and
    whose it is has a mailbox that holds it. What was sent to be logged is somebody else's (M16)."""
    if mailbox.logs_mail:
        return
    there = {(m.folder.pk, m.uid): m for m in messages}
    copies = MailboxCopy.objects.filter(mailbox=mailbox, uidvalidity=F("folder__uidvalidity"))
    for copy in copies.select_related("email"):
        message = there.get((copy.folder_id, copy.uid))
        ids = set(copy.email.message_ids.values_list("value", flat=True)) if message else set()
        assert not message or ids & {*message.ids, *_marks(message)}, (
            f"I10: {message} is not e-mail {copy.email_id}"
        )
    read = Reading.objects.filter(mailbox=mailbox).exclude(email=None)
    assert not read.exclude(email__copies__mailbox=mailbox).exists(), "I10: read elsewhere"
    held = Email.objects.filter(copies__mailbox=mailbox).exclude(source=Email.Source.SENT)
    others = held.exclude(activity__by__mailboxes__copies__email=F("pk"))
    assert not others.filter(readings__mailbox=mailbox).exists(), (
        "I10: logged as somebody's who does not hold it"
    )


def _marks(message: Found) -> set[str]:
    fields = BytesHeaderParser().parsebytes(message.head)
    return {normal(str(each)) for each in fields.get_all("X-Musubi-Message", [])}
