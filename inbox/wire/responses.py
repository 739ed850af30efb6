"""Wire: IMAP answers as values (RFC 3501 section 7): pure, tolerant of order, strict on shape."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from operator import lt

from inbox.wire.faults import ProtocolFault

_MONTHS = {
    month: number
    for number, month in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
_TOKEN = re.compile(
    rb'\s*(?:(?P<paren>[()])|"(?P<quoted>(?:[^"\\]|\\.)*)"'
    rb'|(?P<atom>(?:\[[^\]]*\]|[^\s()"\[])+))',
    re.DOTALL,
)
_LITERAL = re.compile(rb"~?\{(\d{1,12})\+?\}\r?\n$")
_DATE = re.compile(rb" ?(\d{1,2})-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([-+])(\d\d)(\d\d)")
_DIGITS = re.compile(rb"\d{1,19}")
_FIGURE = re.compile(
    rb"\* (?:(\d{1,10}) EXISTS\b|OK \[(UIDVALIDITY|UIDNEXT) (\d{1,19})\])", re.IGNORECASE
)
_UID_SET = re.compile(rb"[\d:,]+")
LARGEST = 2**32


@dataclass(frozen=True)
class Response:
    """One answer of the server: its text pieces with the literals between them."""

    texts: tuple[bytes, ...]
    literals: tuple[bytes, ...]

    @property
    def line(self) -> bytes:
        return self.texts[0]


class Atom(bytes):
    """A word or parenthesis, as against a string that happens to read NIL or 7."""


Value = bytes | None


def literal_size(line: bytes) -> int | None:
    """How many bytes of literal follow this line, if any: `* 1 FETCH (BODY[] {12}` gives 12."""
    found = _LITERAL.search(line)
    return int(found[1]) if found else None


def tokens(response: Response) -> Iterator[bytes]:
    for index, text in enumerate(response.texts):
        if index:
            yield response.literals[index - 1]
        if index < len(response.literals):
            text = text[: text.rindex(b"{")].rstrip(b"~")
        yield from _tokens_of(text.rstrip())


def _tokens_of(text: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            if text[at:].isspace():
                return
            raise ProtocolFault("syntax")
        at = found.end()
        if (quoted := found["quoted"]) is not None:
            yield re.sub(rb"\\(.)", rb"\1", quoted) if b"\\" in quoted else quoted
        else:
            yield Atom(found["paren"] or found["atom"])


def fetched(response: Response) -> dict[bytes, Value]:
    """The items of `* n FETCH (…)`, keys in upper case, NIL as None, nested lists as b""."""
    words = tokens(response)
    head = [next(words, b"") for _ in range(4)]
    if head[2].upper() != b"FETCH" or head[3] != b"(":
        raise ProtocolFault("syntax")
    items: dict[bytes, Value] = {}
    for key in words:
        if isinstance(key, Atom) and key == b")":
            return items
        items[key.upper()] = _value(words)
    raise ProtocolFault("syntax")


def _value(words: Iterator[bytes]) -> Value:
    first = next(words, None)
    if first is None:
        raise ProtocolFault("syntax")
    if not isinstance(first, Atom):
        return first
    if first == b"(":
        _skip_list(words)
        return b""
    return None if first.upper() == b"NIL" else bytes(first)


def _skip_list(words: Iterator[bytes]) -> None:
    depth = 1
    for word in words:
        if isinstance(word, Atom):
            depth += {b"(": 1, b")": -1}.get(bytes(word), 0)
        if not depth:
            return
    raise ProtocolFault("syntax")


def number(value: Value) -> int:
    if value is None or not value.isdigit() or len(value) > 20:
        raise ProtocolFault("syntax")
    return int(value)


def arrived(value: Value) -> datetime:
    """INTERNALDATE as an aware time; a server's nonsense becomes 1970 rather than a fault."""
    found = _DATE.match(value or b"")
    try:
        if not found:
            raise ValueError
        day, month, year, hour, minute, second, sign, off_h, off_m = found.groups()
        offset = timedelta(hours=int(off_h), minutes=int(off_m)) * (-1 if sign == b"-" else 1)
        return datetime(
            int(year),
            _MONTHS[month.lower()],
            int(day),
            int(hour),
            int(minute),
            min(int(second), 59),
            tzinfo=timezone(offset),
        )
    except (ValueError, KeyError):
        return datetime(1970, 1, 1, tzinfo=UTC)


