"""Wire: the files of a message by its BODYSTRUCTURE, without their bytes (RFC 9051, 7.5.2; M18)."""

from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import decode_rfc2231
from urllib.parse import unquote_to_bytes

from inbox.wire.responses import Atom, Response, tokens

MOST = 500
DEEPEST = 50
List = list["bytes | None | List"]


@dataclass(frozen=True)
class Outlined:
    """A file that is named, not fetched; `size` in bytes as they are encoded on the wire."""

    name: str
    content_type: str
    size: int


def outline(response: Response) -> list[Outlined]:
    """The attached files of `* n FETCH (… BODYSTRUCTURE (…))`; what cannot be read is left out."""
    words = list(tokens(response))
    upper = [word.upper() for word in words]
    if b"BODYSTRUCTURE" not in upper:
        return []
    start = upper.index(b"BODYSTRUCTURE") + 1
    tree = _list(iter(words[start + 1 :]), 0) if words[start : start + 1] == [b"("] else []
    return [file for file in _files(tree) if file.name][:MOST]


def _list(words: Iterator[bytes], depth: int) -> List:
    found: List = []
    for word in words:
        if isinstance(word, Atom) and word == b"(":
            inner = _list(words, depth + 1)
            found.append(inner if depth < DEEPEST else None)
        elif isinstance(word, Atom) and word == b")":
            return found
        else:
            found.append(None if isinstance(word, Atom) and word.upper() == b"NIL" else word)
    return found


def _files(part: List) -> Iterator[Outlined]:
    if part and isinstance(part[0], list):  # a multipart: its parts, then its subtype
        for inner in part:
            if isinstance(inner, list) and inner and not isinstance(inner[0], bytes | None):
                yield from _files(inner)
            elif isinstance(inner, list) and len(inner) >= 7:
                yield _file(inner)
    elif len(part) >= 7:
        yield _file(part)


def _file(part: List) -> Outlined:
    """(type subtype (parameters) id description encoding size …)"""
    kind, subtype, size = _text(part[0]), _text(part[1]), _text(part[6])
    name = _parameter(part[2], b"NAME")
    for extension in part[7:]:
        if isinstance(extension, list) and len(extension) == 2:  # (disposition (parameters))
            name = _parameter(extension[1], b"FILENAME") or name
    return Outlined(name, f"{kind}/{subtype}".lower(), int(size) if size.isdigit() else 0)


def _parameter(pairs: "bytes | None | List", wanted: bytes) -> str:
    """A parameter, plain or in the pieces and the encoding of RFC 2231."""
    if not isinstance(pairs, list):
        return ""
    found = {
        _text(key).upper(): _text(value)
        for key, value in zip(pairs[::2], pairs[1::2], strict=False)
    }
    name = wanted.decode()
    pieces = [found[key] for key in sorted(found) if key.startswith(name + "*")]
    if not pieces:
        return found.get(name, "")
    charset, _language, text = decode_rfc2231("".join(pieces))
    try:
        return unquote_to_bytes(text).decode(charset or "utf-8", "replace")
    except LookupError:
        return unquote_to_bytes(text).decode("latin-1")


def _text(value: "bytes | None | List") -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
