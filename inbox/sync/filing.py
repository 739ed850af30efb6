"""A body that was read becomes e-mails: parsed, its files stored, logged (M14, M18)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.utils import timezone

from crm.models import Email, User
from crm.retention import doom
from inbox.arrivals import Arrival
from inbox.logbook import (
    StoredFile,
    log_incoming,
    name_files,
    reported,
    store_files,
    these_alone,
)
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


def log(
    found: list[Filed],
    body: Body,
    verdict: Verdict,
    mailbox: Mailbox,
    folder: Folder,
    reading: Reading | None,
) -> int:
    """How many e-mails it came to: none for a report about mail that is not ours, or for a forward
    in which there is none; several where several were forwarded."""
    logged: list[Email] = []
    for letter, files in found:
        email = log_incoming(letter.parsed, files, _arrival(verdict, letter, mailbox, folder))
        if email is None:
            doom(file.path for file in files if file.path)
            continue
        if reading:
            Reading.objects.filter(pk=reading.pk).update(email=email)
        _keep_beside(email, body, verdict, mailbox)
        logged.append(email)
    these_alone(logged, folder, verdict.uid)
    return len(logged)


def _keep_beside(email: Email, body: Body, verdict: Verdict, mailbox: Mailbox) -> None:
    """How it came, for as long as retention says (M28 to M30)."""
    now, block = timezone.now(), verdict.block
    TransportRecord.objects.create(
        email=email, mailbox=mailbox, at=now, size=block.size, arrived_at=_in_time(block.arrived_at)
    )
    keep_headers(email, body.raw, HeaderBlock.Origin.SYNCED, now)
    if verdict.reason and verdict.reason.rule in KEPT_RAW:
        keep_raw(email, body.raw, now)


def _arrival(verdict: Verdict, letter: Letter, mailbox: Mailbox, folder: Folder) -> Arrival:
    assert verdict.reason is not None  # only such bodies were read
    at = letter.at or verdict.block.arrived_at
    return Arrival(
        mailbox=mailbox,
        folder=folder,
        uid=verdict.uid,
        arrived_at=_in_time(at),
        identity=letter.identity,
        reason=verdict.reason,
        answers=verdict.answers,
        outgoing=letter.outgoing,
        unproven=verdict.unproven,
        by=User.objects.get(pk=verdict.sent_by) if verdict.sent_by else None,
        dated=None if letter.parsed.retold else letter.parsed.date,
    )


def _in_time(said: datetime) -> datetime:
    """A server may say any time; none is before the epoch, or still to come."""
    return min(max(said, EPOCH), timezone.now())