def ranges(uids: Iterable[int]) -> str:
    """`ranges([1, 2, 3, 7]) == "1:3,7"`: a long list joined by commas is refused by servers."""
    pieces: list[list[int]] = []
    for uid in sorted(set(uids)):
        if pieces and uid == pieces[-1][1] + 1:
            pieces[-1][1] = uid
        else:
            pieces.append([uid, uid])
    return ",".join(f"{a}:{b}" if b > a else f"{a}" for a, b in pieces)


def folder_line(response: Response) -> tuple[frozenset[str], bytes] | None:
    """The flags (lower case, no backslash) and the raw name of a LIST line."""
    said = list(tokens(response))
    if len(said) < 6 or said[1].upper() != b"LIST" or said[2] != b"(":
        return None
    close = said.index(b")", 3)
    flags = (flag.decode("ascii", "replace").lstrip("\\").lower() for flag in said[3:close])
    return frozenset(flags), bytes(said[close + 2])


def status_line(response: Response) -> tuple[bytes, dict[str, int]] | None:
    """The raw name and the figures of a STATUS line; what is no number is not told."""
    said = list(tokens(response))
    if len(said) < 5 or said[1].upper() != b"STATUS" or said[3] != b"(":
        return None
    pairs = zip(said[4::2], said[5::2], strict=False)
    figures = {key.decode("ascii", "replace").upper(): value for key, value in pairs}
    return bytes(said[2]), {key: int(v) for key, v in figures.items() if _DIGITS.fullmatch(v)}


def opened(responses: list[Response]) -> dict[str, int]:
    """What the answers to EXAMINE tell: EXISTS, UIDVALIDITY, UIDNEXT."""
    figures: dict[str, int] = {}
    for response in responses:
        if found := _FIGURE.match(response.line):
            exists, key, value = found.groups()
            figures["EXISTS" if exists else key.decode().upper()] = int(exists or value)
    return figures


def found_uids(responses: list[Response], most: int = 2_000_000) -> list[int]:
    """The UIDs of SEARCH answers (one line or several) and of ESEARCH ones (RFC 4731)."""
    uids: list[int] = []
    for response in responses:
        words = list(tokens(response))
        kind = words[1].upper() if len(words) > 1 else b""
        if kind == b"SEARCH":
            uids.extend(int(word) for word in words[2:] if word.isdigit())
        elif kind == b"ESEARCH":
            uids.extend(_expanded(_esearch_all(words), most))
        if len(uids) > most:
            raise ProtocolFault("too_many")
    if not all(map(lt, uids, islice(uids, 1, None))):  # nearly always they are in their order
        uids = sorted(set(uids))
    return uids if uids and uids[0] > 0 and uids[-1] < LARGEST else _in_bounds(uids)


def _in_bounds(uids: list[int]) -> list[int]:
    return [uid for uid in uids if 0 < uid < LARGEST]


def _esearch_all(words: list[bytes]) -> bytes:
    upper = [word.upper() for word in words]
    at = upper.index(b"ALL") + 1 if b"ALL" in upper else len(words)
    return words[at] if at < len(words) and _UID_SET.fullmatch(words[at]) else b""


def _expanded(uid_set: bytes, most: int) -> Iterator[int]:
    for piece in filter(None, uid_set.split(b",")):
        ends = sorted(number(end) for end in piece.split(b":"))
        if ends[-1] - ends[0] > most:
            raise ProtocolFault("too_many")
        yield from range(ends[0], ends[-1] + 1)
