"""The parts of lists and boards: {% sortable %} {% next_step %} {% money %}."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.models import Task
from crm.templatetags.ui import since

register = template.Library()

NATURAL = ("name", "waiting", "-activity", "-created", "-amount", "close", "stage")  # first
SIGNS = {"EUR": "€ {amount}", "USD": "$ {amount}", "GBP": "£ {amount}", "JPY": "¥ {amount}"}
ICONS = {"late": "warn", "today": "clock", "later": "calendar", "none": "warn"}


class Step(NamedTuple):
    """What is to be done next: when ("late", "today", "later", "none"), and in words."""

    when: str
    icon: str
    words: str


@register.inclusion_tag("components/sortable.html", takes_context=True)
def sortable(context: dict[str, Any], key: str, label: str, extra: str = "") -> dict[str, Any]:
    """{% sortable "name" _("Name") %}: the head of a column that sorts; "num" aligns it right."""
    query, sort = context["request"].GET.copy(), context["sort"]
    query.pop("after", None)
    natural = f"-{key}" if f"-{key}" in NATURAL else key
    other = {key: f"-{key}", f"-{key}": key}
    query["sort"] = other.get(sort, natural)
    order = {key: "ascending", f"-{key}": "descending"}.get(sort, "")
    return {"key": key, "label": label, "extra": extra, "order": order, "href": query.urlencode()}


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **values: Any) -> str:
    """{% query view="mine" after=None %}: the query of this page with these in their place; "?"
    where nothing is left ({% querystring %} would then lead to the page as it is)."""
    asked = context["request"].GET.copy()
    for name, value in values.items():
        if value in (None, ""):
            asked.pop(name, None)
        else:
            asked[name] = str(value)
    return f"?{asked.urlencode()}"


@register.simple_tag
def next_step(task: Task | None) -> Step:
    """{% next_step glance.task as step %}: "Call, 9 days late", "Nothing planned"."""
    if task is None:
        return _step("none", _("Nothing planned"))
    if task.due_at is None:
        return _step("later", task.title)
    days = (timezone.localtime(task.due_at).date() - timezone.localdate()).days
    if task.is_late(timezone.now()):
        return _step("late", _late(task.title, -days, task.due_at))
    if days == 0:
        return _step("today", _("{task}, today").format(task=task.title))
    day = date_format(timezone.localtime(task.due_at), "l" if days < 7 else "MONTH_DAY_FORMAT")
    return _step("later", _("{task}, {day}").format(task=task.title, day=day))


def _step(when: str, words: str) -> Step:
    return Step(when, ICONS[when], words)


def _late(task: str, days: int, due_at: datetime) -> str:
    if days > 0:
        words = ngettext("{task}, {n} day late", "{task}, {n} days late", days)
        return words.format(task=task, n=days)
    at = date_format(timezone.localtime(due_at), "TIME_FORMAT")
    return _("{task}, late since {time}").format(task=task, time=at)


@register.simple_tag
def money(amount: Decimal | None, currency: str) -> str:
    """{% money deal.amount deal.currency %}: "€ 48,000"; "" for no amount."""
    if amount is None:
        return ""
    cents = 0 if amount == amount.to_integral_value() else 2
    number = number_format(amount, cents, force_grouping=True)
    return SIGNS.get(currency, f"{currency} {{amount}}").format(amount=number)


@register.filter
def of(counted: dict[int, Any], pk: int) -> Any:
    """{{ people|of:company.pk }}"""
    return counted.get(pk, 0)


@register.filter
def ago_words(when: datetime) -> str:
    """ "2 hours ago", to stand in a sentence."""
    return since(when)


@register.filter
def quiet_days(last_at: datetime) -> int:
    """For how many days nothing has happened."""
    return (timezone.now() - last_at).days
