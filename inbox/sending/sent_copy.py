"""The copy in the Sent folder: exactly once, or not at all where the provider files it (M22).

Some providers are known to file what their SMTP server takes (connect/providers.py). Of the others
each copy teaches: the folder is searched for our id before every APPEND, and where nobody knows
yet, a second time after five seconds.

    who files it    twice in a row     then
    the provider    found, not by us   it is given up to seven minutes; if there is no copy after
                                       that it has stopped: ours is filed, and it is learnt anew
    we              not found          ours is filed at once

No folder is made, and whatever goes wrong here, the e-mail stays sent.
"""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from inbox.connect import doors
from inbox.models import Outgoing
from inbox.sending import departures
from inbox.sending.allowance import has_session
from inbox.wire.appending import AppendingSession
from inbox.wire.faults import Fault, OverQuota
from inbox.wire.folders import sent_folder

MARK = "X-Musubi-Message"
MOST_ATTEMPTS = 8
_WAITS = {"provider": (60, 120, 240), "us": (), "": (5,)}  # seconds before each further search


def attempt(outgoing: Outgoing) -> None:
    """What a tick does with a copy that is due; nothing where another holds it, or where the
    mailbox's server has as many sessions of ours as it may (M58)."""
    now = timezone.now()
    if has_session(outgoing, now) and outgoing.claim(now):
        settle(outgoing)


def settle(outgoing: Outgoing) -> None:
    """File the copy of a delivered e-mail, unless it is there. Never undoes the send."""
    if outgoing.mailbox is None:
        _failed(outgoing, _("The mailbox is disconnected."))
        return
    if outgoing.mailbox.files_sent_itself:
        _done(outgoing, Outgoing.CopyState.NOT_NEEDED)
        return
    early = outgoing.mailbox.sent_copies == "provider" and not outgoing.copy_searches
    if early and _wait(outgoing):
        return
    try:
        with doors.appending(outgoing.mailbox) as session:
            _file(outgoing, session)
    except Fault as fault:
        _later(outgoing, fault)
    except Exception:
        _later(outgoing, Fault("internal", transient=True))
        raise


def is_filed(outgoing: Outgoing) -> bool:
    """Whether the Sent folder holds it, which proves that the server took it. False: not known."""
    if outgoing.mailbox is None:
        return False
    try:
        with doors.appending(outgoing.mailbox) as session:
            folder = sent_folder(session.folders())
            return folder is not None and _holds(folder, outgoing, session)
    except Fault:
        return False  # the server cannot be asked now; the person is, and sync may still find it


def _file(outgoing: Outgoing, session: AppendingSession) -> None:
    folder = sent_folder(session.folders())
    if folder is None:
        _failed(outgoing, _("The mailbox has no Sent folder."))
    elif _holds(folder, outgoing, session) or outgoing.frozen is None:
        _learn(outgoing, by_provider=True)
        _done(outgoing, Outgoing.CopyState.FILED)
    elif not _wait(outgoing):
        _append(folder, outgoing, session)


def _append(folder: str, outgoing: Outgoing, session: AppendingSession) -> None:
    raw = bytes(outgoing.frozen or b"")
    if outgoing.hold(timezone.now(), size=len(raw), copy_begun=True):
        session.append(folder, raw, outgoing.sent_at or timezone.now())
        _learn(outgoing, by_provider=False)
        _done(outgoing, Outgoing.CopyState.FILED)


def _wait(outgoing: Outgoing) -> bool:
    """Whether the provider is given some more time. Afterwards it is asked once more."""
    assert outgoing.mailbox  # settle() has asked
    waits = _WAITS[outgoing.mailbox.sent_copies]
    if outgoing.copy_begun or outgoing.copy_searches >= len(waits):
        return False
    now = timezone.now()
    due_at = now + timedelta(seconds=waits[outgoing.copy_searches])
    searches = outgoing.copy_searches + 1
    outgoing.settle(copy_searches=searches, copy_due_at=due_at, claimed_until=now)
    return True


def _learn(outgoing: Outgoing, *, by_provider: bool) -> None:
    """What this copy tells of the next. One of our own, filed by who died then, tells nothing."""
    assert outgoing.mailbox  # settle() has asked
    if not (by_provider and outgoing.copy_begun):
        outgoing.mailbox.learn_filing(by_provider=by_provider)


def _holds(folder: str, outgoing: Outgoing, session: AppendingSession) -> bool:
    """By our mark, which outlives a rewritten id, or by the id, where our mark was left out."""
    return any(session.find(folder, header, outgoing.token) for header in (MARK, "Message-ID"))


def _done(outgoing: Outgoing, state: str) -> None:
    """Settled: the frozen bytes have served (M33)."""
    departures.keep_if_none(outgoing)
    outgoing.settle(copy_state=state, copy_error="", frozen=None, claimed_until=timezone.now())


def _later(outgoing: Outgoing, fault: Fault) -> None:
    """Again where that can help: in a full mailbox there may be room in an hour."""
    tried, said = outgoing.copy_attempts + 1, fault.server_said or fault.code
    if (fault.transient or isinstance(fault, OverQuota)) and tried < MOST_ATTEMPTS:
        now = timezone.now()
        outgoing.settle(
            copy_attempts=tried,
            copy_due_at=max(_due(now, tried), now + fault.wait),
            copy_error=said,
            claimed_until=now,
        )
    else:
        _failed(outgoing, said)


def _due(now: datetime, tried: int) -> datetime:
    return now + timedelta(seconds=min(3600, 15 * 2**tried))


def _failed(outgoing: Outgoing, said: str) -> None:
    departures.keep_if_none(outgoing)
    outgoing.settle(
        copy_state=Outgoing.CopyState.FAILED,
        copy_error=said,
        frozen=None,
        claimed_until=timezone.now(),
    )
