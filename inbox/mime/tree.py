"""The parts of a message, found by their boundaries in one walk. RFC 2046.

Python's own parser raises RecursionError at a thousand nested multiparts and takes half a minute
for 300,000 empty parts; here every count has a cap, and past it stands a defect.
"""

import binascii
import quopri
from collections.abc import Iterator
from dataclasses import dataclass, field

from inbox.mime import fields
from inbox.mime.fields import Fields
from inbox.mime.words import from_base64

MOST_PARTS = 1_000
DEEPEST = 50
_MOST_FALSE_MARKS = 20_000
_LONGEST_BOUNDARY = 250


@dataclass(slots=True)
class Part:
    """One part: its fields, and where its body stands in the message."""

    raw: bytes
    fields: Fields
    start: int
    end: int
    depth: int = 0
    content_type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    parts: list["Part"] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        return self.raw[self.start : self.end]

    @property
    def disposition(self) -> str:
        return self.fields.word("content-disposition")

    @property
    def content_id(self) -> str:
        return self.fields.text("content-id").strip("<> ")[:250]

    def content(self) -> bytes:
        """The body with its transfer encoding undone, whatever is wrong with it."""
        encoding = self.fields.word("content-transfer-encoding")
        if encoding == "base64":
            return from_base64(self.body)
        if encoding == "quoted-printable":
            return quopri.decodestring(self.body)
        if encoding in ("uuencode", "x-uuencode", "uue", "x-uue"):
            return _from_uuencode(self.body)
        return self.body

    def walk(self) -> Iterator["Part"]:
        yield self
        for part in self.parts:
            yield from part.walk()


def grow(raw: bytes) -> tuple[Part, tuple[str, ...]]:
    """The root part of a message with all below it, and the defects met on the way."""
    walk = _Walk(raw)
    root = walk.part(0, len(raw), 0, "text/plain")
    pending = [root]
    while pending:
        parent = pending.pop()
        parent.parts = walk.children(parent)
        pending.extend(parent.parts)
    return root, tuple(dict.fromkeys(walk.defects))


class _Walk:
    """One walk over a message, with what it has spent of its caps."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.count = 0
        self.false_marks = 0
        self.defects: list[str] = []

    def part(self, start: int, end: int, depth: int, default: str) -> Part:
        self.count += 1
        found, body = fields.split_at(self.raw, start, end)
        if found.cut:
            self.defects.append("headers_cut")
        content_type = found.word("content-type")
        whole = content_type.count("/") == 1 and all(content_type.split("/"))
        return Part(
            self.raw,
            found,
            body,
            end,
            depth,
            content_type if whole else default if not content_type else "text/plain",
            fields.parameters(found.raw("content-type")),
        )

    def children(self, parent: Part) -> list[Part]:
        boundary = parent.parameters.get("boundary", "").rstrip()
        if not parent.content_type.startswith("multipart/"):
            return []
        if not boundary or len(boundary) > _LONGEST_BOUNDARY:
            self.defects.append("no_boundary")
            return []
        if parent.depth >= DEEPEST:
            self.defects.append("too_deep")
            return []
        default = "message/rfc822" if parent.content_type == "multipart/digest" else "text/plain"
        found = []
        for start, end in self.ranges(parent, boundary.encode("utf-8", "replace")):
            if self.count >= MOST_PARTS:
                self.defects.append("too_many_parts")
                break
            found.append(self.part(start, end, parent.depth + 1, default))
        return found

    def ranges(self, parent: Part, boundary: bytes) -> Iterator[tuple[int, int]]:
        """Where the parts between the boundary lines begin and end."""
        began = None
        for start, after, closing in self.marks(parent, b"--" + boundary):
            if began is not None:
                yield began, max(began, self.before_newline(start))
            began = after
            if closing:
                return
        if began is None:
            self.defects.append("no_boundary")
        else:
            self.defects.append("not_closed")
            yield began, parent.end

    def marks(self, parent: Part, mark: bytes) -> Iterator[tuple[int, int, bool]]:
        """Lines that are the boundary: where each begins, where the next begins, whether it ends
        the multipart."""
        position = parent.start
        while self.false_marks < _MOST_FALSE_MARKS:
            position = self.raw.find(mark, position, parent.end)
            if position < 0:
                return
            newline = self.raw.find(b"\n", position, parent.end)
            after = newline + 1 if newline >= 0 else parent.end
            tail = self.raw[position + len(mark) : min(after, position + len(mark) + 100)].strip()
            begins_line = position == parent.start or self.raw[position - 1] == 0x0A
            if begins_line and tail in (b"", b"--"):
                yield position, after, tail == b"--"
                position = after
            else:
                self.false_marks += 1
                position += len(mark)
        self.defects.append("too_many_marks")

    def before_newline(self, position: int) -> int:
        """The newline before a boundary belongs to the boundary."""
        if self.raw[position - 1 : position] == b"\n":
            position -= 1
        return position - (self.raw[position - 1 : position] == b"\r")


def _from_uuencode(data: bytes) -> bytes:
    found = b""
    lines = data.splitlines()
    begin = next((i for i, line in enumerate(lines) if line.startswith(b"begin ")), -1)
    decoded: list[bytes] = []
    for line in lines[begin + 1 :]:
        if line.rstrip() == b"end":
            break
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some encoders pad a line wrongly; its first byte says how much of it counts.
            length = ((line[0] - 32 & 63) * 4 + 5) // 3 if line else 0
            decoded.append(_uu_line(line[:length]))
    return found + b"".join(decoded)


def _uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        return b""
