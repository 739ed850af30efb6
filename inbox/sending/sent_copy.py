"""The copy in the Sent folder: exactly once, or not at all where the provider files it (M22)."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from inbox.connect import doors
from inbox.models import Outgoing
from inbox.sending.allowance import has_session
from inbox.wire.appending import AppendingSession
from inbox.wire.faults import Fault, OverQuota
from inbox.wire.folders import sent_folder

MARK = "X-Musubi-Message"
MOST_ATTEMPTS = 8


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
        _done(outgoing, Outgoing.CopyState.FILED)
    elif outgoing.hold(timezone.now(), size=len(outgoing.frozen)):
        session.append(folder, bytes(outgoing.frozen), outgoing.sent_at or timezone.now())
        _done(outgoing, Outgoing.CopyState.FILED)


def _holds(folder: str, outgoing: Outgoing, session: AppendingSession) -> bool:
    """By our mark, which outlives a rewritten id, or by the id, where our mark was left out."""
    return any(session.find(folder, header, outgoing.token) for header in (MARK, "Message-ID"))


def _done(outgoing: Outgoing, state: str) -> None:
    """Settled: the frozen bytes have served (M33)."""
    outgoing.settle(copy_state=state, copy_error="", frozen=None, claimed_until=timezone.now())


def _later(outgoing: Outgoing, fault: Fault) -> None:
    """Again where that can help: in a full mailbox there may be room in an hour."""
    tried, said = outgoing.copy_attempts + 1, fault.server_said or fault.code
    if (fault.transient or isinstance(fault, OverQuota)) and tried < MOST_ATTEMPTS:
        now = timezone.now()
        outgoing.settle(
            copy_attempts=tried,
            copy_due_at=_due(now, tried),
            copy_error=said,
            claimed_until=now,
        )
    else:
        _failed(outgoing, said)


def _due(now: datetime, tried: int) -> datetime:
    return now + timedelta(seconds=min(3600, 15 * 2**tried))


def _failed(outgoing: Outgoing, said: str) -> None:
    outgoing.settle(
        copy_state=Outgoing.CopyState.FAILED,
        copy_error=said,
        frozen=None,
        claimed_until=timezone.now(),
    )
