"""Cursors for keyset pagination: a place in a sorted list, as an opaque string."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST = 2**63 - 1  # a bigger number is an error in the database
Place = tuple[datetime, int]


def encode(at: datetime, row_id: int) -> str:
    """The cursor after a row: `encode(at, id)` -> "MTc5…"."""
    micros = (at - EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{micros}.{row_id}".encode()).decode().rstrip("=")


def decode(cursor: str) -> Place:
    """The place that `encode` wrote. Raises ValueError for anything else."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        micros, mark = text.split(".")
        at, row_id = EPOCH + timedelta(microseconds=int(micros)), int(mark)
        if abs(row_id) > LARGEST:
            raise ValueError("no database has such a row")
        return at, row_id
    except (binascii.Error, UnicodeError, OverflowError, ValueError):
        raise ValueError("This cursor is not one of ours.") from None


def encode_values(values: Sequence[object]) -> str:
    """The cursor after a row of a list sorted by any columns: their values, the id last."""
    text = json.dumps([str(v) if isinstance(v, date) else v for v in values])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_values(cursor: str) -> list[str | int | float]:
    """The values that `encode_values` wrote. Raises ValueError for anything else."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, UnicodeError, RecursionError, ValueError):
        raise ValueError("This cursor is not one of ours.") from None
    if not isinstance(values, list) or not values or not all(map(_is_plain, values)):
        raise ValueError("This cursor is not one of ours.")
    return values


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return "\0" not in value
    if isinstance(value, int | float):
        return not isinstance(value, bool) and abs(value) <= LARGEST
    return False
