"""One chunk of a folder: ledger, bodies, log. What a Reason opens is read here, and nothing else.

The ledger is committed before a body is asked for (M13), and each message is logged in one
transaction with the cursor that passes it (I4).
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from crm.models import Email, User
from inbox.arrivals import Arrival
from inbox.logbook import StoredFile, log_incoming, name_files, reported, store_files
from inbox.mime import tombstones
from inbox.mime.parse import parse
from inbox.models import Folder, HeaderBlock, Mailbox, RawCopy, Reading, TransportRecord
from inbox.models.transport import keep_headers
from inbox.sync.judging import Verdict
from inbox.sync.letters import Letter, letters
from inbox.sync.sent import note_known
from inbox.sync.visit import Visit

BODIES_AT_ONCE = 20
BYTES_AT_ONCE = 16 * 1024 * 1024
KEPT_RAW = {"folder", "bcc", "forward"}  # rules whose messages are kept whole for a day (M29)
BEGINNING = 256 * 1024  # of a message above INBOX_MAX_MESSAGE_BYTES
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # INTERNALDATE is what anybody said, even year 9999


_Filed = tuple[Letter, list[StoredFile]]


@dataclass(frozen=True)
class _Read:
    verdict: Verdict
    reading: Reading
    letters: list[_Filed]
    raw: bytes  # of one above the limit its beginning


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
        logged = 0
        with transaction.atomic():
            if verdict.email:
                note_known(verdict, visit.mailbox, folder, timezone.now())
            elif verdict.uid in read:
                logged = _log(read[verdict.uid], visit.mailbox, folder)
            visit.advance(folder, verdict.uid + 1, headers=passed, logged=logged, **refused)
        visit.receipt.logged += logged
        passed, refused = 0, Counter()


def _log(row: _Read, mailbox: Mailbox, folder: Folder) -> int:
    """How many e-mails it came to: none for a report about mail that is not ours, or for a forward
    in which there is none; several where several were forwarded."""
    logged = 0
    for letter, files in row.letters:
        email = log_incoming(letter.parsed, files, _arrival(row.verdict, letter, mailbox, folder))
        if email:
            Reading.objects.filter(pk=row.reading.pk).update(email=email)
            _keep_beside(email, row, mailbox)
            logged += 1
    return logged


def _keep_beside(email: Email, row: _Read, mailbox: Mailbox) -> None:
    """How it came, for as long as retention says (M28 to M30)."""
    now, block = timezone.now(), row.verdict.block
    TransportRecord.objects.create(
        email=email, mailbox=mailbox, at=now, size=block.size, arrived_at=_in_time(block.arrived_at)
    )
    keep_headers(email, row.raw, HeaderBlock.Origin.SYNCED, now)
    if row.reading.rule in KEPT_RAW:
        text = row.raw.decode("latin-1")
        RawCopy.objects.get_or_create(email=email, defaults={"at": now, "text": text})


def _read_bodies(chunk: list[Verdict], visit: Visit) -> dict[int, _Read]:
    wanted = {verdict.uid: verdict for verdict in chunk if verdict.reason}
    if not wanted:
        return {}
    ledger = _write_ledger(wanted.values(), visit)
    read, gone = {}, set(ledger)
    for uid, found, raw in _messages(wanted, visit):
        if found is not None:
            gone.discard(uid)
            read[uid] = _Read(wanted[uid], ledger[uid], found, raw)
    # Expunged between header and body: nothing was read of it, so the ledger does not say so.
    Reading.objects.filter(pk__in=[ledger[uid].pk for uid in gone]).delete()
    return read


def _messages(
    wanted: Mapping[int, Verdict], visit: Visit
) -> Iterator[tuple[int, list[_Filed] | None, bytes]]:
    """What each wanted message comes to, with its files in the storage, by UID; None: it is gone
    (RFC 9051, 6.4.9). Of one above the limit only the beginning is read, and its files are named
    (M18)."""
    limit, session = settings.INBOX_MAX_MESSAGE_BYTES, visit.session
    reasons = {uid: verdict.reason for uid, verdict in wanted.items() if verdict.reason}
    large = [uid for uid in reasons if wanted[uid].block.size > limit]
    for uid, raw in session.bodies([(u, r) for u, r in reasons.items() if u not in large]):
        found = letters(parse(raw), wanted[uid], visit.mailbox) if raw else None
        filed = found if found is None else [(x, _files(x, wanted[uid])) for x in found]
        yield uid, filed, raw or b""
    for uid in large:
        begun = session.beginning(uid, reasons[uid], BEGINNING)
        found = letters(parse(begun[0]), wanted[uid], visit.mailbox) if begun else None
        filed = [(x, name_files(begun[1])) for x in found or []] if begun else None
        yield uid, filed, begun[0] if begun else b""


def _files(letter: Letter, verdict: Verdict) -> list[StoredFile]:
    """Of a report about mail that is not ours nothing is kept, its files included (M6)."""
    assert verdict.reason is not None  # only such bodies were read
    ours = verdict.answers or verdict.reason.rule != "reply" or reported(letter.parsed)
    return store_files(letter.parsed.attachments) if ours else []


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
    )


def _in_time(said: datetime) -> datetime:
    """A server may say any time; none is before the epoch, or still to come."""
    return min(max(said, EPOCH), timezone.now())
