"""The demo's sequence, and how it went with those who were in it (M25). Nobody is under way: what
the demo sends is what its visitor starts."""

import random
from collections.abc import Sequence as Many
from datetime import timedelta

from django.utils import timezone

from crm.models import Contact, User
from inbox.models import Enrolment, Sequence, StepRun
from inbox.outreach import building
from inbox.outreach.first_steps import follow_up

MOST = 12  # people who have been in it
Why = Enrolment.Why
FATES = (Why.REPLY, Why.REPLY, "", Why.REPLY, "", Why.BOUNCE, "", Why.UNSUBSCRIBED)


def write(people: Many[User], rng: random.Random) -> None:
    """Shared, by the first of these people."""
    owner, now = people[0], timezone.now()
    sequence = building.make(Sequence(name="After the fair", owner=owner), follow_up())
    steps = list(sequence.steps.all())
    contacts = Contact.objects.filter(addresses__isnull=False).order_by("pk").distinct()[:MOST]
    rows, runs = [], []
    for number, contact in enumerate(contacts):
        why = FATES[number % len(FATES)]
        taken = steps[: rng.randint(1, 2)] if why else steps
        ended = now - timedelta(days=rng.randint(2, 40))
        row = Enrolment(sequence=sequence, contact=contact, by=owner, why=why, ended_at=ended)
        row.state = Enrolment.State.STOPPED if why else Enrolment.State.FINISHED
        row.values = {"name": contact.name} if why == Why.REPLY else {}
        row.ended_after = taken[-1] if why else None
        row.next_step_at = row.claimed_until = ended
        rows.append(row)
        runs += [
            StepRun(enrolment=row, step=step, at=ended - timedelta(days=9 - 3 * place))
            for place, step in enumerate(taken)
        ]
    Enrolment.objects.bulk_create(rows)
    StepRun.objects.bulk_create(runs)
