"""A sequence and its steps: made, changed, moved, removed, archived (M25).

Who is under way keeps what they had: a changed wait moves what is due for them, a new step behind
their place is for them, one before it is not (`sequences.next_step`).
"""

from collections.abc import Sequence as Many
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max

from crm.models import User
from inbox.models import Enrolment, SendingHours, Sequence, Step
from inbox.outreach import steering
from inbox.outreach.hours import NeverOpen, add_days
from inbox.outreach.sequences import hours_of, next_step

BATCH = 500


@transaction.atomic
def make(sequence: Sequence, steps: Many[dict[str, Any]] = ()) -> Sequence:
    """A new sequence, with steps as columns of Step, in their order."""
    sequence.save()
    for position, values in enumerate(steps, 1):
        Step.objects.create(sequence=sequence, position=position, **values)
    return sequence


@transaction.atomic
def add_step(step: Step, *, after: int, now: datetime) -> Step:
    """Put it behind that position; 0 is the beginning."""
    later = Step.objects.filter(sequence=step.sequence, position__gt=after)
    later.update(position=F("position") + 1)
    step.position = after + 1
    step.save()
    replan(step.sequence, now)
    return step


@transaction.atomic
def change_step(step: Step, now: datetime) -> None:
    step.save()
    replan(step.sequence, now)


@transaction.atomic
def remove_step(step: Step, now: datetime) -> None:
    """It stays for the figures of those who had it."""
    step.change(removed_at=now)
    replan(step.sequence, now)


@transaction.atomic
def restore_step(step: Step, now: datetime) -> None:
    step.change(removed_at=None)
    replan(step.sequence, now)


@transaction.atomic
def move_step(step: Step, *, up: bool, now: datetime) -> bool:
    """Change places with its neighbour; False at the end of the line."""
    kept = Step.objects.kept().filter(sequence=step.sequence)
    if up:
        other = kept.filter(position__lt=step.position).order_by("-position").first()
    else:
        other = kept.filter(position__gt=step.position).order_by("position").first()
    if other is None:
        return False
    here, there = step.position, other.position
    step.change(position=there)
    other.change(position=here)
    replan(step.sequence, now)
    return True


def last_position(sequence: Sequence) -> int:
    rows = Step.objects.kept().filter(sequence=sequence)
    return int(rows.aggregate(last=Max("position"))["last"] or 0)


def replan(sequence: Sequence, now: datetime) -> None:
    """Those who wait for a step have it due as the sequence says now; who is away stays away."""
    rows = Enrolment.objects.running().filter(sequence=sequence, delay__in=["", "hours"])
    for enrolment in rows.select_related("by").iterator(BATCH):
        last = enrolment.runs.order_by("-pk").first()
        step = next_step(enrolment)
        if step is None:
            continue
        hours = hours_of(SendingHours.of(enrolment.by), now)
        try:
            due = add_days(hours, last.at if last else enrolment.created_at, step.wait_days)
        except NeverOpen:
            continue
        as_read = Enrolment.objects.running().filter(
            pk=enrolment.pk, next_step_at=enrolment.next_step_at
        )
        as_read.update(next_step_at=max(due, now))  # else a worker has taken a step meanwhile


@transaction.atomic
def archive(sequence: Sequence, *, by: User, now: datetime) -> int:
    """No more of it; who is under way is stopped. Returns how many were."""
    sequence.change(archived_at=now)
    rows = Enrolment.objects.running().filter(sequence=sequence)
    return sum(
        steering.end(row, Enrolment.Why.ARCHIVED, now, name=by.name) for row in rows.iterator(BATCH)
    )


@transaction.atomic
def take_back(sequence: Sequence) -> None:
    """Undo of `archive`: those whom it stopped go on, unless they are in another one by now."""
    stopped = Enrolment.objects.filter(
        sequence=sequence, why=Enrolment.Why.ARCHIVED, ended_at=sequence.archived_at
    )
    sequence.change(archived_at=None)
    busy = Enrolment.objects.running().values("contact")
    steering.as_before(stopped.exclude(contact__in=busy))
