"""The header block of a message or part, split into fields; bytes stay bytes. RFC 5322 2.2."""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from inbox.mime.charsets import decoded
from inbox.mime.words import decode

LARGEST_BLOCK = 1_000_000
MOST_FIELDS = 3_000
MOST_PARAMETERS = 200
_LONGEST_PARAMETERS = 20_000
_MOST_DEFECTIVE = 20
_LOOKED_AHEAD = 1_000

_KNOWN_FIELD = re.compile(
    rb"\n(?:from|to|cc|subject|date|message-id|received|return-path|content-[a-z-]+|mime-version"
    rb"|x-[a-z-]+):",
    re.IGNORECASE,
)
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,100})\s*=\s*(?:"((?>[^"\\]|\\.)*)"?|([^;]*))', re.DOTALL)
_CONTINUED = re.compile(r"^(.+?)(?:\*(\d{1,4}))?(\*?)$")


@dataclass(frozen=True, slots=True)
class Fields:
    """Header fields in their order: lower-case names, values as raw bytes."""

    items: tuple[tuple[str, bytes], ...] = ()
    cut: bool = False

    def raw(self, name: str) -> bytes:
        """The first value of that name, or nothing."""
        return next((value for key, value in self.items if key == name), b"")

    def every(self, name: str) -> tuple[bytes, ...]:
        return tuple(value for key, value in self.items if key == name)

    def text(self, name: str) -> str:
        return decode(self.raw(name))

    def word(self, name: str) -> str:
        """The first word of the value, in lower case: `auto-replied` of `Auto-Replied; x=y`."""
        return re.split(r"[;\s]", self.text(name)[:1000].lower(), maxsplit=1)[0]

    @property
    def null_path(self) -> bool:
        """Sent by a robot, so that nobody answers to it (RFC 5321, 4.5.5; RFC 3834, 3.3)."""
        return re.fullmatch(rb"<\s*>", self.raw("return-path")[:20]) is not None


def split(raw: bytes) -> tuple[Fields, bytes]:
    """The fields, and what follows the blank line."""
    found, body = split_at(raw, 0, len(raw))
    return found, raw[body:]


def split_at(raw: bytes, start: int, end: int) -> tuple[Fields, int]:
    """The fields of what stands between two places, and where the body begins.

    A `From ` line of an mbox and a few lines that are no fields are passed over; where the lines
    that follow are no fields either, the body begins there, without a blank line before it.
    """
    found: list[tuple[str, list[bytes]]] = []
    stop, defective = min(end, start + LARGEST_BLOCK), 0
    position = start
    while position < stop:
        line, following = _line(raw, position, stop)
        field = _FIELD.match(line)
        if not line:
            break
        if line[:1] in b" \t" and found:
            found[-1][1].append(line)
        elif field:
            found.append((field[1].decode("ascii").lower(), [line[field.end() :]]))
        elif defective == _MOST_DEFECTIVE or not _goes_on(raw, line, following, stop):
            return _unfolded(found), position
        else:
            defective += 1
        position = following
    cut = stop < end and position >= stop
    return _unfolded(found, cut=cut), stop if cut else _line(raw, position, end)[1]


def parameters(value: str | bytes) -> dict[str, str]:
    """The parameters of a Content-Type or Content-Disposition, RFC 2231 and 2047 undone."""
    line = value[:_LONGEST_PARAMETERS]
    if isinstance(line, bytes):
        line = decoded(line)
    line = ";" + line.partition(";")[2]
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for name, quoted, bare in _PARAMETER.findall(line)[:MOST_PARAMETERS]:
        parts = _CONTINUED.match(name.lower())
        if parts:
            text = re.sub(r"\\(.)", r"\1", quoted) if quoted else bare.strip()
            piece = (int(parts[2] or -1), bool(parts[3]), text)
            pieces.setdefault(parts[1], []).append(piece)
    return {name: _joined(found) for name, found in pieces.items()}


def _line(raw: bytes, position: int, end: int) -> tuple[bytes, int]:
    newline = raw.find(b"\n", position, end)
    if newline < 0:
        return raw[position:end].rstrip(b"\r"), end
    return raw[position:newline].rstrip(b"\r"), newline + 1


def _goes_on(raw: bytes, line: bytes, following: int, end: int) -> bool:
    if line.startswith((b"From ", b">From ")) or not line.strip():
        return True
    ahead = raw[following : min(end, following + _LOOKED_AHEAD)].replace(b"\r", b"")
    header, _blank, _body = ahead.partition(b"\n\n")
    return bool(_KNOWN_FIELD.search(b"\n" + header))


def _unfolded(found: list[tuple[str, list[bytes]]], *, cut: bool = False) -> Fields:
    items = ((name, b"".join(lines).replace(b"\r", b" ").strip()) for name, lines in found)
    return Fields(tuple(items)[:MOST_FIELDS], cut or len(found) > MOST_FIELDS)


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    """RFC 2231 wins over the plain form: the extended ones are there for who can read them."""
    if not any(extended or number >= 0 for number, extended, _text in pieces):
        return decode(pieces[0][2])
    charset, data = "", b""
    for number, extended, text in sorted(p for p in pieces if p[0] >= 0 or p[1]):
        if extended and number <= 0 and text.count("'") > 1:
            charset, _language, text = text.split("'", 2)
        data += unquote_to_bytes(text) if extended else text.encode("utf-8", "replace")
    if not charset and not any(extended for _number, extended, _text in pieces):
        return decode(data)
    return decode(decoded(data, charset))


def with_newlines(raw: bytes) -> bytes:
    """A message whose lines end in a lone CR gets line feeds; others stay as they are."""
    if b"\r" in raw and b"\n" not in raw:
        return raw.replace(b"\r", b"\n")
    return raw
