"""How templates speak of records: where they are, money, stages, and when a task is due."""

from datetime import timedelta
from typing import Any, NamedTuple

from django import forms, template
from django.forms import BoundField
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.forms.timeline import WHOLE_DAY
from crm.models import Deal, Record, Stage, Task
from crm.templatetags import lists
from crm.templatetags.ui import CONTROLS

register = template.Library()

HUES = ("asagi", "ruri", "fuji", "sakura", "kaki")
OUTCOMES = {Stage.Outcome.WON: "tokiwa", Stage.Outcome.LOST: "shu"}


class Due(NamedTuple):
    words: str
    late: bool


@register.filter
def address(record: Record, part: str = "") -> str:
    """{{ deal|address }}, {{ deal|address:"notes" }}: where it is, or a part of it."""
    return f"{record.get_absolute_url()}{part}{'/' if part else ''}"


@register.filter
def money(deal: Deal) -> str:
    """{{ deal|money }}, its amount as lists write it: "€ 48,000"; "" where it has none."""
    return lists.money(deal.amount, deal.currency)


@register.filter
def hue_of(stage: Stage) -> str:
    return OUTCOMES.get(Stage.Outcome(stage.outcome), HUES[(stage.position or 0) % len(HUES)])


@register.filter
def closing(deal: Deal) -> str:
    """Its stage, and when it is to be closed or was: "Proposal, closes 4 March"."""
    today = timezone.localdate()
    if deal.stage.outcome != Stage.Outcome.OPEN:
        words, day = _("{stage}, closed {day}"), _local(deal.stage_since).date()
    elif deal.close_date:
        day = deal.close_date
        words = _("{stage}, closes {day}") if day >= today else _("{stage}, was to close {day}")
    else:
        return deal.stage.name
    shape = "MONTH_DAY_FORMAT" if day.year == today.year else "DATE_FORMAT"
    return words.format(stage=deal.stage.name, day=date_format(day, shape))


@register.inclusion_tag("crm/deals/_stagebar.html")
def stagebar(deal: Deal) -> dict[str, Any]:
    """{% stagebar deal %}: how far it is among the open stages, as a bar and in words.

    Prefetch `stage__pipeline__stages` where many are shown.
    """
    stages = [s for s in deal.stage.pipeline.stages.all() if s.outcome == Stage.Outcome.OPEN]
    place = stages.index(deal.stage) + 1 if deal.stage in stages else 0
    return {"stage": deal.stage, "stages": stages, "place": place}


@register.filter
def due(task: Task) -> Due:
    """When it is to be done: "Due today, 18:00", "9 days late"."""
    if task.done_at:
        return Due(_("Done {day}").format(day=date_format(_local(task.done_at))), late=False)
    if task.due_at is None:
        return Due(_("No date"), late=False)
    now = timezone.now()
    if task.is_late(now):
        return Due(_late(task), late=True)
    local = _local(task.due_at)
    days = (local.date() - timezone.localdate()).days
    day = {0: _("today"), 1: _("tomorrow")}.get(days) or date_format(local, "MONTH_DAY_FORMAT")
    if local.time().replace(second=0, microsecond=0) == WHOLE_DAY:
        return Due(_("Due {day}").format(day=day), late=False)
    at = date_format(local, "TIME_FORMAT")
    return Due(_("Due {day}, {time}").format(day=day, time=at), late=False)


@register.simple_tag
def control(bound: BoundField, label: str) -> SafeString:
    """{% control form.phone "label-phone" %}: the field alone, named by another element."""
    kind = CONTROLS.get(type(bound.field.widget), "input")
    attrs: dict[str, Any] = {"class": kind, "aria-labelledby": label, "autofocus": True}
    if isinstance(bound.field.widget, forms.TextInput):
        attrs["autocomplete"] = "off"
    return bound.as_widget(attrs=attrs)


def _late(task: Task) -> str:
    assert task.due_at is not None
    days = (timezone.localdate() - _local(task.due_at).date()) // timedelta(days=1)
    if days == 0:
        at = date_format(_local(task.due_at), "TIME_FORMAT")
        return _("Was due today, {time}").format(time=at)
    return ngettext("{n} day late", "{n} days late", days).format(n=days)


def _local(when: Any) -> Any:
    return timezone.localtime(when)
