"""What stops an enrolment, pauses it, and lets it go on (M25). Each is one conditional UPDATE."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from crm import notes
from crm.models import User
from inbox.models import Enrolment, Mailbox
from inbox.outreach import reasons

State, Why = Enrolment.State, Enrolment.Why
BY_PEOPLE = (Why.PERSON, Why.ARCHIVED, Why.TRASHED)  # who did it knows it


@transaction.atomic
def end(enrolment: Enrolment, why: str, now: datetime, **values: Any) -> bool:
    """Stop it for good, and say on the contact's timeline why. False where it ran no more."""
    last = enrolment.runs.order_by("-pk").first()
    running = Enrolment.objects.running().filter(pk=enrolment.pk)
    ended = running.update(
        state=State.STOPPED,
        why=why,
        delay="",
        values=values,
        ended_at=now,
        ended_after=last.step_id if last else None,
        claimed_by="",
    )
    if ended != 1:
        return False
    enrolment.refresh_from_db()
    if why not in BY_PEOPLE:
        notes.add(enrolment.contact, _told(enrolment), by=enrolment.by)
    return True


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
            back = stopped.update(
                state=State.ACTIVE, why="", values={}, ended_at=None, ended_after=None
            )
    except IntegrityError:  # one sequence at a time
        return False
    return back == 1


def pause(enrolment: Enrolment) -> bool:
    """They keep their place. A step that is being taken at this moment is not taken."""
    rows = Enrolment.objects.filter(pk=enrolment.pk, state=State.ACTIVE)
    return rows.update(state=State.PAUSED, delay="", values={}) == 1


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
