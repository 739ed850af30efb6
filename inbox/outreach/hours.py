"""When somebody works: their windows of the week, their zone, their holidays (M25). Pure.

A window is what both readings of the clock agree on: in the night in which an hour comes twice it
begins with the later one and ends with the earlier one; an hour that is left out is in no window.
So no moment that is found here is one at which the clock on the wall says that nobody works.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
from holidays.registry import COUNTRIES

KNOWN = frozenset(code for _name, code, *_more in COUNTRIES.values())
FURTHEST = 800  # days: whoever does not work within two years works never


class NeverOpen(ValueError):
    """No window within two years."""


@dataclass(frozen=True)
class Hours:
    """`windows` by weekday (Monday is 0): from and until, of the clock in `zone`."""

    zone: ZoneInfo
    windows: Mapping[int, tuple[time, time]]
    holidays: frozenset[date] = field(default_factory=frozenset)

    def works_on(self, day: date) -> bool:
        return day.weekday() in self.windows and day not in self.holidays


@dataclass(frozen=True)
class Window:
    """The working hours of one day, in UTC; `end` is not in it any more."""

    day: date
    start: datetime
    end: datetime


def public_holidays(country: str, years: range) -> frozenset[date]:
    """Those of a country (ISO 3166); none where it is not known."""
    # not by the list that the package makes: for that it loads 250 countries
    found = holidays.country_holidays(country, years=years) if country in KNOWN else ()
    return frozenset(found)


def is_open(hours: Hours, moment: datetime) -> bool:
    return next_moment(hours, moment) == moment


def next_moment(hours: Hours, moment: datetime) -> datetime:
    """The moment itself, where it is one to work at, else the next one that is, in UTC.

    Never earlier for a later moment. Raises NeverOpen.
    """
    window = _window_at(hours, moment)
    return max(window.start, moment.astimezone(UTC))


def add_days(hours: Hours, moment: datetime, days: int) -> datetime:
    """So many working days later, as long after the day has begun as `moment` was; in UTC.

    What does not fit into that day any more is for the next one. `moment` itself counts from when
    work next begins: a day after a Saturday is a Tuesday. Raises NeverOpen.
    """
    base = next_moment(hours, moment)
    began = _window_at(hours, base)
    window = began
    for _day in range(days):
        window = _window_after(hours, window.day)
    at = window.start + (base - began.start)
    return at if at < window.end else _window_after(hours, window.day).start


def opening_after(hours: Hours, day: date) -> datetime:
    """When work begins again after that day, in UTC. Raises NeverOpen."""
    return _window_after(hours, day).start


def _window_at(hours: Hours, moment: datetime) -> Window:
    """The one that a moment lies in, else the next one."""
    yesterday = moment.astimezone(hours.zone).date() - timedelta(days=1)
    return next(window for window in _windows(hours, yesterday) if window.end > moment)


def _window_after(hours: Hours, day: date) -> Window:
    return next(_windows(hours, day + timedelta(days=1)))


def _windows(hours: Hours, first: date) -> Iterator[Window]:
    for n in range(FURTHEST):
        day = first + timedelta(days=n)
        if hours.works_on(day):
            opens, closes = hours.windows[day.weekday()]
            start = max(_readings(day, opens, hours.zone))
            end = min(_readings(day, closes, hours.zone))
            if start < end:
                yield Window(day, start, end)
    raise NeverOpen


def _readings(day: date, clock: time, zone: ZoneInfo) -> list[datetime]:
    """What a time on the wall may mean, in UTC: twice the same but for one night a year."""
    at = datetime.combine(day, clock, zone)
    return [at.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
