"""A sequence that is changed while people are in it (M25)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.models import Contact, User
from inbox.models import Enrolment, Mailbox, SendingHours, Sequence, Step
from inbox.outreach import building, sequences
from inbox.outreach.hours import add_days
from tests.factories import make_mailbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    return make_mailbox(hana)


@pytest.fixture
def under_way(sequence: Sequence, mailbox: Mailbox, aoki: Contact, hana: User) -> Enrolment:
    """Somebody who has had the first step just now."""
    now = timezone.now()
    row: Enrolment = Enrolment.objects.create(
        sequence=sequence,
        contact=aoki,
        mailbox=mailbox,
        by=hana,
        next_step_at=now + timedelta(days=2),
        claimed_until=now,
    )
    row.runs.create(step=sequence.steps.first(), mailbox=mailbox, at=now)
    return row


def names_left(enrolment: Enrolment) -> list[str]:
    """What they would still get, by taking one after the other."""
    found = []
    while step := sequences.next_step(enrolment):
        found.append(step.html)
        enrolment.runs.create(step=step, at=timezone.now())
    return found


@pytest.mark.rule("M25")
def test_what_is_added_before_their_place_is_not_for_them(
    under_way: Enrolment, sequence: Sequence
) -> None:
    now = timezone.now()
    building.add_step(Step(sequence=sequence, html="before"), after=0, now=now)
    building.add_step(Step(sequence=sequence, html="behind"), after=2, now=now)
    assert names_left(under_way)[0] == "behind"
    assert len([*under_way.runs.all()]) == 4


def test_nothing_comes_twice_when_steps_change_places(
    under_way: Enrolment, sequence: Sequence
) -> None:
    first = sequence.steps.kept()[0]
    assert building.move_step(first, up=False, now=timezone.now())
    assert not building.move_step(sequence.steps.kept()[0], up=True, now=timezone.now())
    assert names_left(under_way) == ["<p>One last time.</p>"]


def test_a_changed_wait_moves_what_is_due(under_way: Enrolment, sequence: Sequence) -> None:
    now = timezone.now()
    second = sequence.steps.kept()[1]
    second.wait_days = 10
    building.change_step(second, now)
    under_way.refresh_from_db()
    hours = sequences.hours_of(SendingHours.of(under_way.by), now)
    taken = under_way.runs.get().at
    assert under_way.next_step_at == add_days(hours, taken, 10)


def test_who_is_away_stays_away(under_way: Enrolment, sequence: Sequence) -> None:
    until = timezone.now() + timedelta(days=20)
    Enrolment.objects.update(delay="away", next_step_at=until)
    building.remove_step(sequence.steps.kept()[1], timezone.now())
    under_way.refresh_from_db()
    assert under_way.next_step_at == until


def test_a_removed_step_is_passed_over_and_comes_back(
    under_way: Enrolment, sequence: Sequence
) -> None:
    second = sequence.steps.kept()[1]
    building.remove_step(second, timezone.now())
    after = sequences.next_step(under_way)
    assert after is not None and after.subject == "A call?"
    building.restore_step(second, timezone.now())
    assert sequences.next_step(under_way) == second


def test_a_step_that_is_taken_while_others_are_planned_anew_keeps_its_wait(
    under_way: Enrolment, sequence: Sequence, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a worker has written meanwhile counts, or two letters would leave in one minute."""
    now = timezone.now()
    Enrolment.objects.update(next_step_at=now)
    then = now + timedelta(days=3)
    plan = building.next_step

    def and_a_worker_takes_it(enrolment: Enrolment) -> Step | None:
        found = plan(enrolment)
        Enrolment.objects.filter(pk=enrolment.pk).update(next_step_at=then)
        return found

    monkeypatch.setattr(building, "next_step", and_a_worker_takes_it)
    building.replan(sequence, now)
    under_way.refresh_from_db()
    assert under_way.next_step_at == then
