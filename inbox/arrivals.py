"""Arrival: a message that was found and read, and what that says of the e-mail it becomes (M14)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.models import Email, Participant, User
from inbox.files import StoredFile
from inbox.mime.ids import normal
from inbox.mime.types import Address, ParsedMessage
from inbox.models import Mailbox
from inbox.reason import Reason


@dataclass(frozen=True)
class Arrival:
    """A message, the mailbox it was found in, and why it was read; its files are stored already.

    `outgoing`: one of us wrote it; `unproven`: it merely says so. `by` is whose engagement it is,
    where that is not the mailbox's owner.
    """

    parsed: ParsedMessage
    files: Sequence[StoredFile]
    mailbox: Mailbox
    arrived_at: datetime
    identity: str
    reason: Reason
    outgoing: bool = False
    unproven: bool = False
    by: User | None = None
    dated: datetime | None = None  # its own Date; None where that is not known to the second

    @property
    def user(self) -> User:
        return self.by or self.mailbox.owner

    def names(self) -> Iterator[str]:
        """The ids that it names, the nearest first (RFC 5322, 3.6.4)."""
        yield from map(normal, self.parsed.in_reply_to)
        yield from map(normal, reversed(self.parsed.references))


def returned_by(parsed: ParsedMessage) -> Iterator[str]:
    """Of a delivery report the ids of what it is about: what it returns, else what it answers.

    Not what its References name: those may be older mails of the conversation, which arrived.
    """
    if parsed.bounce:
        yield from map(normal, parsed.bounce.original_ids)
        yield from map(normal, parsed.in_reply_to)


def moment(arrival: Arrival, answers: Email | None) -> datetime:
    """Servers tell whole seconds, and their clocks differ: no answer stands before its question."""
    if answers is None:
        return arrival.arrived_at
    return max(arrival.arrived_at, answers.activity.at + timedelta(milliseconds=1))


def known_id(arrival: Arrival, answers: Email | None) -> str:
    return answers.message_id if arrival.parsed.bounce and answers else arrival.reason.known_id


def people(parsed: ParsedMessage) -> list[tuple[str, Address]]:
    role = Participant.Role
    found: list[tuple[str, Address]] = [(role.FROM, parsed.sender)] if parsed.sender else []
    for name, addresses in (
        (role.TO, parsed.to),
        (role.CC, parsed.cc),
        (role.BCC, parsed.bcc),  # a copy in Sent may name them
        (role.REPLY_TO, parsed.reply_to),
    ):
        found += [(name, address) for address in addresses]
    return found
