"""What is to be done, in groups by day, each task with the records that its reader may see."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import F, Prefetch, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.models import Association, Task, User, visible_records

MOST = 300  # on one page; who has more sees the next ones when these are done
MOST_DONE = 20

TITLES: dict[str, Any] = {
    "late": _("Late"),
    "today": _("Today"),
    "tomorrow": _("Tomorrow"),
    "week": _("This week"),
    "later": pgettext_lazy("tasks", "Later"),
    "undated": _("No date"),
    "done": pgettext_lazy("tasks", "Done"),
}


class Group(NamedTuple):
    name: str
    tasks: list[Task]

    @property
    def title(self) -> str:
        return str(TITLES[self.name])


def agenda(user: User, now: datetime, *, everyone: bool = False) -> list[Group]:
    """The groups that have something in them, in order; `now` is a local time."""
    tasks = Task.objects.visible_to(user) if everyone else Task.objects.of(user)
    tasks = with_records(tasks, user)
    found: dict[str, list[Task]] = {name: [] for name in TITLES}
    for task in tasks.open().order_by(F("due_at").asc(nulls_last=True), "pk")[:MOST]:
        found[group_of(task.due_at, now)].append(task)
    finished = tasks.filter(done_at__isnull=False).order_by("-done_at", "-pk")
    found["done"] = list(finished[:MOST_DONE])
    return [Group(name, rows) for name, rows in found.items() if rows]


def due_today(user: User, now: datetime, most: int) -> list[Task]:
    """The late ones of `user` and those of today, the oldest first."""
    tasks = with_records(Task.objects.of(user), user).due_by(_midnight(now, 1))
    return list(tasks.order_by("due_at", "pk")[:most])


def group_of(due: datetime | None, now: datetime) -> str:
    """Which group a task belongs to: group_of(yesterday, now) -> "late"."""
    if due is None:
        return "undated"
    sunday = 7 - now.weekday()
    ends = (now, _midnight(now, 1), _midnight(now, 2), _midnight(now, max(sunday, 2)))
    names = ("late", "today", "tomorrow", "week")
    return next((name for name, end in zip(names, ends, strict=True) if due < end), "later")


def with_records(tasks: Any, user: User) -> Any:
    """With the records that they stand on, as far as `user` may see them: a constant number of
    queries."""
    seen = Q()
    for name in ("contact", "company", "deal"):
        here = Q(**{f"{name}__isnull": False, f"{name}__deleted_at": None})
        seen |= here & visible_records(user, f"{name}__")
    places: Any = (
        Association.objects.filter(seen)
        .select_related("contact", "company", "deal")
        .prefetch_related("contact__addresses")
        .order_by("pk")
    )
    prefetch = Prefetch("activity__associations", queryset=places, to_attr="places")
    return tasks.select_related("activity", "assignee").prefetch_related(prefetch)


def _midnight(now: datetime, days: int) -> datetime:
    """The beginning of a day after today, on the clocks of that day."""
    day = now.date() + timedelta(days=days)
    return datetime.combine(day, datetime.min.time(), now.tzinfo)
