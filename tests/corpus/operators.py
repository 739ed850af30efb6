"""How a fact of a corpus is compared with what the parser says."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any


def holds(operator: str, said: Any, wanted: Any) -> bool:
    try:
        return bool(OPERATORS[operator](_plain(said), _plain(wanted)))
    except TypeError:  # nothing is said of it
        return False


def _plain(value: Any) -> Any:
    """Ids without brackets, text without the characters that no database stores."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        return re.sub(r"^<([^<>\s]*)>$", r"\1", value.replace("\0", ""))
    return value


def _squeezed(value: Any) -> str:
    return " ".join(str(value or "").split())


def _bare(value: Any) -> str:
    """What is read, without space: a cut leaves elements open, which the sanitiser closes."""
    return re.sub(r"<[^<>]*>|[\s\xa0]|&(?:#160|nbsp);", "", str(value or ""))


def _moment(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return value
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = parsedate_to_datetime(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _equal(said: Any, wanted: Any) -> bool:
    if isinstance(said, datetime):
        return said == _moment(wanted)
    if isinstance(said, list) and isinstance(wanted, list):
        return len(said) == len(wanted) and all(map(_equal, said, wanted))
    if isinstance(said, str) and isinstance(wanted, str):
        return _same(_squeezed(said), _squeezed(wanted))
    return (said or None) == (wanted or None)


def _same(said: str, wanted: str) -> bool:
    """Where the others could not read a character (U+FFFD), whatever stands there holds."""
    pieces = re.split("\ufffd+", wanted)
    if len(pieces) == 1:
        return said == wanted
    place = 0
    for piece in pieces:
        place = said.find(piece, place) + len(piece)
        if place < len(piece):
            return False
    return said.startswith(pieces[0])


def _all_in(said: Any, wanted: Any) -> bool:
    return all(_squeezed(each) in _squeezed(said) for each in wanted)


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": _equal,
    "eq_ci": lambda said, wanted: str(said).lower() == str(wanted).lower(),
    "eq_trim": lambda said, wanted: str(said).strip() == str(wanted).strip(),
    "eq_ws": lambda said, wanted: _squeezed(said) == _squeezed(wanted),
    "eq_nows": lambda said, wanted: _bare(said) == _bare(wanted),
    "contains": lambda said, wanted: wanted in said,
    "not_contains": lambda said, wanted: wanted not in said,
    "contains_all_ws": _all_in,
    "eq_list": _equal,
    "eq_addrs": _equal,
    "eq_instant": _equal,
    "includes": lambda said, wanted: wanted in said,
    "matches": lambda said, wanted: re.search(wanted, said, re.MULTILINE),
    "isnull": lambda said, wanted: not said,
    "no_raise": lambda said, wanted: True,
}
