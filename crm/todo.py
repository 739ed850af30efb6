"""Tasks: made, finished, reopened and put off. Whatever changes one says how it is taken back."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm import notices, timeline
from crm.models import Activity, Company, Contact, Deal, Task, UndoEntry, User
from crm.undo import changed, remember


@transaction.atomic
def add(
    title: str,
    *,
    due_at: datetime | None = None,
    assignee: User | None,
    records: Iterable[Contact | Company | Deal] = (),
    by: User,
) -> Task:
    """A new task, on the timelines of `records`; who is to do it is told, unless it is `by`."""
    activity = Activity.objects.create(kind=Activity.Kind.TASK, at=timezone.now(), by=by)
    task: Task = Task.objects.create(
        activity=activity, title=title, due_at=due_at, assignee=assignee
    )
    timeline.put(activity, *records)
    if assignee != by:
        notices.tell(assignee, "task_assigned", task=task.pk, title=title, by=by.name)
    return task


def finish(task: Task, *, by: User) -> UndoEntry:
    return _change(task, by, done_at=task.done_at or timezone.now())


def reopen(task: Task, *, by: User) -> UndoEntry:
    return _change(task, by, done_at=None)


def reschedule(task: Task, due_at: datetime | None, *, by: User) -> UndoEntry:
    return _change(task, by, due_at=due_at)


@transaction.atomic
def _change(task: Task, by: User, **values: Any) -> UndoEntry:
    step = changed(task, **values)
    timeline.touch(task.activity)
    return remember(by, step)
