"""Cursors say where a page ends; what somebody made up is told from them."""

import base64
from datetime import UTC, date, datetime

import pytest

from crm.lib import keyset


def test_values_come_back_as_they_were() -> None:
    at = datetime(2026, 3, 17, 9, 30, 0, 123456, tzinfo=UTC)
    written = keyset.encode_values(["Ōta", 1.5, at, date(2026, 3, 17), 7])
    read = keyset.decode_values(written)
    assert read == ["Ōta", 1.5, "2026-03-17 09:30:00.123456+00:00", "2026-03-17", 7]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "[null]", "[true]", "[[1]]", '["\\u0000"]', "[9999999999999999999]"]
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not one of ours"):
        keyset.decode_values(base64.urlsafe_b64encode(text.encode()).decode())
