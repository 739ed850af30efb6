"""How templates speak of tasks: when one is due, in words, and what it is about."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.lib.dates import ALL_DAY
from crm.models import Company, Contact, Deal, Task

register = template.Library()


@register.filter
def is_late(task: Task) -> bool:
    """Still to be done, and its time is over."""
    return task.is_late(timezone.now())


@register.filter
def due_words(task: Task) -> str:
    """ "9 days late", "tomorrow 10:00", "17 Mar 2026"; "" where it has no date."""
    if task.due_at is None:
        return ""
    if not is_late(task):
        return due_on(task.due_at)
    days = -_days_ahead(task.due_at)
    if days < 1:
        return _("late since {time}").format(time=_clock(task.due_at))
    return ngettext("{n} day late", "{n} days late", days).format(n=days)


@register.filter
def due_said(task: Task) -> str:
    """On its own: "Due tomorrow 10:00", "9 days late", "No date", "Done 17 Mar 2026"."""
    if task.done_at:
        return _("Done {day}").format(day=date_format(timezone.localtime(task.done_at)))
    if task.due_at is None:
        return _("No date")
    if is_late(task):
        return due_words(task)
    return _("Due {day}").format(day=due_on(task.due_at))


@register.filter
def due_on(when: datetime) -> str:
    """The day as people call it, and the time where it has one: "tomorrow 10:00"."""
    due, ahead = timezone.localtime(when), _days_ahead(when)
    near = {0: _("today"), 1: _("tomorrow")}
    day = near.get(ahead) or date_format(due, "l" if 1 < ahead < 7 else "DATE_FORMAT")
    if due.time().replace(second=0, microsecond=0) == ALL_DAY:
        return day
    return _("{day} {time}").format(day=day, time=_clock(when))


def _days_ahead(when: datetime) -> int:
    return (timezone.localtime(when).date() - timezone.localdate()).days


def _clock(when: datetime) -> str:
    return date_format(timezone.localtime(when), "TIME_FORMAT")


@register.filter
def about(task: Task) -> list[Contact | Company | Deal]:
    """The records that it stands on, a company where no person is named; prefetched by `agenda`."""
    places = getattr(task.activity, "places", [])
    people = [place.contact for place in places if place.contact]
    deals = [place.deal for place in places if place.deal]
    companies = [place.company for place in places if place.company]
    return [*people, *deals, *([] if people else companies)][:3]


@register.filter
def noun(record: Contact | Company | Deal) -> str:
    """The name of its page: {% url "crm:"|add:noun … %}."""
    return f"crm:{type(record).__name__.lower()}"
