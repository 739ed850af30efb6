"""What people of the demo wrote by hand: notes and tasks."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from crm.models import Activity, Association, Note, Task
from inbox.demo import names
from inbox.demo.records import AT_ONCE, Person
from inbox.demo.talks import places


def write_notes(persons: Sequence[Person], rng: random.Random, now: datetime) -> None:
    rows: list[tuple[Activity, Note, Person]] = []
    for person in persons[::2]:
        ago = timedelta(days=rng.uniform(0.2, 90))
        by = person.owner
        activity = Activity(kind=Activity.Kind.NOTE, at=now - ago, by=by)
        text = rng.choice(names.NOTES_JA if person.japanese else names.NOTES_EN)
        rows.append((activity, Note(text=text), person))
    _write_by_hand(Note, rows)


def write_tasks(persons: Sequence[Person], rng: random.Random, now: datetime) -> None:
    """Late ones, some due today, later ones, and some that are done, in turn."""
    evening = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    rows: list[tuple[Activity, Task, Person]] = []
    for number, person in enumerate(persons[::3]):
        late, today = evening - timedelta(days=rng.randrange(1, 9)), evening
        later, done = evening + timedelta(days=rng.randrange(1, 20)), late
        due = (late, today, later, done)[number % 4]
        by = person.owner
        activity = Activity(kind=Activity.Kind.TASK, at=now - timedelta(days=10), by=by)
        task = Task(
            title=rng.choice(names.TASKS_JA if person.japanese else names.TASKS_EN),
            due_at=due,
            done_at=now - timedelta(hours=rng.randrange(1, 72)) if number % 4 == 3 else None,
            assignee=by,
        )
        rows.append((activity, task, person))
    _write_by_hand(Task, rows)


def _write_by_hand(kind: Any, rows: Sequence[tuple[Activity, Any, Person]]) -> None:
    Activity.objects.bulk_create([activity for activity, _detail, _person in rows], AT_ONCE)
    for activity, detail, _person in rows:
        detail.activity_id = activity.pk
    kind._default_manager.bulk_create([detail for _a, detail, _p in rows], AT_ONCE)
    on_records = [row for activity, _d, person in rows for row in places(activity, person, None)]
    Association.objects.bulk_create(on_records, AT_ONCE)
