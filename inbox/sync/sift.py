"""A long scan: of very many messages only those that may matter are looked at in full (M38).

    slips, ten thousand a trip ─► is it plain, and names no id of ours? ─► passed over
                                          └► no ─► its header fields ─► judged like every other

Passing over decides nothing that judging would not: a plain message that names none of our ids has
no Reason where replies alone are logged (M7). Whatever is odd is judged. What the never-log list
covers (M11) is counted only where it would have been read.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from inbox.mime.headers import parse_headers
from inbox.mime.ids import normal
from inbox.mime.slips import REPLIES, REPORTS, Sheet
from inbox.models import Folder, Mailbox, MessageId
from inbox.sync.known import Sieve
from inbox.sync.plan import OVERLAP
from inbox.sync.visit import Held, Visit
from inbox.wire.imap import HeaderBlock, ReadingSession
from inbox.wire.responses import LARGEST
from inbox.wire.standing import FolderStatus

LONG = 2_000  # messages: fewer are looked at in full at once, which saves a round trip
A_ROUND = 10_000  # after so many the cursor moves, and the lease is renewed
SLIP = 600  # bytes that one may have: for so long a slow server is waited for


def is_long(first_uid: int, status: FolderStatus) -> bool:
    return min(status.messages, status.uidnext - first_uid) > LONG


def replies_alone(folder: Folder) -> bool:
    """Whether only the ids that a message names can make it one of ours."""
    ordinary = folder.role in (Folder.Role.INBOX, Folder.Role.OTHER)
    mailbox = folder.mailbox
    return ordinary and mailbox.scope == Mailbox.Scope.THREADS and not mailbox.logs_mail


def sifted(
    first_uid: int, folder: Folder, visit: Visit, sieve: Sieve, *, waits: bool
) -> Iterator[list[HeaderBlock]]:
    """The messages that may matter, in batches. When the next batch is asked for the last one was
    dealt with, so the cursor may move over what was passed over before it.

    `waits`: an answer to what is not known yet is looked at again after the INBOX."""
    reports = _first_report(visit.session)
    for uids in visit.session.uids_above(first_uid):
        for start in range(0, len(uids), A_ROUND):
            a_round = uids[start : start + A_ROUND]
            visit.renew(SLIP * len(a_round))
            sieve.refresh()
            slips = visit.session.slips(a_round, REPORTS if a_round[-1] >= reports else REPLIES)
            chosen, answer = _chosen(a_round, slips, sieve, waits=waits)
            if answer:
                visit.held.setdefault(folder.pk, Held(folder, answer))
            yield from visit.session.headers_of(chosen)
            passed = len(a_round) - len(chosen)
            visit.receipt.headers_read += passed
            visit.advance(folder, a_round[-1] + 1, headers=passed)


def _first_report(session: ReadingSession) -> int:
    """The first message that may be a delivery report about a letter of ours (M20): none is older
    than the first letter that the CRM made."""
    made = MessageId.objects.first_made()
    return (made and session.first_since((made - OVERLAP).date())) or LARGEST


def _chosen(
    uids: list[int], slips: Iterable[list[Sheet]], sieve: Sieve, *, waits: bool
) -> tuple[list[int], int]:
    """A message that may matter may be what another one answers, so its id counts from then on.
    One that the server left out may matter as well (F44). And where that `waits`, the first
    answer among what is passed over; 0: there is none."""
    plain: set[int] = set()
    odd: set[int] = set()
    ours: set[bytes] = set()
    answer = 0
    for sheets in slips:
        ours |= sieve.held(list(chain.from_iterable(sheet.ids for sheet in sheets)))
        for sheet, places in zip(sheets, _odd(sheets, ours), strict=True):
            plain.update(sheet.uids)
            odd.update(sheet.uids[place] for place in places)
            if waits and not 0 < answer < min(sheet.uids):
                others = {sheet.uids[place] for place in sheet.answers() if place not in places}
                answer = min(others | ({answer} if answer else set()), default=0)
    return sorted(set(uids) - (plain - odd)), answer


def _odd(sheets: Sequence[Sheet], ours: set[bytes]) -> list[set[int]]:
    """The places on each sheet of what may matter; their ids are added to `ours`."""
    odd = [sheet.odd() for sheet in sheets]
    fresh = ours | _ids_of(sheets, odd)
    while fresh:
        ours |= fresh
        new = [sheet.naming(fresh) - known for sheet, known in zip(sheets, odd, strict=True)]
        odd = [known | more for known, more in zip(odd, new, strict=True)]
        fresh = _ids_of(sheets, new) - ours
    return odd


def _ids_of(sheets: Sequence[Sheet], places: Sequence[set[int]]) -> set[bytes]:
    """The ids that these messages carry."""
    blocks = [sheet.block(n) for sheet, some in zip(sheets, places, strict=True) for n in some]
    ids = {normal(parse_headers(block).message_id).encode() for block in blocks}
    return ids - {b""}
