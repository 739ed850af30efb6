"""One bad message never blocks its folder and never vanishes (M47).

What cannot be understood, stored or logged is put aside, encrypted, and the cursor goes on. After
an upgrade it is tried again: by the button, the admin, or `manage.py replay_quarantine`. Of a very
large one the beginning alone is kept, which shows what went wrong, and nothing of one for which
the server handed out another; then the whole is asked for once more, and the ledger says so (M13).
"""

import base64
import json
import logging
import traceback
from collections.abc import Collection
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from crm.away import DATABASE_AWAY
from crm.races import again, is_lost_race
from inbox.connect import doors
from inbox.mime import tombstones
from inbox.mime.headers import parse_headers
from inbox.models import Folder, Mailbox, Quarantined, Reading
from inbox.sync.bodies import AnothersBody, bodies_of
from inbox.sync.facts import is_never_logged
from inbox.sync.filing import Body, Read, log, understand
from inbox.sync.judging import Verdict
from inbox.sync.rules import reason_given
from inbox.sync.visit import LeaseLost
from inbox.wire.faults import Fault, FolderGone
from inbox.wire.imap import HeaderBlock
from inbox.wire.structure import Outlined

LARGEST = 10 * 1024 * 1024  # bytes of a message that are kept here
# Not the message's fault: the database or the storage is away, another looks at the mailbox, the
# network is down. Then the mail stays where it is, and the next look tries again.
ELSEWHERE = (*DATABASE_AWAY, OSError, LeaseLost, Fault)
_logger = logging.getLogger(__name__)


def is_elsewhere(why: Exception) -> bool:
    """A race that was lost is not: done again, it goes through."""
    return isinstance(why, ELSEWHERE) and not is_lost_race(why)


def put(why: Exception, read: Read, mailbox: Mailbox, folder: Folder) -> None:
    """Keep a message that could not be logged, with the kind and the place of what went wrong."""
    assert folder.uidvalidity is not None  # it was examined before anything was found in it
    verdict, error = read.verdict, place(why)
    fields = {"mailbox": mailbox.pk, "folder": folder.pk, "uid": verdict.uid, "error_code": error}
    _logger.error("a message was put into quarantine", extra=fields)
    Quarantined.objects.update_or_create(
        folder=folder,
        uidvalidity=folder.uidvalidity,
        uid=verdict.uid,
        defaults={
            "mailbox": mailbox,
            "answers": verdict.answers,
            "reading": read.reading,
            "arrived_at": verdict.block.arrived_at,
            "size": verdict.block.size,
            "error": error,
            "sealed": _seal(read.body, verdict),
            "cut": not 0 < len(read.body.raw) <= LARGEST,
        },
    )


@dataclass(frozen=True)
class _Tried:
    """A row that is tried again, and what is known of it by then."""

    row: Quarantined
    mailbox: Mailbox
    folder: Folder
    body: Body
    verdict: Verdict
    reading: Reading | None


def replay(row: Quarantined) -> bool:
    """Try again; what is understood now is logged and leaves the quarantine. What a never-log list
    covers by now leaves it unread (M11), unless a legal hold keeps it (M57)."""
    mailbox, folder, (body, verdict) = row.mailbox, row.folder, _open(row)
    assert mailbox and folder  # `to_try` chose it
    if is_never_logged(mailbox, verdict.header):
        return bool(Quarantined.objects.not_held().filter(pk=row.pk).delete()[0])
    folder.uidvalidity = row.uidvalidity  # where the copy lay; not saved
    tried = _Tried(row, mailbox, folder, body, verdict, row.reading)
    try:
        return _logged(_whole(tried) if row.cut else tried)
    except Fault as why:
        return _stays(row, why)
    except ELSEWHERE:
        raise
    except Exception as why:
        return _stays(row, why)


