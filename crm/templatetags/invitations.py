"""How templates speak of a calendar invitation: what it is, when, where, and who said what."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.models import Email

register = template.Library()


class Event(NamedTuple):
    what: str
    title: str
    when: str
    place: str
    organiser: str
    people: list[str]
    repeats: bool


@register.filter
def event(email: Email) -> Event | None:
    found = email.invitation
    if not found:
        return None
    return Event(
        what=_what(found["method"]),
        title=found["title"] or _("(no title)"),
        when=_when(found),
        place=found["place"],
        organiser=_name(found["organiser"]) if found["organiser"] else "",
        people=[_said(person, word) for person, word in found["attendees"]],
        repeats=found["repeats"],
    )


def _what(method: str) -> str:
    return {
        "request": _("Invitation"),
        "add": _("Invitation"),
        "cancel": _("Cancelled"),
        "reply": _("Answer to an invitation"),
        "counter": _("Another time is proposed"),
    }.get(method, _("Calendar entry"))


def _when(found: dict[str, Any]) -> str:
    """In the reader's zone; days of all-day events are the same days everywhere."""
    start, end = datetime.fromisoformat(found["start"]), found["end"] or found["start"]
    end = datetime.fromisoformat(end)
    if found["all_day"]:
        last = max(start, end - timedelta(days=1))
        days = [date_format(day, "DATE_FORMAT") for day in (start, last)]
        return days[0] if days[0] == days[1] else " – ".join(days)
    start, end = timezone.localtime(start), timezone.localtime(end)
    began = date_format(start, "DATETIME_FORMAT")
    if end <= start:
        return began
    same = start.date() == end.date()
    return f"{began} – {date_format(end, 'TIME_FORMAT' if same else 'DATETIME_FORMAT')}"


def _name(person: dict[str, str]) -> str:
    return person["name"] or person["address"]


def _said(person: dict[str, str], word: str) -> str:
    words = {
        "accepted": _("{name} accepts"),
        "declined": _("{name} declines"),
        "tentative": _("{name} accepts with reservation"),
        "delegated": _("{name} sends somebody else"),
    }
    return words.get(word, _("{name} has not answered")).format(name=_name(person))
