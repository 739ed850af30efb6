"""The attributes of a TNEF stream and the properties in them, as they are stored. MS-OXTNEF.

Every length is held against what is there, and every step counts against a cap, so that four bytes
which claim four billion properties cost nothing.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from inbox.mime.charsets import decoded, without_nul

MOST_STEPS = 10_000  # attributes, properties and their values in one stream
_SIGNATURE = 0x223E9F78
_HEAD, _CHECKSUM = struct.Struct("<BHHI"), 2
# Types of properties: how many bytes a value takes, or that it says so itself.
_SIZES = {
    0x2: 2,
    0xB: 2,
    0x3: 4,
    0x4: 4,
    0xA: 4,
    0x5: 8,
    0x6: 8,
    0x7: 8,
    0x14: 8,
    0x40: 8,
    0x48: 16,
}
EIGHT_BIT, UNICODE, OBJECT = 0x1E, 0x1F, 0x0D
_SELF_SIZED = {0x0, EIGHT_BIT, UNICODE, OBJECT, 0x0102}
_MANY, _NAMED = 0x1000, 0x8000


class _Cut(Exception):
    """The bytes end, or the cap is reached, where something was to follow."""


@dataclass(frozen=True, slots=True)
class Value:
    """A property's value; of several the last."""

    type: int
    raw: memoryview

    def text(self, charset: str) -> str:
        if self.type == UNICODE:
            return without_nul(bytes(self.raw).decode("utf-16-le", "replace"))
        return decoded(bytes(self.raw), charset)

    @property
    def number(self) -> int:
        return int.from_bytes(self.raw[:4], "little")


class Stream:
    """Its attributes one by one; `whole` as long as nothing was cut or not understood."""

    def __init__(self, content: bytes) -> None:
        self._bytes = _Bytes(memoryview(content))
        self._steps = 0
        self.whole = True

    def attributes(self) -> Iterator[tuple[int, memoryview]]:
        """The lower half of each one's id, and its bytes; none where this is no TNEF."""
        data = self._bytes
        try:
            if data.number(4) != _SIGNATURE:
                return
            data.take(2)
            while data.left >= _HEAD.size + _CHECKSUM:
                self._step()
                _level, name, _type, size = _HEAD.unpack(data.take(_HEAD.size))
                found = data.take(size)
                data.take(_CHECKSUM)
                yield name, found
        except _Cut:
            self.whole = False

    def properties(self, attribute: memoryview) -> Iterator[tuple[int, Value]]:
        data = _Bytes(attribute)
        try:
            for _number in range(data.number(4)):
                self._step()
                yield self._property(data)
        except _Cut:
            self.whole = False

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise _Cut

    def _property(self, data: "_Bytes") -> tuple[int, Value]:
        kind, name = data.number(2), data.number(2)
        if name >= _NAMED:
            data.take(16)
            data.padded(data.number(4)) if data.number(4) else data.take(4)
        one = kind & ~_MANY
        count = data.number(4) if kind & _MANY or one in _SELF_SIZED else 1
        if one not in _SELF_SIZED:
            return name, Value(kind, data.padded(_size(one) * count))
        value = memoryview(b"")
        for _number in range(count):
            self._step()
            value = data.padded(data.number(4))
        return name, Value(kind, value)


class _Bytes:
    """Reads on, and never beyond the end; nothing is copied."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int) -> memoryview:
        if size > self.left:
            raise _Cut
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def padded(self, size: int) -> memoryview:
        """So many bytes, filled up to a multiple of four."""
        found = self.take(size)
        self.take(min(-size % 4, self.left))
        return found


def _size(kind: int) -> int:
    if kind not in _SIZES:
        raise _Cut
    return _SIZES[kind]
