"""What the header fields of a message say: the only thing a look at an INBOX may read. M6, M9, M55.

Bytes in, `ParsedHeaders` out; nothing here raises, whatever a sender wrote.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from inbox.mime import fields
from inbox.mime.addresses import addresses
from inbox.mime.fields import Fields
from inbox.mime.ids import ORIGINAL_IDS, message_ids
from inbox.mime.prose_reports import is_from_server
from inbox.mime.types import Address, ParsedHeaders
from inbox.mime.words import decode

__all__ = ["addresses", "date", "decode", "parse_headers", "said_by"]

_LONGEST_DATE = 200
_YEARS = range(1970, 2200)
_LONGEST_SERVER = 300
_SERVER = re.compile(
    r"([^<>]*)<([a-z0-9._-]{1,64})>$|(mailer-daemon)(?: \(([^()]*)\))?$", re.IGNORECASE
)


def parse_headers(raw: bytes) -> ParsedHeaders:
    """The fields that the rules of a look decide by, from a raw header block or whole message."""
    return said_by(fields.split(fields.with_newlines(raw))[0])


def said_by(found: Fields) -> ParsedHeaders:
    """The same, from fields that were split before."""
    return ParsedHeaders(
        subject=found.text("subject"),
        sender=_sender(found),
        also_from=_also_from(found),
        to=addresses(found.every("to")),
        cc=addresses(found.every("cc")),
        bcc=addresses(found.every("bcc")),
        reply_to=addresses(found.every("reply-to")),
        date=date(found.raw("date")),
        message_id=_first_id(found, "message-id"),
        in_reply_to=_ids(found, "in-reply-to"),
        references=_ids(found, "references"),
        musubi_message=found.text("x-musubi-message")[:200],
        original_ids=tuple(filter(None, (_first_id(found, name) for name in ORIGINAL_IDS))),
        forwarded_ids=_ids(found, "x-forwarded-message-id"),
        auto_submitted=found.word("auto-submitted") not in ("", "no"),
        list_id=any(name in ("list-id", "list-unsubscribe") for name, _value in found.items),
        report=_is_report(found),
        precedence=found.word("precedence"),
    )


def date(value: str | bytes) -> datetime | None:
    """The moment in UTC, or None for what is no date. Years from 1970 to 2199."""
    text = decode(value[:_LONGEST_DATE])
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            moment = moment.astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
            continue
        return moment if moment.year in _YEARS else None
    return None


def _sender(found: Fields) -> Address | None:
    """From says who wrote; Sender, who pressed the button, only where From says nothing."""
    named = addresses(found.every("from")[:1]) or addresses(found.every("sender")[:1])
    return named[0] if named else _server(found.text("from"))


def _also_from(found: Fields) -> tuple[Address, ...]:
    return addresses([*found.every("from"), *found.every("sender")])


def _server(written: str) -> Address | None:
    """`Mail Delivery Subsystem <MAILER-DAEMON>`: the sender's own server has no domain."""
    known = _SERVER.match(written[:_LONGEST_SERVER])
    if known is None:
        return None
    before, angle, bare, comment = (part or "" for part in known.groups())
    return Address((before or comment).strip('" '), angle or bare)


def _first_id(found: Fields, name: str) -> str:
    return next(iter(message_ids(found.raw(name))), "")


def _ids(found: Fields, name: str) -> tuple[str, ...]:
    return message_ids(b" ".join(found.every(name)))


def _is_report(found: Fields) -> bool:
    """It may be about a delivery: a report by the standard, or what a mail server wrote."""
    return found.word("content-type") == "multipart/report" or is_from_server(found)
