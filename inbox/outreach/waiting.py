"""A letter of a sequence that could not leave at once: whether it still may (M25, M56).

Its step was taken when all allowed it, but a server or an allowance let it wait. Asked before each
further attempt; what a person has sent again, out of an enrolment that has ended, is theirs to say.
"""

from contextlib import nullcontext
from datetime import datetime

from django.utils.translation import gettext as _

from inbox.models import Enrolment, Outgoing, SendingHours, StepRun
from inbox.outreach import ending, sequences, steering
from inbox.outreach.hours import next_moment
from inbox.sending import outbox

State = Enrolment.State


def may_leave(outgoing: Outgoing, now: datetime) -> bool:
    """False where they have answered meanwhile, which ends the enrolment and takes it back, or
    where it is no hour to write to them: then it is due when there is one."""
    run = StepRun.objects.filter(activity=outgoing.email_id).select_related("enrolment").first()
    if run is None or outgoing.transmitting_at or run.enrolment.state == State.FINISHED:
        return True
    if run.enrolment.state != State.ACTIVE:
        return not outgoing.attempts or not _stop(outgoing)
    over = ending.known(run.enrolment)
    if over:
        return not steering.end(run.enrolment, over.why, now, **over.values)
    return not (outgoing.attempts or outgoing.waits) or _is_open(outgoing, run.enrolment, now)


def _stop(outgoing: Outgoing) -> bool:
    """A worker had it in hand while its sequence was stopped or paused, and brought it back. Its
    writer is told; what they have sent again begins without attempts, and leaves."""
    by = outgoing.email.activity.by
    with by.preferences() if by else nullcontext():
        said = _("Its sequence was stopped or paused before it had left.")
    return outbox.stop(outgoing, said)


def _is_open(outgoing: Outgoing, enrolment: Enrolment, now: datetime) -> bool:
    hours = sequences.hours_of(SendingHours.of(enrolment.by), now)
    opens = next_moment(hours, now)
    if opens > now:
        rows = Outgoing.objects.filter(pk=outgoing.pk, state=Outgoing.State.QUEUED)
        rows.filter(claimed_until__lte=now).update(due_at=opens)
    return opens <= now
