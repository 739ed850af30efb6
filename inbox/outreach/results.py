"""How a sequence does: the funnel of its steps, in as many queries whatever its size (M25)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from inbox.models import Enrolment, Sequence, Step, StepRun

Why, State = Enrolment.Why, Enrolment.State
ANSWERED = (Why.REPLY, Why.MAIL, Why.COLLEAGUE, Why.MEETING)


@dataclass(frozen=True)
class Figures:
    """Of one step: who had it, and how many of them it was the last one for, and why."""

    step: Step
    taken: int = 0
    replied: int = 0
    bounced: int = 0
    unsubscribed: int = 0
    stopped: int = 0  # for any other reason

    @property
    def reply_rate(self) -> int:
        """In percent of those who had it."""
        return round(100 * self.replied / self.taken) if self.taken else 0


@dataclass(frozen=True)
class Standing:
    """Of one sequence: how many are under way, waiting for a person, through, and out of it."""

    sequence: Sequence
    active: int = 0
    paused: int = 0
    finished: int = 0
    stopped: int = 0
    replied: int = 0  # of the stopped ones

    @property
    def everybody(self) -> int:
        return self.active + self.paused + self.finished + self.stopped

    @property
    def reply_rate(self) -> int:
        return round(100 * self.replied / self.everybody) if self.everybody else 0


def funnel(sequence: Sequence) -> list[Figures]:
    """Its steps in their order, those that were removed and had by somebody included."""
    taken = dict(
        StepRun.objects.filter(step__sequence=sequence).values_list("step").annotate(n=Count("pk"))
    )
    rows = Enrolment.objects.filter(sequence=sequence, ended_after__isnull=False)
    ended = {
        (step, why): n
        for step, why, n in rows.values_list("ended_after", "why").annotate(n=Count("pk"))
    }
    steps = Step.objects.filter(sequence=sequence)
    shown = [step for step in steps if step.removed_at is None or step.pk in taken]
    return [_figures(step, taken.get(step.pk, 0), ended) for step in shown]


def _figures(step: Step, taken: int, ended: dict[tuple[int, str], int]) -> Figures:
    mine = {why: n for (pk, why), n in ended.items() if pk == step.pk}
    replied = sum(mine.get(why, 0) for why in ANSWERED)
    bounced, left = mine.get(Why.BOUNCE, 0), mine.get(Why.UNSUBSCRIBED, 0)
    other = sum(mine.values()) - replied - bounced - left
    return Figures(step, taken, replied, bounced, left, other)


def standings(sequences: Iterable[Sequence]) -> list[Standing]:
    """One query for all of them."""
    found = list(sequences)
    states = {state.value: Count("pk", filter=Q(state=state)) for state in State}
    replied = Count("pk", filter=Q(why__in=ANSWERED))
    rows = Enrolment.objects.filter(sequence__in=found).order_by()
    counted = rows.values_list("sequence").annotate(**states, replied=replied)
    counts = {pk: figures for pk, *figures in counted}
    return [Standing(each, *counts.get(each.pk, ())) for each in found]
