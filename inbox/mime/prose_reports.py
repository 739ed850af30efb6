"""Failures that a server tells in prose, without RFC 3464: who was not reached, and why. M20.

Only what a mail server sent is read so: its postmaster or daemon, or a null path. A letter that
quotes a bounce, and an absence note, are none.
"""

import re

from inbox.mime import fields
from inbox.mime.addresses import addresses
from inbox.mime.charsets import decoded
from inbox.mime.fields import Fields
from inbox.mime.ids import message_ids
from inbox.mime.tree import Part
from inbox.mime.types import Address

LONGEST = 20_000
_LONGEST_LINE = 400
_ORIGINAL_TYPES = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers")
_SERVER = re.compile(r"mailer-?daemon|post_?master|mail delivery (?:sub)?system", re.IGNORECASE)
_FAILS = re.compile(
    r"undeliver|not (?:be )?(?:deliver|reach)|unable to (?:send|deliver)|fail(?:ed|ure)|rejected"
    r"|abort|delayed|mail system error|permanent (?:fatal )?errors?|incorrectly constructed"
    r"|(?:error|trouble).{0,60}(?:sending|deliver)|(?<![\d.])[45]\d\d[ -]",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"\bwarning message only|\b(?:has been|was) delayed|\bnot yet been delivered|\bwill be retried"
    r"|\(delay\)",
    re.IGNORECASE,
)
_RETURNED = re.compile(
    r"\W*(?:original (?:message|mail)|returned (?:message|mail)|(?:this|below|here) is a copy of"
    r"|the following is a copy|(?:original )?message headers|the header of the original"
    r"|bounced e-?mail)",
    re.IGNORECASE,
)
_HEADER = re.compile(r"(?i:return-path|received|message-id|from|to|subject|date|mime-version):")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'@\\]{1,64}@[^\s<>()\[\],;:\"'@\\]{1,255}")
_HELP = re.compile(r"\bcontact\b|send mail to|forward this", re.IGNORECASE)


def is_from_server(found: Fields) -> bool:
    """A mail server wrote it: nobody reads what is answered to it."""
    path, sender = found.raw("return-path")[:300], found.raw("from")[:300]
    if _SERVER.search(decoded(path + b" " + sender)):
        return True
    return found.null_path or not sender.strip(b"<> \t")


def failed(root: Part) -> tuple[list[str], str, bool]:
    """Who was not reached, in which words, and whether the server goes on trying; nobody where it
    tells of no failure."""
    said, returned = _told(root)
    about = f"{root.fields.text('subject')[:_LONGEST_LINE]}\n{said}"
    if not (is_from_server(root.fields) and _FAILS.search(about)):
        return [], "", False
    delayed = bool(_DELAYED.search(about))
    return _recipients(root.fields, said, returned), said, delayed


def original_ids(root: Part) -> tuple[str, ...]:
    """The Message-IDs in the header that is returned within the text."""
    return message_ids(_told(root)[1].raw("message-id"))


def as_lines(root: Part) -> list[str]:
    """The text of a report, bounded, in short lines, up to a returned message that is a part."""
    texts = []
    for part in root.walk():
        if part.content_type in _ORIGINAL_TYPES:
            break
        if not part.parts and part.content_type.startswith(("text/plain", "multipart/")):
            texts.append(_text(part))
    return [line.rstrip()[:_LONGEST_LINE] for line in "\n".join(texts)[:LONGEST].splitlines()]


def _text(part: Part) -> str:
    content = part.content() if part.content_type == "text/plain" else part.body
    return decoded(content[:LONGEST], part.parameters.get("charset", ""))


def _told(root: Part) -> tuple[str, Fields]:
    """What the server says, and the header fields of what it returns."""
    lines = as_lines(root)
    end = next((n for n in range(1, len(lines)) if _returns(lines, n)), len(lines))
    begin = next((n for n in range(end, len(lines)) if _HEADER.match(lines[n])), len(lines))
    original = next((p.content() for p in root.walk() if p.content_type in _ORIGINAL_TYPES), b"")
    raw = original[:LONGEST].lstrip() or "\n".join(lines[begin:]).encode("utf-8", "replace")
    return "\n".join(lines[:end]), fields.split(raw)[0]


def _returns(lines: list[str], index: int) -> bool:
    """Whether the mail that comes back begins here: it is announced, or a header of three lines."""
    following = lines[index : index + 3]
    return bool(_RETURNED.match(lines[index])) or (
        len(following) == 3 and all(map(_HEADER.match, following))
    )


def _recipients(found: Fields, said: str, returned: Fields) -> list[str]:
    """Who is named and was written to; else whoever is named; else who was written to."""
    own = {person.address.lower() for person in _people(found, "to", "from")}
    wrote_to = [person.address for person in _people(returned, "to", "cc")]
    named = [name for name in _named(said) if name.lower() not in own]
    known = {address.lower() for address in wrote_to}
    return [name for name in named if name.lower() in known] or named or wrote_to[:1]


def _people(found: Fields, *names: str) -> list[Address]:
    return [person for name in names for person in addresses(found.every(name))]


def _named(said: str) -> list[str]:
    lines = (line for line in said.splitlines() if not _HELP.search(line))
    found = (each.strip(".") for line in lines for each in _ADDRESS.findall(line))
    return list({address.lower(): address for address in found}.values())
