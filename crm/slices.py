"""Pages of a list by keyset: how many rows are shown, and what comes after them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Q

from crm.lib import keyset

PAGE = 50


class Slice(NamedTuple):
    rows: Sequence[Any]
    after: str  # the cursor of the next page; "" at the end


def slice_of(rows: Any, columns: tuple[str, ...], cursor: str, *, down: bool) -> Slice:
    """A page of `rows` by these columns, after the cursor; one that is not ours is the start."""
    columns = (*columns, "pk")
    rows = rows.order_by(*(f"-{name}" if down else name for name in columns))
    try:
        beyond = _beyond(columns, keyset.decode_values(cursor), down=down) if cursor else Q()
        found = list(rows.filter(beyond)[: PAGE + 1])
    except (ValueError, TypeError, OverflowError, ValidationError):
        found = list(rows[: PAGE + 1])
    more = len(found) > PAGE
    mark = [getattr(found[PAGE - 1], name) for name in columns] if more else []
    return Slice(found[:PAGE], keyset.encode_values(mark) if more else "")


def _beyond(columns: tuple[str, ...], values: list[Any], *, down: bool) -> Q:
    """What comes after a row with these values: (a > 1) or (a = 1 and b > 2) or …"""
    after = "lt" if down else "gt"
    beyond, same = Q(), Q()
    for name, value in zip(columns, values, strict=True):
        beyond |= same & Q(**{f"{name}__{after}": value})
        same &= Q(**{name: value})
    return beyond
