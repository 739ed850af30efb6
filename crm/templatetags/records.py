"""How templates speak of records: where they are, money, and stages."""

from typing import Any

from django import forms, template
from django.forms import BoundField
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.models import Deal, Record, Stage
from crm.templatetags import lists
from crm.templatetags.ui import CONTROLS

register = template.Library()


@register.filter
def address(record: Record, part: str = "") -> str:
    """{{ deal|address }}, {{ deal|address:"notes" }}: where it is, or a part of it."""
    return f"{record.get_absolute_url()}{part}{'/' if part else ''}"


@register.filter
def money(deal: Deal) -> str:
    """{{ deal|money }}, its amount as lists write it: "€ 48,000"; "" where it has none."""
    return lists.money(deal.amount, deal.currency)


@register.filter
def closing(deal: Deal) -> str:
    """Its stage, and when it is to be closed or was: "Proposal, closes 4 March"."""
    today = timezone.localdate()
    if deal.stage.outcome != Stage.Outcome.OPEN:
        words, day = _("{stage}, closed {day}"), timezone.localdate(deal.stage_since)
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


@register.simple_tag
def control(bound: BoundField, label: str) -> SafeString:
    """{% control form.phone "label-phone" %}: the field alone, named by another element."""
    kind = CONTROLS.get(type(bound.field.widget), "input")
    attrs: dict[str, Any] = {"class": kind, "aria-labelledby": label, "autofocus": True}
    if isinstance(bound.field.widget, forms.TextInput):
        attrs["autocomplete"] = "off"
    return bound.as_widget(attrs=attrs)
