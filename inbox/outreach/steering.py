"""What stops an enrolment, pauses it, and lets it go on (M25). Each is one conditional UPDATE of a
state that it was in."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest

from crm import notes
from crm.models import User
from inbox.models import Enrolment, Mailbox, Outgoing
from inbox.outreach import reasons
from inbox.sending import outbox

State, Why = Enrolment.State, Enrolment.Why
PAUSED = "paused"  # of `values`: it was so when it was stopped
BY_PEOPLE = (Why.PERSON, Why.ARCHIVED, Why.TRASHED)  # who did it knows it


@transaction.atomic
def end(enrolment: Enrolment, why: str, now: datetime, **values: Any) -> bool:
    """Stop it for good, and say on the contact's timeline why. What waits to leave is taken back.
    False where it ran no more."""
    ended = {"state": State.STOPPED, "why": why, "delay": "", "ended_at": now, "claimed_by": ""}
    rows = Enrolment.objects.filter(pk=enrolment.pk)
    active = rows.filter(state=State.ACTIVE).update(**ended, values=values)
    kept = {**values, PAUSED: True}
    if not (active or rows.filter(state=State.PAUSED).update(**ended, values=kept)):
        return False
    _take_back(enrolment)
    last = enrolment.runs.order_by("-pk").first()
    rows.update(ended_after=last.step_id if last else None)
    enrolment.refresh_from_db()
    if why not in BY_PEOPLE:
        notes.add(enrolment.contact, _told(enrolment), by=enrolment.by)
    return True


def _take_back(enrolment: Enrolment) -> None:
    """A letter that has not left, since its server or its allowance lets it wait, does not leave
    any more; that step is one which they have not had."""
    waiting = enrolment.runs.filter(activity__email__outgoing__state=Outgoing.State.QUEUED)
    for run in waiting.select_related("activity__email__outgoing"):
        if run.activity and outbox.cancel(run.activity.email.outgoing):
            run.delete()
            Enrolment.objects.filter(pk=enrolment.pk).update(next_step_at=run.at)


def _told(enrolment: Enrolment) -> str:
    """In the language of whoever enrolled them: the note is theirs."""
    with enrolment.by.preferences():
        text = reasons.stopped_note()
        return text.format(sequence=enrolment.sequence, why=reasons.why(enrolment))


def stop(enrolment: Enrolment, *, by: User, now: datetime) -> bool:
    """A person takes them out."""
    return end(enrolment, Why.PERSON, now, name=by.name)


def put_back(enrolment: Enrolment) -> bool:
    """Undo of `stop`: they go on from where they were, unless they are in another one by now."""
    stopped = Enrolment.objects.filter(pk=enrolment.pk, state=State.STOPPED, why=Why.PERSON)
    try:
        with transaction.atomic():
            return as_before(stopped) == 1
    except IntegrityError:  # one sequence at a time
        return False


def as_before(stopped: "QuerySet[Enrolment]") -> int:
    """Into the states in which they were stopped: who was paused is so again."""
    before: dict[str, Any] = {"why": "", "values": {}, "ended_at": None, "ended_after": None}
    paused = stopped.filter(**{f"values__{PAUSED}": True}).update(state=State.PAUSED, **before)
    return paused + stopped.update(state=State.ACTIVE, **before)


@transaction.atomic
def pause(enrolment: Enrolment) -> bool:
    """They keep their place. A step that is being taken at this moment is not taken, and a letter
    that waits to leave does not: its step comes when they go on."""
    rows = Enrolment.objects.filter(pk=enrolment.pk, state=State.ACTIVE)
    paused = rows.update(state=State.PAUSED, delay="", values={}) == 1
    if paused:
        _take_back(enrolment)
    return paused


def resume(enrolment: Enrolment, now: datetime, mailbox: Mailbox | None = None) -> bool:
    """They go on; what came due meanwhile is due now. Without a mailbox of its own it needs one.

    False where it was not paused, or has no mailbox.
    """
    rows = Enrolment.objects.filter(pk=enrolment.pk, state=State.PAUSED)
    values: dict[str, Any] = {"mailbox": mailbox} if mailbox else {}
    if not mailbox:
        rows = rows.filter(mailbox__isnull=False)
    due = Greatest(F("next_step_at"), now)
    values |= {"state": State.ACTIVE, "delay": "", "values": {}, "next_step_at": due}
    return rows.update(**values) == 1
