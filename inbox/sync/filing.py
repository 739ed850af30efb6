"""Bodies that were read become e-mails: parsed, their files stored, logged (M14, M18)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.utils import timezone

from crm.models import Email, User
from crm.retention import doom
from inbox import copies
from inbox.arrivals import Arrival
from inbox.files import StoredFile, name_files, store_files
from inbox.intake import reported
from inbox.logbook import log_found
from inbox.mime.parse import parse
from inbox.models import Folder, HeaderBlock, Mailbox, Reading, TransportRecord
from inbox.models.transport import keep_headers, keep_raw
from inbox.sync.judging import Verdict
from inbox.sync.letters import Letter, letters
from inbox.wire.structure import Outlined

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # INTERNALDATE is what anybody said, even year 9999
KEPT_RAW = {"folder", "bcc", "forward"}  # rules whose messages are kept whole for a day (M29)
Filed = tuple[Letter, list[StoredFile]]


@dataclass(frozen=True)
class Body:
    """The bytes of a message; of one above the limit its beginning, and the files it has."""

    raw: bytes
    outlined: Sequence[Outlined] | None = None


@dataclass(frozen=True)
class Read:
    """A message whose body was read, and the letters that it comes to: none for a report about
    mail that is not ours, several where several were forwarded (M16)."""

    verdict: Verdict
    body: Body
    reading: Reading | None
    filed: Sequence[Filed]


@dataclass(frozen=True)
class _Logged:
    """A letter of such a message, and what it is now."""

    read: Read
    files: Sequence[StoredFile]
    email: Email | None


def understand(body: Body, verdict: Verdict, mailbox: Mailbox) -> list[Filed]:
    """What a message comes to, its files put into the storage and no longer held in memory: the
    other messages of its chunk are still to be read."""
    found = letters(parse(body.raw), verdict, mailbox)
    return [(_without_files(letter), _files(letter, body, verdict)) for letter in found]


def _without_files(letter: Letter) -> Letter:
    return replace(letter, parsed=replace(letter.parsed, attachments=()))


def _files(letter: Letter, body: Body, verdict: Verdict) -> list[StoredFile]:
    """Of a report about mail that is not ours nothing is kept, its files included (M6)."""
    if body.outlined is not None:
        return name_files(body.outlined)
    assert verdict.reason is not None  # only such bodies were read
    ours = verdict.answers or verdict.reason.rule != "reply" or reported(letter.parsed)
    return store_files(letter.parsed.attachments) if ours else []


def log(found: Sequence[Read], mailbox: Mailbox, folder: Folder) -> int:
    """Log messages of a folder, in their order; how many e-mails they came to. A constant number
    of statements."""
    parts = [(read, letter, files) for read in found for letter, files in read.filed]
    users = User.objects.in_bulk({read.verdict.sent_by for read in found} - {None})
    emails = log_found([_arrival(*part, mailbox, users) for part in parts])
    logged = [
        _Logged(read, files, email)
        for (read, _letter, files), email in zip(parts, emails, strict=True)
    ]
    doom(file.path for row in logged if not row.email for file in row.files if file.path)
    kept = [(row.read, row.email) for row in logged if row.email]
    copies.note(_by_uid(found, kept), folder)
    _keep_beside(kept, mailbox)
    return len(kept)


def _by_uid(found: Iterable[Read], kept: Iterable[tuple[Read, Email]]) -> dict[int, list[Email]]:
    emails: dict[int, list[Email]] = {read.verdict.uid: [] for read in found}
    for read, email in kept:
        emails[read.verdict.uid].append(email)
    return emails


def _keep_beside(kept: Sequence[tuple[Read, Email]], mailbox: Mailbox) -> None:
    """What it was read for (M13), and how it came, for as long as retention says (M28 to M30)."""
    now, readings = timezone.now(), []
    for read, email in kept:
        if read.reading:
            read.reading.email = email
            readings.append(read.reading)
    Reading.objects.bulk_update(readings, ["email"])
    TransportRecord.objects.bulk_create(
        TransportRecord(
            email=email,
            mailbox=mailbox,
            at=now,
            size=read.verdict.block.size,
            arrived_at=_in_time(read.verdict.block.arrived_at),
        )
        for read, email in kept
    )
    raws = [(email, read.body.raw) for read, email in kept]
    keep_headers(raws, HeaderBlock.Origin.SYNCED, now)
    whole = [r.verdict.reason is not None and r.verdict.reason.rule in KEPT_RAW for r, _ in kept]
    keep_raw((raw for raw, is_kept in zip(raws, whole, strict=True) if is_kept), now)


def _arrival(
    read: Read,
    letter: Letter,
    files: Sequence[StoredFile],
    mailbox: Mailbox,
    users: dict[int, User],
) -> Arrival:
    verdict = read.verdict
    assert verdict.reason is not None  # only such bodies were read
    return Arrival(
        parsed=letter.parsed,
        files=files,
        mailbox=mailbox,
        arrived_at=_in_time(letter.at or verdict.block.arrived_at),
        identity=letter.identity,
        reason=verdict.reason,
        outgoing=letter.outgoing,
        unproven=verdict.unproven,
        by=users[verdict.sent_by] if verdict.sent_by else None,
        dated=None if letter.parsed.retold else letter.parsed.date,
    )


def _in_time(said: datetime) -> datetime:
    """A server may say any time; none is before the epoch, or still to come."""
    return min(max(said, EPOCH), timezone.now())
