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
    return task.is_late(timezone.now())


@register.filter
def due_words(task: Task) -> str:
    """ "9 days late", "Today 10:00", "Fri 13 March"; "" where it has no date."""
    if task.due_at is None:
        return ""
    due, today = timezone.localtime(task.due_at), timezone.localdate()
    days = (today - due.date()).days
    if not task.is_late(timezone.now()):
        return due_on(task.due_at)
    if days < 1:
        return _("late since {time}").format(time=date_format(due, "H:i"))
    return ngettext("{n} day late", "{n} days late", days).format(n=days)


@register.filter
def due_on(when: datetime) -> str:
    """The day as people call it, and the time where it has one: "tomorrow 10:00"."""
    due = timezone.localtime(when)
    ahead = (due.date() - timezone.localdate()).days
    near = {0: _("today"), 1: _("tomorrow")}
    day = near.get(ahead) or date_format(due, "DATE_FORMAT")
    if 1 < ahead < 7:
        day = date_format(due, "l")
    if due.time().replace(second=0, microsecond=0) == ALL_DAY:
        return day
    return _("{day} {time}").format(day=day, time=date_format(due, "H:i"))


@register.filter
def about(task: Task) -> list[Contact | Company | Deal]:
    """The records that it stands on: people first. `crm.agenda` has prefetched them."""
    places = getattr(task.activity, "places", [])
    found = [place.contact or place.deal or place.company for place in places]
    return sorted(found, key=lambda row: [Contact, Deal, Company].index(type(row)))[:3]


@register.filter
def noun(record: Contact | Company | Deal) -> str:
    """The name of its page: {% url "crm:"|add:noun … %}."""
    return f"crm:{type(record).__name__.lower()}"
