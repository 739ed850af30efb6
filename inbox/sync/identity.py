"""By what a message is recognised as one that the CRM has: its Message-ID, else its fields. Pure.

M10; faults F13 (one id, two messages) and F14 (no id) of docs/faults.md.
"""

import hashlib

from inbox.mime.ids import normal
from inbox.mime.types import ParsedHeaders


def fingerprint(header: ParsedHeaders) -> str:
    """A name for a message without a Message-ID, or with one that another message has."""
    sender = header.sender.address.lower() if header.sender else ""
    sent = header.date.isoformat() if header.date else ""
    to = ",".join(sorted(person.address.lower() for person in header.to))
    text = "\n".join([normal(header.message_id), sent, sender, to, header.subject])
    return "fields:" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def identity(header: ParsedHeaders) -> str:
    return normal(header.message_id) or fingerprint(header)


def marks(header: ParsedHeaders) -> list[str]:
    """What a copy in Sent may tell of the message that was given to the provider: our own mark,
    and the id that the provider has replaced (M9)."""
    return [normal(value) for value in (header.musubi_message, *header.original_ids) if value]
