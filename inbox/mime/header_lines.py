"""Header fields to send: encoded words, quoted names, folded lines. RFC 5322 2.2.3, 2047."""

import base64
import re
from collections.abc import Iterable, Iterator

from inbox.mime.addresses import addresses
from inbox.mime.domains import in_ascii
from inbox.mime.types import Address
from inbox.mime.words import one_line

_WIDTH = 76
_BYTES_A_WORD = 42
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")


def folded(name: str, value: str) -> bytes:
    """One field with its line end; a line breaks only between words, and never over 998 bytes."""
    lines, line = [], f"{name}:"
    for word in _short(_words(value) if name == "Subject" else value.split(" ")):
        if len(line) + 1 + len(word) > _WIDTH and not line.endswith(":"):
            lines.append(line)
            line = ""
        line += f" {word}"
    return ("\r\n".join([*lines, line]) + "\r\n").encode("utf-8", "replace")


def mailboxes(people: Iterable[Address]) -> str:
    """The value of From, To or Cc; what is no address is left out.

    In ASCII, but for addresses that only SMTPUTF8 can carry (RFC 6532).
    """
    return ", ".join(filter(None, map(_mailbox, people)))


def _mailbox(person: Address) -> str:
    found = addresses([person.address])
    if len(found) != 1 or found[0].address != person.address:
        return ""
    name, ascii_address = one_line(person.name), in_ascii(person.address)
    address = ascii_address if ascii_address.isascii() else person.address
    return f"{_phrase(name)} <{address}>" if name else address


def _phrase(name: str) -> str:
    if _ATOMS.fullmatch(name) and "=?" not in name:
        return name
    if name.isascii() and "=?" not in name and len(name) < 200:
        return '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return " ".join(_encoded(name))


def _words(text: str) -> list[str]:
    """A subject as it is when that is safe, else as encoded words."""
    words = text.split(" ")
    # Two spaces would be lost in folding, and what looks like an encoded word would be decoded.
    if text.isascii() and "" not in words and "=?" not in text and max(map(len, words)) < 500:
        return words
    return list(_encoded(text))


def _encoded(text: str) -> Iterator[str]:
    """Each word short enough (RFC 2047: 75), and no character split between two."""
    chunk = b""
    for char in text:
        data = char.encode("utf-8", "replace")
        if len(chunk) + len(data) > _BYTES_A_WORD:
            yield _word(chunk)
            chunk = b""
        chunk += data
    if chunk:
        yield _word(chunk)


def _word(chunk: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(chunk).decode('ascii')}?="


def _short(words: Iterable[str]) -> Iterator[str]:
    return (word for word in words if word and len(word) < 990)
