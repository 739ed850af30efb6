"""What a calendar part says: an invitation, a change, a cancellation or an answer. RFC 5545, 5546.

Only read and shown; nothing is ever answered by itself.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from icalendar import Calendar

from inbox.mime.tree import Part
from inbox.mime.types import Address, Invitation
from inbox.mime.words import one_line

LONGEST = 200_000  # bytes of a calendar
MOST_PEOPLE = 100
_LONGEST_WORDS = 300
_METHODS = {"REQUEST", "CANCEL", "REPLY", "COUNTER", "PUBLISH", "ADD"}
_YEARS = range(1970, 2200)


def invitation(root: Part) -> Invitation | None:
    """That of the first calendar part that has an event; None: there is none to be understood."""
    for part in root.walk():
        if part.content_type == "text/calendar" and not part.parts:
            found = _read(part.content()[:LONGEST])
            if found:
                return found
    return None


def _read(content: bytes) -> Invitation | None:
    try:
        calendar: Any = Calendar.from_ical(content)
        events = [event for event in calendar.walk("VEVENT") if event.get("DTSTART")]
        return _of(calendar, events[0]) if events else None
    except Exception:  # the library raises many kinds on what is no calendar
        return None


def _of(calendar: Any, event: Any) -> Invitation | None:
    begin = event.get("DTSTART").dt
    start = _moment(begin)
    if start is None:
        return None
    method = str(calendar.get("METHOD", "")).upper()
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    return Invitation(
        method="cancel" if cancelled else method.lower() if method in _METHODS else "publish",
        title=_words(event.get("SUMMARY")),
        start=start,
        end=_end(event, begin),
        all_day=not isinstance(begin, datetime),
        place=_words(event.get("LOCATION")),
        organiser=_person(event.get("ORGANIZER")),
        attendees=tuple(_attendees(event.get("ATTENDEE"))),
        repeats=event.get("RRULE") is not None,
    )


def _end(event: Any, begin: date) -> datetime | None:
    if event.get("DTEND"):
        return _moment(event.get("DTEND").dt)
    length = event.get("DURATION")
    return _moment(begin + length.dt) if length and isinstance(length.dt, timedelta) else None


def _moment(when: date) -> datetime | None:
    """In UTC; a day is its midnight. A time without a zone is the reader's guess: UTC."""
    if not isinstance(when, datetime):
        when = datetime(when.year, when.month, when.day, tzinfo=UTC)
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return when.astimezone(UTC) if when.year in _YEARS else None


def _attendees(found: Any) -> Iterable[tuple[Address, str]]:
    listed = found if isinstance(found, list) else [found] if found is not None else []
    for each in listed[:MOST_PEOPLE]:
        person = _person(each)
        if person:
            yield person, str(each.params.get("PARTSTAT", "NEEDS-ACTION")).lower()[:20]


def _person(found: Any) -> Address | None:
    if found is None:
        return None
    address = one_line(str(found))[:320]
    if address.lower().startswith("mailto:"):
        address = address[len("mailto:") :]
    return Address(_words(found.params.get("CN")), address) if "@" in address else None


def _words(value: Any) -> str:
    return one_line(str(value))[:_LONGEST_WORDS] if value is not None else ""
