"""Whose turn it is, from the e-mails of a conversation."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from crm.lib.turns import DONE, NOBODYS, OURS, THEIRS, Line, Turn, decide

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def line(pk: int, who: str, **values: Any) -> Line:
    """An e-mail, `pk` minutes after noon, from "them", "us" or a "machine" of theirs."""
    at = NOON + timedelta(minutes=pk)
    plain = {"settled": False, "apart": False, "whose": 1, "unsaid": who == "machine"}
    return Line(pk=pk, at=at, logged_at=at, incoming=who != "us", **{**plain, **values})


def turn(*lines: Line) -> Turn:
    return decide(sorted(lines, key=lambda each: -each.pk))


def test_the_last_word_decides() -> None:
    assert turn().state == NOBODYS
    assert turn(line(1, "us")).state == THEIRS
    asked = turn(line(1, "us"), line(2, "them"))
    assert (asked.state, asked.waits) == (OURS, [2])
    assert turn(line(1, "them"), line(2, "us")).waits == []


def test_what_a_machine_writes_changes_nothing() -> None:
    away = turn(line(1, "us"), line(2, "machine"))
    assert away.state == THEIRS and away.newest and away.newest.pk == 2
    assert turn(line(1, "them"), line(2, "machine")).waits == [1]
    assert turn(line(1, "machine")).state == NOBODYS


def test_what_is_settled_is_done_until_somebody_writes() -> None:
    thanks = line(1, "them", settled=True)
    assert turn(thanks).state == DONE
    assert turn(thanks, line(2, "them")).state == OURS
    assert turn(thanks, line(2, "us")).state == THEIRS


def test_what_is_about_something_else_waits_by_itself() -> None:
    asked, aside = line(1, "them"), line(2, "us", apart=True)
    assert turn(asked, aside).waits == [1]
    assert turn(asked, aside, line(3, "them", apart=True)).waits == [1, 3]
    assert turn(line(1, "us"), line(2, "them", apart=True)).state == OURS


LINES = st.lists(
    st.builds(
        line,
        st.integers(1, 999),
        st.sampled_from(["us", "them", "machine"]),
        settled=st.booleans(),
        apart=st.booleans(),
    ),
    unique_by=lambda each: each.pk,
)


@given(LINES)
def test_it_is_our_turn_where_something_waits_and_only_there(lines: list[Line]) -> None:
    found = turn(*lines)
    assert (found.state == OURS) == bool(found.waits)
    assert len(found.waits) <= 2
    waiting = [each for each in lines if each.pk in found.waits]
    assert all(w.incoming and not w.unsaid and not w.settled for w in waiting)
    for each in waiting:
        of_it = [o for o in lines if o.apart == each.apart and not o.unsaid]
        assert max(of_it, key=lambda o: o.pk) == each
