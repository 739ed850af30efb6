"""What a look must cover: every row of the table in plan.py, and no cursor that goes back."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.sync.plan import AFFORDABLE, Cursor, Look, begin_again, plan

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOOKED = datetime(2026, 2, 27, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cursor", "uidvalidity", "uidnext", "since_days", "expected"),
    [
        (Cursor(None, 1, None), 7, 500, 0, Look("baseline", 500)),
        (Cursor(None, 1, None), 7, 500, 30, Look("since", since=date(2026, 1, 30))),
        (Cursor(7, 41, LOOKED), 7, 41, 0, Look("nothing", 41)),
        (Cursor(7, 41, LOOKED), 7, 40, 0, Look("since", since=date(2026, 2, 26))),
        (Cursor(7, 41, LOOKED), 7, 43, 0, Look("range", 41)),
        (Cursor(7, 41, LOOKED), 7, 0, 0, Look("range", 41)),  # a server that tells no UIDNEXT
        (Cursor(7, 41, LOOKED), 8, 43, 30, Look("since", since=date(2026, 2, 26))),
        (Cursor(7, 41, None), 8, 43, 0, Look("since", since=date(2026, 2, 28))),
    ],
)
def test_the_table(
    cursor: Cursor, uidvalidity: int, uidnext: int, since_days: int, expected: Look
) -> None:
    found = plan(cursor, uidvalidity=uidvalidity, uidnext=uidnext, since_days=since_days, now=NOW)
    assert found == expected


@given(st.integers(1, 2**32), st.integers(0, 2**32), st.integers(1, 9), st.integers(1, 9))
def test_a_range_never_begins_below_the_cursor(
    next_uid: int, uidnext: int, old: int, new: int
) -> None:
    cursor = Cursor(old, next_uid, LOOKED)
    look = plan(cursor, uidvalidity=new, uidnext=uidnext, since_days=0, now=NOW)
    if old != new or 0 < uidnext < next_uid:
        assert look.kind == "since"
    else:
        assert look.first_uid == next_uid


@pytest.mark.rule("M49")
@given(st.none() | st.integers(1, 2**32), st.none() | st.integers(1, 2**32), st.integers(1, 2**32))
def test_beginning_again_passes_nothing_over_that_only_one_clue_calls_old(
    by_date: int | None, by_id: int | None, uidnext: int
) -> None:
    """What is known tells the end of what was looked at; without it each newer message counts."""
    first = begin_again(by_date, by_id, uidnext)
    clues = [by_date or uidnext, by_id or by_date or uidnext]
    assert first in clues
    assert first == min(clues) or uidnext - min(clues) > AFFORDABLE


@pytest.mark.rule("M49")
def test_without_a_message_that_is_known_all_that_is_newer_is_looked_at() -> None:
    """A restored server may date a million messages anew; a long scan sifts them."""
    assert begin_again(1, None, uidnext=1_000_000) == 1


@pytest.mark.rule("M17")
def test_all_of_a_whole_folder_counts() -> None:
    """What is moved into the CRM folder keeps its old day; a new UIDVALIDITY hides none of it."""
    asked = {"uidnext": 43, "since_days": 0, "now": NOW, "whole": True}
    for cursor in (Cursor(None, 1, None), Cursor(None, 1, LOOKED), Cursor(7, 41, LOOKED)):
        assert plan(cursor, uidvalidity=8, **asked) == Look("range", 1)
    assert plan(Cursor(8, 41, LOOKED), uidvalidity=8, **asked) == Look("range", 41)
