"""Working moments, over weekends, holidays and the nights in which clocks are changed (M25)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.outreach.hours import (
    Hours,
    NeverOpen,
    add_days,
    is_open,
    next_moment,
    opening_after,
    public_holidays,
)

ZONES = ["Europe/Berlin", "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
OFFICE = {day: (time(9), time(17)) for day in range(5)}
BERLIN = Hours(ZoneInfo("Europe/Berlin"), OFFICE)

times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
spans = st.tuples(times, times).filter(lambda span: span[0] < span[1])
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
moments = st.datetimes(datetime(2026, 1, 2), datetime(2027, 12, 30), timezones=st.just(UTC))
hours = st.builds(
    Hours,
    st.sampled_from([ZoneInfo(name) for name in ZONES]),
    st.dictionaries(st.integers(0, 6), spans, min_size=1),
    st.frozensets(days, max_size=20),
)


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN.zone)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (berlin(2026, 11, 25, 10), berlin(2026, 11, 25, 10)),  # a Wednesday
        (berlin(2026, 11, 25, 8, 59), berlin(2026, 11, 25, 9)),
        (berlin(2026, 11, 25, 17), berlin(2026, 11, 26, 9)),
        (berlin(2026, 11, 27, 18), berlin(2026, 11, 30, 9)),
        (berlin(2026, 3, 28, 12), berlin(2026, 3, 30, 9)),  # summer time began on Sunday
    ],
)
def test_the_next_working_moment(asked: datetime, found: datetime) -> None:
    assert next_moment(BERLIN, asked) == found


@pytest.mark.parametrize(
    ("asked", "wait", "found"),
    [
        (berlin(2026, 11, 25, 10), 2, berlin(2026, 11, 27, 10)),
        (berlin(2026, 11, 26, 16, 50), 2, berlin(2026, 11, 30, 16, 50)),
        (berlin(2026, 11, 28, 12), 1, berlin(2026, 12, 1, 9)),
        (berlin(2026, 10, 23, 10), 1, berlin(2026, 10, 26, 10)),  # summer time ended on Sunday
        (berlin(2026, 11, 25, 10), 0, berlin(2026, 11, 25, 10)),
    ],
)
def test_working_days_later(asked: datetime, wait: int, found: datetime) -> None:
    assert add_days(BERLIN, asked, wait) == found


def test_nobody_works_on_holidays() -> None:
    closed = Hours(BERLIN.zone, OFFICE, frozenset([date(2026, 12, 24), date(2026, 12, 25)]))
    assert add_days(closed, berlin(2026, 12, 23, 10), 1) == berlin(2026, 12, 28, 10)
    assert opening_after(closed, date(2026, 12, 23)) == berlin(2026, 12, 28, 9)


def test_which_days_are_holidays_is_known_by_country() -> None:
    found = public_holidays("DE", range(2026, 2028))
    assert {date(2026, 12, 26), date(2027, 12, 26)} <= found
    assert date(2026, 12, 24) not in found
    assert not public_holidays("", range(2026, 2028))


def test_what_does_not_fit_into_a_short_day_is_for_the_next() -> None:
    short_friday = Hours(BERLIN.zone, {**OFFICE, 4: (time(9), time(12))})
    assert add_days(short_friday, berlin(2026, 11, 26, 15), 1) == berlin(2026, 11, 30, 9)


def test_an_hour_that_is_left_out_is_in_no_window() -> None:
    night = Hours(BERLIN.zone, {6: (time(2), time(2, 45))})
    assert next_moment(night, berlin(2026, 3, 28, 12)) == berlin(2026, 4, 5, 2)


def test_who_never_works_is_not_waited_for() -> None:
    with pytest.raises(NeverOpen):
        next_moment(Hours(BERLIN.zone, {}), berlin(2026, 1, 1))


@given(hours, moments)
def test_what_is_found_is_never_outside_of_the_windows(hours: Hours, moment: datetime) -> None:
    found = next_moment(hours, moment)
    local = found.astimezone(hours.zone)
    opens, closes = hours.windows[local.weekday()]
    assert found >= moment
    assert opens <= local.time() < closes
    assert local.date() not in hours.holidays
    assert is_open(hours, found)


@given(hours, moments, st.timedeltas(timedelta(), timedelta(days=9)), st.integers(0, 9))
def test_later_never_comes_earlier(
    hours: Hours, moment: datetime, more: timedelta, wait: int
) -> None:
    assert next_moment(hours, moment) <= next_moment(hours, moment + more)
    assert add_days(hours, moment, wait) <= add_days(hours, moment + more, wait)
    assert add_days(hours, moment, wait) <= add_days(hours, moment, wait + 1)


@given(hours, moments, st.integers(0, 9))
def test_a_wait_ends_at_a_working_moment(hours: Hours, moment: datetime, wait: int) -> None:
    assert is_open(hours, add_days(hours, moment, wait))
