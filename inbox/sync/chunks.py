"""One chunk of a folder: ledger, bodies, log. What a Reason opens is read here, and nothing else.

The ledger is committed before a body is asked for (M13), and each message is logged in one
transaction with the cursor that passes it (I4).
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from crm.models import Email
from crm.races import again
from inbox.mime import tombstones
from inbox.models import Folder, Mailbox, Reading
from inbox.sync import quarantine
from inbox.sync.bodies import bodies_of
from inbox.sync.filing import Body, Filed, log, understand
from inbox.sync.judging import Verdict
from inbox.sync.sent import note_known
from inbox.sync.visit import Visit
from inbox.wire.imap import ReadingSession

BODIES_AT_ONCE = 50
BYTES_AT_ONCE = 16 * 1024 * 1024
BEGINNING = 256 * 1024  # of a message above INBOX_MAX_MESSAGE_BYTES


@dataclass(frozen=True)
class _Read:
    """A body, and what it comes to; where that could not be found out, why not (M47)."""

    reading: Reading
    body: Body
    filed: list[Filed]
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


def take(chunk: list[Verdict], folder: Folder, visit: Visit) -> None:
    """Read what may be read of a chunk, log it, and move the cursor over it.

    Each message in a transaction of its own: locks on what two mailboxes share are never held
    while the next message waits for another one's."""
    read = _read_bodies(chunk, visit)
    visit.receipt.bodies_read += len(read)
    passed, refused = 0, Counter[str]()
    for verdict in chunk:
        passed += 1
        refused.update([verdict.refusal] if verdict.refusal else [])
        if not verdict.email and verdict.uid not in read and verdict is not chunk[-1]:
            continue
        _pass(verdict, read.get(verdict.uid), folder, visit, headers=passed, refused=refused)
        passed, refused = 0, Counter()


def _pass(
    verdict: Verdict,
    row: _Read | None,
    folder: Folder,
    visit: Visit,
    *,
    headers: int,
    refused: Counter[str],
) -> None:
    """Log one message, or put it aside, and move the cursor over it, in one transaction."""
    advance = partial(visit.advance, folder, verdict.uid + 1, headers=headers, **refused)
    tries = iter([verdict])

    @transaction.atomic
    def log_and_advance() -> int:
        logged = _log(next(tries, None) or _as_of_now(verdict), row, folder, visit)
        advance(logged=logged)
        return logged

    try:
        visit.receipt.logged += again(log_and_advance)
    except quarantine.ELSEWHERE:
        raise
    except Exception as why:
        if row is None:
            raise
        with transaction.atomic():
            quarantine.put(why, row.body, verdict, visit.mailbox, folder, row.reading)
            advance()


def _as_of_now(verdict: Verdict) -> Verdict:
    """What it was judged by may have been erased since, or moved to another thread."""
    emails = Email.objects.select_related("thread", "activity").in_bulk(
        [email.pk for email in (verdict.email, verdict.answers) if email]
    )
    return replace(
        verdict,
        email=emails.get(verdict.email.pk) if verdict.email else None,
        answers=emails.get(verdict.answers.pk) if verdict.answers else None,
    )


def _log(verdict: Verdict, row: _Read | None, folder: Folder, visit: Visit) -> int:
    if verdict.email:
        note_known(verdict, visit.mailbox, folder, timezone.now())
    if row is None or verdict.email:
        return 0
    if row.trouble:
        raise row.trouble
    return log(row.filed, row.body, verdict, visit.mailbox, folder, row.reading)


def _read_bodies(chunk: list[Verdict], visit: Visit) -> dict[int, _Read]:
    wanted = {verdict.uid: verdict for verdict in chunk if verdict.reason}
    if not wanted:
        return {}
    ledger = _write_ledger(wanted.values(), visit)
    read, gone = {}, set(ledger)
    for uid, body in _bodies(wanted, visit.session):
        if body:
            gone.discard(uid)
            read[uid] = _understood(body, wanted[uid], ledger[uid], visit.mailbox)
    # Expunged between header and body: nothing was read of it, so the ledger does not say so.
    if gone:
        Reading.objects.filter(pk__in=[ledger[uid].pk for uid in gone]).delete()
    return read


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
        yield uid, Body(raw) if raw else None
    for uid in large:
        begun = session.beginning(uid, reasons[uid], BEGINNING)
        yield uid, Body(*begun) if begun else None


def _understood(body: Body, verdict: Verdict, reading: Reading, mailbox: Mailbox) -> _Read:
    try:
        return _Read(reading, body, understand(body, verdict, mailbox))
    except quarantine.ELSEWHERE:
        raise
    except Exception as why:
        return _Read(reading, body, [], why)


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
