"""Addresses out of header values: tolerant of how mailers write, strict on what an address is.

RFC 5322 3.4 with its obsolete forms. Where a value can be read in two ways, the part in angle
brackets is the address (CVE-2023-27043), and a thing with two @ is none. Encoded words are undone
in names only, after the value was split, so that no encoded comma or bracket makes an address.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from inbox.mime.charsets import decoded
from inbox.mime.types import Address
from inbox.mime.words import decode, one_line

MOST_ADDRESSES = 2_000
_LONGEST_VALUE = 400_000
_LONGEST_NAME = 500

_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<atom>=\?[^?\s]{1,40}\?[bBqQ]\?[^?\r\n]{0,500}\?=)"
    r'|(?P<quoted>"(?>[^"\\]|\\.)*")'
    r"|(?P<angle><[^<>]*>|<[^<>,;]*)"
    r"|(?P<comment>\((?>[^()\\]|\\.)*\))"
    r"|(?P<open>\()"
    r"|(?P<end>[,;])"
    r"|(?P<colon>:)"
    r'|(?P<other>[^\s"<>(),;:]+|["<>)])',
    re.DOTALL,
)
_LOCAL = r'(?:[^\s<>()\[\],;:"@\\]+|"(?:[^"\\\r\n]|\\[^\r\n])*")'
_DOMAIN = r"(?:[^\s<>()\[\],;:\"@\\]+|\[[0-9A-Za-z.:]+\])"
_ADDRESS = re.compile(f"{_LOCAL}@{_DOMAIN}")
_ROUTE = re.compile(r"^@[^\s:]*:")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_WORD = re.compile(r"=\?[^?\s]+\?[bBqQ]\?")


def addresses(values: Iterable[str | bytes]) -> tuple[Address, ...]:
    """Every address of these values, at most 2,000.

    >>> addresses(['"Aoki, Hana" <hana@aoki.test>, ken@aoki.test (Ken)'])
    (Address(name='Aoki, Hana', address='hana@aoki.test'), Address(name='Ken', ...))
    """
    found: list[Address] = []
    for value in values:
        for address in _of_one(value):
            found.append(address)
            if len(found) == MOST_ADDRESSES:
                return tuple(found)
    return tuple(found)


def in_one_line(text: str) -> str:
    """A tab is a space; line breaks and other control characters are left out.

    What else has no ink stays: a wide space stands in Japanese names, joiners in Persian ones.
    """
    return _CONTROL.sub("", text.replace("\t", " "))


@dataclass(slots=True)
class _Mailbox:
    """What was read of one mailbox so far."""

    phrase: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    angle: str | None = None

    def address(self) -> Address | None:
        if self.angle is not None:
            return _address("".join(self.phrase), _ROUTE.sub("", self.angle))
        bare = "".join(self.phrase)
        name = " ".join(self.comments)
        return _address(name, bare) or self._last_word(bare)

    def _last_word(self, bare: str) -> Address | None:
        """`Hana hana@aoki.test`: the brackets are missing."""
        name, _space, last = bare.strip().rpartition(" ")
        return _address(name, last) if name and "@" not in name else None


def _of_one(value: str | bytes) -> Iterator[Address]:
    line = decoded(value[:_LONGEST_VALUE]) if isinstance(value, bytes) else value[:_LONGEST_VALUE]
    mailbox, carried = _Mailbox(), ""
    for kind, text in _tokens(line):
        if kind == "end" or (kind == "angle" and mailbox.angle is not None):
            address = mailbox.address()
            if address:
                yield address
            carried = _carried(mailbox, carried) if kind == "end" and text == "," else ""
            mailbox = _Mailbox()
        if kind == "angle":
            mailbox.angle = text.strip("<>")
            mailbox.phrase.insert(0, carried)
            carried = ""
        elif kind == "colon" and mailbox.angle is None and "@" not in "".join(mailbox.phrase):
            mailbox, carried = _Mailbox(), ""
        elif kind == "comment":
            mailbox.comments.append(text[1:-1])
        elif kind not in ("end", "angle") and mailbox.angle is None:
            mailbox.phrase.append(" " if kind == "space" else text)
    last = mailbox.address()
    if last:
        yield last


def _carried(mailbox: _Mailbox, before: str) -> str:
    """`Aoki, Hana <hana@aoki.test>`: a comma in a name that nobody quoted."""
    phrase = "".join(mailbox.phrase)
    if mailbox.angle is not None or "@" in phrase or not phrase.strip():
        return ""
    return f"{before}{phrase}, "[-_LONGEST_NAME:]


def _tokens(line: str) -> Iterator[tuple[str, str]]:
    """Never looks twice for an end that is not there, so that its time stays linear."""
    position, unclosed = 0, set[str]()
    while position < len(line):
        char = line[position]
        token = None if char in unclosed else _TOKEN.match(line, position)
        if token is None:
            yield "atom", char
            position += 1
            continue
        kind, text = token.lastgroup or "atom", token[0]
        if kind == "open":
            text = _nested_comment(line, position)
            kind = "comment" if text else "atom"
        if not text or text == '"':
            unclosed.add(char)
            text = char
        yield kind, text
        position += len(text)


def _nested_comment(line: str, start: int) -> str:
    depth = 0
    for mark in re.finditer(r"\\.|[()]", line[start:]):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if depth == 0 and mark[0] == ")":
            return line[start : start + mark.end()]
    return ""


def _address(name: str, text: str) -> Address | None:
    tight = re.sub(r"\s*([@.])\s*", r"\1", one_line(text))
    if len(tight) > 320 or not _ADDRESS.fullmatch(tight) or _WORD.search(tight):
        return None
    return Address(_name(name), tight)


def _name(phrase: str) -> str:
    plain = re.sub(r'"((?>[^"\\]|\\.)*)"', r"\1", phrase.strip()[: 4 * _LONGEST_NAME])
    return decode(re.sub(r"\\(.)", r"\1", plain))[:_LONGEST_NAME].strip("\"' ")
