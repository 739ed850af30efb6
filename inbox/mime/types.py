"""The values of the pure room `mime`: what a message says, as frozen data without any live object.

Every string here is free of NUL and lone surrogates (PostgreSQL refuses them); what comes from a
header is one line without control or bidi-override characters. Ids stand without angle brackets.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["normal", "bounce", "auto_reply", "delivered_notice", "feedback_report"]


@dataclass(frozen=True, slots=True)
class Address:
    """A person on an e-mail; `address` is as it was written, with its case."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class ParsedAttachment:
    """A part that is no body text; `inline` when the HTML shows it by its `content_id`."""

    name: str
    content_type: str
    size: int
    content: bytes
    content_id: str = ""
    inline: bool = False


@dataclass(frozen=True, slots=True)
class BounceRecipient:
    """One address that was not reached, and what the server said (RFC 3464).

    `permanent` is the class of the status (5.x.x); `failed` says that the server has given up,
    which it also does after a status 4.x.x, when it has tried for days. `original` is how it was
    written to, where an alias or a forwarding led elsewhere; else "".
    """

    address: str
    status: str
    permanent: bool
    diagnostic: str
    failed: bool = True
    original: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A delivery failure; `original_ids` are the Message-IDs of what came back (M20)."""

    recipients: tuple[BounceRecipient, ...]
    status: str
    permanent: bool
    original_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Invitation:
    """An event of a calendar part; `attendees` with what they said (RFC 5545 PARTSTAT).

    `start` and `end` are in UTC; of an `all_day` event they are the midnights of its days.
    """

    method: str  # of RFC 5546: request, cancel, reply, counter, publish, add
    title: str
    start: datetime
    end: datetime | None = None
    all_day: bool = False
    place: str = ""
    organiser: Address | None = None
    attendees: tuple[tuple[Address, str], ...] = ()
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class ParsedHeaders:
    """What a look may know of a message: its header fields only (M6)."""

    subject: str = ""
    sender: Address | None = None
    also_from: tuple[Address, ...] = ()  # all in From, and who sent it for them
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    musubi_message: str = ""
    original_ids: tuple[str, ...] = ()  # what the provider says it replaced (M9)
    forwarded_ids: tuple[str, ...] = ()  # what the program that forwards it says it passes on
    auto_submitted: bool = False
    list_id: bool = False
    report: bool = False
    precedence: str = ""


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """A whole message as people read it. `reply_text` is what was newly written."""

    subject: str = ""
    sender: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    musubi_message: str = ""
    forwarded_ids: tuple[str, ...] = ()
    retold: bool = False  # in the words of a forward: its id is claimed, its date is to the minute
    text: str = ""
    html: str = ""
    reply_text: str = ""
    quoted_text: str = ""
    attachments: tuple[ParsedAttachment, ...] = ()
    kind: Kind = "normal"
    from_robot: bool = False  # a list, a newsletter or a machine sent it (M55)
    bounce: Bounce | None = None
    invitation: Invitation | None = None
    defects: tuple[str, ...] = ()
