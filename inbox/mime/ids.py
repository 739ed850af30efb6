"""Message-IDs out of header values, and the form in which they are compared. M7, RFC 5322 3.6.4.

>>> message_ids("<a@x> (seen on Monday) <b@x>")
('a@x', 'b@x')
>>> normal("<a@ x>")
'a@x'
"""

import hashlib
import re

from inbox.mime import words
from inbox.mime.charsets import decoded

# Providers that replace a Message-ID keep the one it had: Exchange, Gmail, Yahoo and others.
ORIGINAL_IDS = (
    "x-microsoft-original-message-id",
    "x-google-original-message-id",
    "x-original-message-id",
)
KEPT_AT_EACH_END = 50
LONGEST_STORED = 250
_LONGEST_VALUE = 90_000

_DROPPED = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_BRACKETED = re.compile(r"<([^<>]+)(?:>|$|(?=<))|(?:^|(?<=[\s,;>]))([^\s<>,;()]+@[^\s<>,;()]+)>")
_COMMENT = re.compile(r"\([^()<>]*\)")
_SEPARATOR = re.compile(r"[\s,;<>]+")


def message_ids(value: str | bytes) -> tuple[str, ...]:
    """The ids of a References, In-Reply-To or Message-ID value, in order, each once.

    Of a bomb of ids the first and the last fifty are kept: the root and the nearest ancestors.
    """
    line = _readable(value)
    found = [one or other for one, other in _BRACKETED.findall(line)] or _bare(line)
    ids = list(dict.fromkeys(filter(None, map(_stripped, found))))
    if len(ids) > 2 * KEPT_AT_EACH_END:
        ids = ids[:KEPT_AT_EACH_END] + ids[-KEPT_AT_EACH_END:]
    return tuple(ids)


def normal(message_id: str) -> str:
    """The form stored and compared. Case counts (RFC 5322 says so); too long becomes a hash."""
    stripped = _stripped(message_id)
    if len(stripped) <= LONGEST_STORED:
        return stripped
    return "sha256:" + hashlib.sha256(stripped.encode()).hexdigest()


def _readable(value: str | bytes) -> str:
    """Some mailers, Python's own among them, make encoded words of ids that are long."""
    line = _bounded(decoded(value) if isinstance(value, bytes) else value)
    return words.decode(line) if "=?" in line else line


def _bounded(line: str) -> str:
    if len(line) <= _LONGEST_VALUE:
        return line
    half = _LONGEST_VALUE // 2
    return line[:half].rpartition(">")[0] + "> " + line[-half:].partition(">")[2]


def _bare(line: str) -> list[str]:
    """Some mailers leave the brackets out; then words with an @ are ids, or the only word is."""
    found = [word for word in _SEPARATOR.split(_COMMENT.sub(" ", line)) if word]
    return found if len(found) == 1 else [word for word in found if "@" in word]


def _stripped(message_id: str) -> str:
    return _DROPPED.sub("", message_id).strip("<>")