def _logged(tried: _Tried) -> bool:
    found = understand(tried.body, tried.verdict, tried.mailbox)
    read = Read(tried.verdict, tried.body, tried.reading, found)

    @transaction.atomic
    def log_and_leave() -> None:
        if not Quarantined.objects.select_for_update().filter(pk=tried.row.pk).exists():
            return  # another press was quicker
        log([read], tried.mailbox, tried.folder)
        Quarantined.objects.filter(pk=tried.row.pk).delete()

    again(log_and_leave)
    return True


def _stays(row: Quarantined, why: Exception) -> bool:
    row.error, row.tried_at, row.attempts = place(why), timezone.now(), row.attempts + 1
    row.save(update_fields=["error", "tried_at", "attempts"])
    return False


def _whole(tried: _Tried) -> _Tried:
    """With all of its body, as its server has it. Raises a Fault where it has it no more."""
    verdict, uid = tried.verdict, tried.row.uid
    assert verdict.reason is not None  # only such bodies were read
    with doors.reading(tried.mailbox) as session:
        if session.examine(tried.folder.name).uidvalidity != tried.row.uidvalidity:
            raise FolderGone("renumbered")
        reading = Reading.objects.create(
            mailbox=tried.mailbox,
            message_id=tombstones.make(verdict.identity, settings.MESSAGE_ID_KEYS[0]),
            rule=verdict.reason.rule,
            known_id=verdict.reason.known_id[:255],
            at=timezone.now(),
        )
        raw = dict(bodies_of([(uid, verdict.reason)], {uid: verdict}, session))[uid]
    if raw is None:
        reading.delete()  # nothing was read
        raise FolderGone("expunged")
    if not raw:
        raise AnothersBody
    return replace(tried, body=Body(raw), reading=reading)


def replay_all(rows: Any) -> tuple[int, int]:
    """How many left the quarantine, and how many stay."""
    results = [replay(row) for row in rows.to_try()]
    return results.count(True), results.count(False)


def naming(addresses: Collection[str]) -> list[int]:
    """The rows whose message holds one of these addresses (lower case)."""
    words = [address.encode() for address in addresses]
    found = []
    for row in Quarantined.objects.order_by("pk").iterator(chunk_size=1):
        kept = json.loads(row.sealed)
        raw = b"".join(base64.b64decode(kept[part]) for part in ("header", "raw")).lower()
        if any(word in raw for word in words):
            found.append(row.pk)
    return found


def place(why: Exception) -> str:
    """`ValueError in bodies.py, line 97`: an error's own words may be those of the message."""
    if isinstance(why, Fault):
        return f"{type(why).__name__}: {why.code}"[:200]
    frames = traceback.extract_tb(why.__traceback__)
    place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(why).__name__}{place}"[:200]


def _seal(body: Body, verdict: Verdict) -> str:
    assert verdict.reason is not None  # only such bodies were read
    outlined = body.outlined
    kept = {
        "raw": base64.b64encode(body.raw[:LARGEST]).decode(),
        "header": base64.b64encode(verdict.block.raw).decode(),
        "outlined": None if outlined is None else [astuple(file) for file in outlined],
        "identity": verdict.identity,
        "rule": verdict.reason.rule,
        "known_id": verdict.reason.known_id,
        "sent_by": verdict.sent_by,
        "outgoing": verdict.outgoing,
        "unproven": verdict.unproven,
    }
    return json.dumps(kept)


def _open(row: Quarantined) -> tuple[Body, Verdict]:
    kept = json.loads(row.sealed)
    header, outlined = base64.b64decode(kept["header"]), kept["outlined"]
    files = None if outlined is None else [Outlined(*file) for file in outlined]
    return Body(base64.b64decode(kept["raw"]), files), Verdict(
        HeaderBlock(row.uid, row.size, row.arrived_at, header),
        parse_headers(header),
        kept["identity"],
        reason=reason_given(kept["rule"], kept["known_id"]),
        answers=row.answers,
        sent_by=kept["sent_by"],
        outgoing=kept["outgoing"],
        unproven=kept["unproven"],
    )
