"""inbox/mime/tombstones.py: what stays of an id tells nothing of it. M48."""

from hypothesis import given
from hypothesis import strategies as st

from inbox.mime import tombstones


@given(st.text(max_size=300))
def test_a_tombstone_is_recognised_by_every_key_and_shows_nothing(value: str) -> None:
    mark = tombstones.make(value, "old")
    assert mark in tombstones.every(value, ["new", "old"])
    assert mark not in tombstones.every(value, ["new"])
    assert mark not in tombstones.every(value + "x", ["old"])
    assert len(mark) < 100
    assert len(value) < 8 or value not in mark
