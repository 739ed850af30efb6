"""One chunk of a folder: ledger, bodies, log. What a Reason opens is read here, and nothing else.

The ledger is committed before a body is asked for (M13), and what is logged is so in one
transaction with the cursor that passes it (I4).
"""

import logging
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from crm.races import again
from inbox.mime import tombstones
from inbox.models import Folder, Mailbox, Reading
from inbox.sync import quarantine
from inbox.sync.bodies import AnothersBody, belongs, bodies_of
from inbox.sync.filing import Body, Read, log, understand
from inbox.sync.judging import Verdict
from inbox.sync.sent import note_known
from inbox.sync.visit import Visit
from inbox.wire.imap import ReadingSession

BODIES_AT_ONCE = 50
BYTES_AT_ONCE = 16 * 1024 * 1024
BEGINNING = 256 * 1024  # of a message above INBOX_MAX_MESSAGE_BYTES
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Taken:
    """A verdict, what was read for it, and why that could not be understood (M47)."""

    verdict: Verdict
    read: Read | None = None
    trouble: Exception | None = None


def chunks(verdicts: list[Verdict]) -> Iterator[list[Verdict]]:
    """Cut verdicts so that the bodies of one chunk fit into memory and one round trip."""
    chunk: list[Verdict] = []
    bodies = volume = 0
    for verdict in verdicts:
        size = verdict.block.size if verdict.reason else 0
        if chunk and verdict.reason and (bodies == BODIES_AT_ONCE or volume + size > BYTES_AT_ONCE):
            yield chunk
            chunk, bodies, volume = [], 0, 0
        chunk.append(verdict)
        bodies, volume = bodies + bool(verdict.reason), volume + size
    if chunk:
        yield chunk


def take(chunk: Sequence[Verdict], folder: Folder, visit: Visit) -> None:
    """Read what may be read of a chunk, log it, and move the cursor over it, in one transaction.

    Where that fails it is done again message by message, each in a transaction of its own, so that
    one of them never holds up another."""
    taken = _read_bodies(chunk, visit)
    visit.receipt.bodies_read += sum(each.read is not None for each in taken)
    try:
        visit.receipt.logged += _log_and_advance(taken, folder, visit)
    except Exception as why:
        if quarantine.is_elsewhere(why):
            raise
        _logger.info("a chunk is logged one by one", extra={"error_code": quarantine.place(why)})
        _one_by_one(taken, folder, visit)


def _one_by_one(taken: Sequence[_Taken], folder: Folder, visit: Visit) -> None:
    """With each message go the headers before it that were left alone."""
    passed: list[_Taken] = []
    for each in taken:
        passed.append(each)
        if each.verdict.email or each.read or each is taken[-1]:
            _pass(passed, folder, visit)
            passed = []


def _pass(taken: Sequence[_Taken], folder: Folder, visit: Visit) -> None:
    """Log the last message of these, or put it aside, and move the cursor over it."""
    try:
        visit.receipt.logged += again(partial(_log_and_advance, taken, folder, visit))
    except Exception as why:
        read = taken[-1].read
        if quarantine.is_elsewhere(why) or read is None:
            raise
        with transaction.atomic():
            quarantine.put(why, read, visit.mailbox, folder)
            _advance(taken, folder, visit, logged=0)


@transaction.atomic
def _log_and_advance(taken: Sequence[_Taken], folder: Folder, visit: Visit) -> int:
    for each in taken:
        if each.trouble:
            raise each.trouble
    note_known([each.verdict for each in taken if each.verdict.email], folder, timezone.now())
    logged = log([each.read for each in taken if each.read], visit.mailbox, folder)
    _advance(taken, folder, visit, logged=logged)
    return logged


def _advance(taken: Sequence[_Taken], folder: Folder, visit: Visit, *, logged: int) -> None:
    refused = Counter(each.verdict.refusal for each in taken if each.verdict.refusal)
    beyond = taken[-1].verdict.uid + 1
    visit.advance(folder, beyond, headers=len(taken), logged=logged, **refused)


def _read_bodies(chunk: Sequence[Verdict], visit: Visit) -> list[_Taken]:
    wanted = {verdict.uid: verdict for verdict in chunk if verdict.reason}
    if not wanted:
        return [_Taken(verdict) for verdict in chunk]
    ledger = _write_ledger(wanted.values(), visit)
    read, gone = {}, set(ledger)
    for uid, body in _bodies(wanted, visit.session):
        if body:
            gone.discard(uid)
            read[uid] = _understood(body, wanted[uid], ledger[uid], visit.mailbox)
    # Expunged between header and body: nothing was read of it, so the ledger does not say so.
    if gone:
        Reading.objects.filter(pk__in=[ledger[uid].pk for uid in gone]).delete()
    return [read.get(verdict.uid) or _Taken(verdict) for verdict in chunk]


def _bodies(
    wanted: Mapping[int, Verdict], session: ReadingSession
) -> Iterator[tuple[int, Body | None]]:
    """The body of each wanted message, by UID; None: it is gone (RFC 9051, 6.4.9). Of one above
    the limit only the beginning is read, and its files are named (M18)."""
    limit = settings.INBOX_MAX_MESSAGE_BYTES
    reasons = {uid: verdict.reason for uid, verdict in wanted.items() if verdict.reason}
    large = [uid for uid in reasons if wanted[uid].block.size > limit]
    small = [(uid, reason) for uid, reason in reasons.items() if uid not in large]
    for uid, raw in bodies_of(small, wanted, session):
        yield uid, None if raw is None else Body(raw)
    for uid in large:
        begun = session.beginning(uid, reasons[uid], BEGINNING)
        if begun and not belongs(begun[0], wanted[uid]):
            begun = (b"", begun[1])
        yield uid, Body(*begun) if begun else None


def _understood(body: Body, verdict: Verdict, reading: Reading, mailbox: Mailbox) -> _Taken:
    try:
        if not body.raw:
            raise AnothersBody
        return _Taken(verdict, Read(verdict, body, reading, understand(body, verdict, mailbox)))
    except quarantine.ELSEWHERE:
        raise
    except Exception as why:
        return _Taken(verdict, Read(verdict, body, reading, []), why)


@transaction.atomic
def _write_ledger(verdicts: Collection[Verdict], visit: Visit) -> dict[int, Reading]:
    """One line a body, committed before the body is asked for (M13); and the lease held for as
    long as a slow server may take for them."""
    visit.renew(sum(verdict.block.size for verdict in verdicts))
    now = timezone.now()
    rows = {
        verdict.uid: Reading(
            mailbox=visit.mailbox,
            message_id=tombstones.make(verdict.identity, settings.MESSAGE_ID_KEYS[0]),
            rule=verdict.reason.rule,
            known_id=verdict.reason.known_id[:255],
            at=now,
        )
        for verdict in verdicts
        if verdict.reason
    }
    Reading.objects.bulk_create(rows.values())
    return rows
