"""One header value as one clean line: RFC 2047 words, also broken ones, and raw 8-bit text."""

import base64
import quopri
import re
from collections.abc import Iterator

from inbox.mime.charsets import decoded

LONGEST_VALUE = 100_000

_WORD = re.compile(
    r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,40})?"
    r"\?(?:([bB])\?([^?]*)|([qQ])\?([^?]*(?:\?(?!=)[^?]{0,75}){0,4}))(?:\?=|\Z)"
)
_SPACE = re.compile(r"[ \t\r\n\v\f\x1c-\x1f\x85\u2028\u2029]+")
# Control characters, and those that turn the direction of what stands after them (UAX 9).
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_NO_BASE64 = re.sub(rb"[A-Za-z0-9+/]", b"", bytes(range(256)))


def decode(value: str | bytes) -> str:
    """The words of a header value as text: one line, without control or bidi-override characters.

    >>> decode("=?utf-8?q?hi=0D=0ABcc:_evil?=")
    'hi Bcc: evil'
    """
    line = value[:LONGEST_VALUE]
    if isinstance(line, bytes):
        line = decoded(line)
    return one_line("".join(_pieces(line)))


def one_line(text: str) -> str:
    """No CR, LF, control or bidi-override character, no space at the ends."""
    return _UNWANTED.sub("", _SPACE.sub(" ", text)).strip()


def from_base64(data: bytes) -> bytes:
    """What can be read of base64 up to its padding, whatever stands between or is missing."""
    clean = data.partition(b"=")[0].translate(None, _NO_BASE64)
    clean = clean[: len(clean) - (len(clean) % 4 == 1)]
    return base64.b64decode(clean + b"=" * (-len(clean) % 4))


def _pieces(line: str) -> Iterator[str]:
    charset, pending, end = "", b"", 0
    for word in _WORD.finditer(line):
        gap = line[end : word.start()]
        end = word.end()
        # A character may be split between two words, so neighbours are decoded together.
        if not (pending and not gap.strip() and word[1].lower() == charset):
            yield decoded(pending, charset)
            yield gap if gap.strip() or not pending else ""
            charset, pending = word[1].lower(), b""
        pending += _content(word)
    yield decoded(pending, charset)
    yield line[end:]


def _content(word: re.Match[str]) -> bytes:
    data = (word[3] if word[2] else word[5]).encode("utf-8", "replace")
    return from_base64(data) if word[2] else quopri.decodestring(data.replace(b"_", b" "))
