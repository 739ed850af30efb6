"""Arrival: a message that was found and read, and what that says of the e-mail it becomes (M14)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.models import Email, Participant, User
from inbox.mime.types import Address, ParsedMessage
from inbox.models import Folder, Mailbox
from inbox.reason import Reason


@dataclass(frozen=True)
class Arrival:
    """Where a message was found, why it was read, and the e-mail that it answers, if known.

    `outgoing`: one of us wrote it; `unproven`: it merely says so. `by` is whose engagement it is,
    where that is not the mailbox's owner.
    """

    mailbox: Mailbox
    folder: Folder
    uid: int
    arrived_at: datetime
    identity: str
    reason: Reason
    answers: Email | None
    outgoing: bool = False
    unproven: bool = False
    by: User | None = None
    dated: datetime | None = None  # its own Date; None where that is not known to the second

    @property
    def user(self) -> User:
        return self.by or self.mailbox.owner


def moment(arrival: Arrival, answers: Email | None) -> datetime:
    """Servers tell whole seconds, and their clocks differ: no answer stands before its question."""
    if answers is None:
        return arrival.arrived_at
    return max(arrival.arrived_at, answers.activity.at + timedelta(milliseconds=1))


def known_id(parsed: ParsedMessage, arrival: Arrival, answers: Email | None) -> str:
    return answers.message_id if parsed.bounce and answers else arrival.reason.known_id


def joined(parsed: ParsedMessage, arrival: Arrival, answers: Email | None) -> bool:
    """Whether its sender came into a conversation by naming one of its messages, no more (M7)."""
    if arrival.reason.rule != "reply" or arrival.outgoing or parsed.kind != "normal":
        return False
    assert answers is not None  # log_incoming sees to that
    before = answers.thread.emails.filter(participants__address__iexact=sender(parsed))
    return not before.exists()


def sender(parsed: ParsedMessage) -> str:
    return parsed.sender.address.lower() if parsed.sender else ""


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
