"""A look at a mailbox: headers, decisions, the bodies that a Reason opens, the log (M6 to M13).

    claim ─► examine ─► plan ─┬─ nothing ──────────────────────────────────┐
                              └─ headers ─► judge ─► ledger ─► bodies ─► log and cursor ─► …
                                   ▲                                        │ one transaction
                                   └──────────────── next chunk ◄───────────┘

Every state may be entered again: what was committed is known by its Message-ID, the cursor moves
in the transaction that logs, and the ledger is written before the body is asked for. So a kill
between any two steps loses nothing and doubles nothing. No transaction is open while the network
is waited for. The lease is renewed in each transaction: who lost it writes nothing (M60).
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from datetime import date
from itertools import islice

from django.utils import timezone

from inbox import metrics
from inbox.connect import doors
from inbox.models import Folder, Mailbox
from inbox.sync.chunks import chunks, take
from inbox.sync.judging import Verdict, judge
from inbox.sync.known import Sieve
from inbox.sync.plan import Look, begin_again
from inbox.sync.rules import ids_named_by
from inbox.sync.sift import is_long, replies_alone, sifted
from inbox.sync.visit import Held, LeaseLost, Receipt, Visit
from inbox.sync.watched import (
    after_what_is_known,
    around,
    follow,
    note_fault,
    note_found,
    plan_for,
    watched,
    with_news,
)
from inbox.wire.faults import Fault, FolderGone, LoginRefused, ProtocolFault, ServerBusy
from inbox.wire.imap import HeaderBlock, ReadingSession
from inbox.wire.standing import FolderStatus

HEADERS_AT_ONCE = 500
HEADER = 1_500  # bytes that one may have: for so long a slow server is waited for
_ROLE = Folder.Role


def look(mailbox: Mailbox, *, force: bool = False) -> Receipt | None:
    """Claim the mailbox, open it, look, and note how it went. None: somebody else is looking.

    `force` takes the lease from whoever has it. Raises what went wrong after noting it.
    """
    token = mailbox.claim(timezone.now(), force=force)
    if token is None:
        return None
    try:
        with doors.reading(mailbox) as session:
            receipt = look_at(mailbox, session, token)
        if mailbox.hold(token, timezone.now()):
            mailbox.note_success(timezone.now())
        return receipt
    except LeaseLost:
        raise
    except Exception as why:
        note_trouble(mailbox, token, why)
        raise
    finally:
        mailbox.release(token, timezone.now())


def note_trouble(mailbox: Mailbox, token: str, why: Exception) -> None:
    """Let the mailbox say what went wrong, while the lease is ours: a successor knows better.

    Only a refused login waits for its owner, since trying on would lock the account (M37).
    """
    now = timezone.now()
    if not mailbox.hold(token, now):
        return
    mailbox.refresh_from_db()
    metrics.not_looked(mailbox, why)
    fault = why if isinstance(why, Fault) else Fault("internal", transient=True)
    mailbox.note_fault(
        fault.code,
        fault.server_said,
        now,
        transient=fault.transient or isinstance(fault, ProtocolFault),
        again=not isinstance(fault, LoginRefused),
        at_least=fault.wait,
    )


def look_at(
    mailbox: Mailbox, session: ReadingSession, token: str, *, stay: bool = False
) -> Receipt:
    """Look at each watched folder over an open session. Writes nothing where nothing is new.

    `stay`: the INBOX is open at the end, and seen as it stands then, for IDLE.
    """
    started = time.monotonic()
    trips, volume = session.round_trips, session.bytes_in
    visit = Visit(mailbox, session, token, absence=mailbox.reached(timezone.now()))
    receipt = visit.receipt
    folders = watched(mailbox, session)
    inbox = next(folder for folder in folders if folder.role == _ROLE.INBOX)
    if stay:
        news, told = around(inbox, folders, session)
    else:
        news, told = with_news(folders, session), None
    for folder in news:
        _attend(folder, visit)
    if stay:
        _attend(inbox, visit, None if news else told)
    _look_back(inbox, visit, news=receipt.logged > 0)
    if visit.absence:
        visit.absence.end(timezone.now())
    receipt.round_trips = session.round_trips - trips
    receipt.bytes_in = session.bytes_in - volume
    receipt.seconds = round(time.monotonic() - started, 3)
    metrics.looked(mailbox, asdict(receipt))
    return receipt


def _attend(
    folder: Folder, visit: Visit, told: FolderStatus | None = None, *, again: bool = False
) -> None:
    """Look at a folder, under its new name if it has got one. But for the INBOX, one that cannot
    be opened keeps nobody from the others."""
    try:
        try:
            _look_at_folder(folder, visit, told, again=again)
        except FolderGone:
            if folder.role == _ROLE.INBOX or not follow(folder, visit.session):
                raise
            _look_at_folder(folder, visit, again=again)
    except (FolderGone, ProtocolFault, ServerBusy) as fault:
        if folder.role == _ROLE.INBOX or visit.session.closed:
            raise
        note_fault(folder, fault)
    else:
        note_found(folder)


def _look_back(inbox: Folder, visit: Visit, *, news: bool) -> None:
    """What was logged since may be what a letter in Sent or in another folder answers: some
    programs name nothing else. Ends in the INBOX, where news is waited for. A folder of which
    nothing could be dealt with stays where it was, until the next look."""
    for held in list(visit.held.values()):
        del visit.held[held.folder.pk]
        if not held.reached:
            continue
        if news:
            _attend(held.folder, visit, again=True)
            _look_at_folder(inbox, visit)
        else:
            visit.advance(held.folder, held.reached, headers=0)


def _look_at_folder(
    folder: Folder, visit: Visit, told: FolderStatus | None = None, *, again: bool = False
) -> None:
    session = visit.session
    status = _examined(folder, session, told)
    look = plan_for(folder, status)
    if look.kind == "nothing":
        return
    before, folder.uidvalidity = folder.uidvalidity, status.uidvalidity
    visit.renew(HEADER * min(HEADERS_AT_ONCE, max(status.uidnext - folder.next_uid, 0)))
    if look.kind == "since" and before:
        visit.look_again()
    folder.messages = status.messages
    status = replace(status, uidnext=_uidnext(status, look, session))
    first = _first(folder, before, status, look, session)
    end = max(status.uidnext, look.first_uid)
    waits = folder.role != _ROLE.INBOX and not again
    read_before = visit.receipt.headers_read
    for blocks in _headers(first, status, folder, visit, waits=waits) if first else ():
        visit.receipt.headers_read += len(blocks)
        end = max(end, blocks[-1].uid + 1)
        while blocks:
            verdicts = _before_a_relative(judge(blocks, folder, session))
            if waits:
                _hold_at_the_unknown(verdicts, folder, visit)
            for chunk in chunks(verdicts):
                take(chunk, folder, visit)
            blocks = blocks[len(verdicts) :]
    if not (visit.receipt.headers_read > read_before and folder.next_uid == end):
        visit.advance(folder, end, headers=0)


def _examined(folder: Folder, session: ReadingSession, told: FolderStatus | None) -> FolderStatus:
    """A server whose UIDVALIDITY is missing, or another one each time, is not believed (F7).
    `told`: of one that is open."""
    status = told or session.examine(folder.name)
    if folder.uidvalidity not in (None, status.uidvalidity):
        again = session.examine(folder.name)
        if again.uidvalidity != status.uidvalidity or not again.uidvalidity:
            raise ProtocolFault("uidvalidity")
        return again
    return status


def _hold_at_the_unknown(verdicts: list[Verdict], folder: Folder, visit: Visit) -> None:
    """Answers to what is not known yet are looked at again after the INBOX, or after a crash."""
    for verdict in verdicts:
        if not (verdict.email or verdict.reason) and any(ids_named_by(verdict.header)):
            visit.held.setdefault(folder.pk, Held(folder, verdict.uid))


def _uidnext(status: FolderStatus, look: Look, session: ReadingSession) -> int:
    """A server need not tell UIDNEXT; then it is above the last message there is."""
    if status.uidnext or look.kind == "range":
        return status.uidnext
    return max(session.uids_since(date(1970, 1, 1)), default=0) + 1


def _first(
    folder: Folder, before: int | None, status: FolderStatus, look: Look, session: ReadingSession
) -> int:
    """Where to begin; 0: nothing is looked at."""
    if look.kind == "baseline":
        return 0
    if look.since is None:
        return look.first_uid
    by_date = session.first_since(look.since)
    if before is None:  # nothing was looked at there
        return by_date or 0
    return begin_again(by_date, after_what_is_known(folder, before, session), status.uidnext)


def _headers(
    first: int, status: FolderStatus, folder: Folder, visit: Visit, *, waits: bool
) -> Iterator[list[HeaderBlock]]:
    if is_long(first, status) and replies_alone(folder):
        return sifted(first, folder, visit, Sieve(status.messages), waits=waits)
    return _batches(visit.session.headers(first, None), HEADERS_AT_ONCE)


def _batches(blocks: Iterable[HeaderBlock], size: int) -> Iterator[list[HeaderBlock]]:
    """In ascending order, whatever order the server answers in: the cursor follows them."""
    rows = iter(blocks)
    while batch := sorted(islice(rows, size), key=lambda block: block.uid):
        yield batch


def _before_a_relative(verdicts: list[Verdict]) -> list[Verdict]:
    """Up to what is judged otherwise when a message before it is logged: a second copy of that
    one, which is known then (M10), or an answer that names no other message (M7)."""
    names: set[str] = set()
    to_log: set[str] = set()
    for place, verdict in enumerate(verdicts):
        if verdict.reason and verdict.identity in names:
            return verdicts[:place]
        if not verdict.reason and not to_log.isdisjoint(ids_named_by(verdict.header)):
            return verdicts[:place]
        names.add(verdict.identity)
        if verdict.reason:
            to_log.add(verdict.identity)
    return verdicts
