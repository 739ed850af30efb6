"""Of many messages, which are plainly none of ours? By a few header fields, without reading them.

A long scan asks for these fields alone. Where a block of them is plain, its ids are found at the
speed of a regular expression; one that is written in any other way is not plain, and is looked at
in full by those who understand it (`headers.py`). Pure; nothing here raises.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

# Of a block that has the shape the ids are short and in brackets. The names of fields as mail
# programs write them: matching every case would take twice as long. Each repeat keeps what it took,
# so the time grows with the length alone.
_IDS = (
    rb"(?:[Mm]essage-[Ii][Dd]|[Ii]n-[Rr]eply-[Tt]o|[Rr]eferences):"
    rb"(?:[ \t\r\n]*+<[!-;=@-~]{1,250}+>)*[ \t\r]*+\n"
)
_OTHERS = (
    rb"(?P<wrote>[Ff]rom:[ \t<>]*+[^\s<>][^\n]*+\n(?:[ \t][^\n]*+\n)*)"
    rb"|[Cc]ontent-[Tt]ype:(?!\s*+(?i:multipart/report))[^\n]*+\n(?:[ \t][^\n]*+\n)*"
    rb"|[Rr]eturn-[Pp]ath:[ \t]*+<[!-;=?-~]++>[ \t\r]*+\n"
)
_END = rb"\r?+\n?+"


@dataclass(frozen=True)
class Slip:
    """Which fields are asked for, and what a plain block of them is like: `shape` is a regular
    expression, and none of `servers` stands in it, in whatever case."""

    fields: str
    shape: bytes
    servers: tuple[bytes, ...] = ()

    def is_plain(self, block: bytes) -> bool:
        """Whether `ids_in` finds all that a careful reading of this block would. With REPORTS also
        whether no mail server wrote it, which may be about a letter of ours that it does not name
        (M20).

        >>> REPLIES.is_plain(b"References: <b@x>\\r\\n <c@x>\\r\\n\\r\\n")
        True
        >>> REPLIES.is_plain(b"In-Reply-To: your letter of Monday\\r\\n\\r\\n")
        False
        """
        said = block.lower()
        plain = re.fullmatch(self.shape, block) is not None
        return plain and not any(word in said for word in self.servers)


REPLIES = Slip("Message-ID In-Reply-To References", rb"(?:" + _IDS + rb")*" + _END)
# Somebody wrote it, it is no report by the standard, and no mail server's address stands in it.
REPORTS = Slip(
    "From Message-ID In-Reply-To References Content-Type Return-Path",
    rb"(?:" + _IDS + rb"|" + _OTHERS + rb")*" + _END + rb"(?(wrote)|(?!))",
    servers=(b"daemon", b"master", b"delivery"),
)
_BRACKETS = re.compile(rb"<([^>]++)>")
_ID = re.compile(rb"<([^<>]++)>")
_NAMES = re.compile(rb"(?:\A|\n)(?:[Ii]n-[Rr]eply-[Tt]o|[Rr]eferences):[ \t\r\n]*+<")
FEW = 20  # ids that are sought one by one


@dataclass(frozen=True)
class Sheet:
    """The blocks of several messages in one piece of bytes, so that all are searched at once.

    `shaped`: each has the shape of the slip. Places count the messages, `starts` and `ends` the
    bytes.
    """

    slip: Slip
    data: bytes
    uids: Sequence[int]
    starts: Sequence[int]
    ends: Sequence[int]
    shaped: bool = False

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        return ((uid, self.block(place)) for place, uid in enumerate(self.uids))

    def block(self, place: int) -> bytes:
        return self.data[self.starts[place] : self.ends[place]]

    @cached_property
    def ids(self) -> list[bytes]:
        """Every id that they carry or name, in the order of the bytes."""
        return ids_in(self.data)

    def naming(self, ids: Collection[bytes]) -> set[int]:
        """The places of those that carry or name one of these ids."""
        wanted = set(ids).intersection(self.ids) if ids else set()
        if len(wanted) > FEW:
            each_id = (each.start() for each in _ID.finditer(self.data) if each[1] in wanted)
            return self._places(each_id)
        return {place for value in wanted for place in self._holding(b"<" + value + b">")}

    def odd(self) -> set[int]:
        """The places of those that are not plain."""
        if not self.shaped:
            plain = self.slip.is_plain
            return {place for place, (_uid, block) in enumerate(self) if not plain(block)}
        servers = self.slip.servers
        said = self.data.lower() if servers else b""
        return {place for word in servers for place in self._holding(word, said)}

    def answers(self) -> set[int]:
        """The places of those that name another message, where they are plain."""
        return self._places(each.end() for each in _NAMES.finditer(self.data))

    def _holding(self, word: bytes, data: bytes = b"") -> set[int]:
        data, found, at = data or self.data, [], -1
        while (at := data.find(word, at + 1)) >= 0:
            found.append(at)
        return self._places(found)

    def _places(self, bytes_at: Iterable[int]) -> set[int]:
        return {self._place(at) for at in bytes_at} - {-1}

    def _place(self, at: int) -> int:
        """Whose byte this is; -1: it lies between them."""
        place = bisect_right(self.starts, at) - 1
        return place if place >= 0 and at < self.ends[place] else -1


def ids_in(plain: bytes) -> list[bytes]:
    """Every id that plain blocks carry or name, in normal form (`ids.normal`)."""
    found = _BRACKETS.findall(plain)
    return _ID.findall(plain) if b"<" in b"".join(found) else found  # "a < b" in somebody's name
