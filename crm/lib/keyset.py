"""Cursors for keyset pagination: a place in a list ordered by time and id, as an opaque string."""

import base64
import binascii
from datetime import UTC, datetime, timedelta

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
