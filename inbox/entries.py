"""Entry: an e-mail that is about to be written, and who is in it (M14)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from crm.models import Contact, Email, Participant
from inbox.arrivals import Arrival
from inbox.files import StoredFile
from inbox.mime.types import Address
from inbox.models import Mailbox, MessageId

People = Sequence[tuple[str, Address]]  # (role, who)
_WRITTEN_TO = {Participant.Role.TO, Participant.Role.CC, Participant.Role.BCC}


@dataclass(eq=False)
class Entry:
    """`email` has its activity, its thread and what it answers as objects, of which none need be
    saved yet; `message_id` is the row that it is known by. `arrival`: how it was found; None: it
    is to be sent. `about`: what a delivery report is about. `awaits` are the ids that it names
    nearer than what it answers.

    The last three are decided while it is logged: whose address had a contact by then, who is
    offered as one, and the contacts on whose timeline it stands.
    """

    email: Email
    message_id: MessageId
    mailbox: Mailbox
    people: People
    files: Sequence[StoredFile]
    arrival: Arrival | None = None
    about: Email | None = None
    awaits: Sequence[str] = ()
    linked: Collection[str] = ()
    offered: Collection[str] = ()
    contacts: Collection[Contact] = field(default_factory=list)

    @property
    def outgoing(self) -> bool:
        return self.email.direction == Email.Direction.OUTGOING

    @property
    def sender(self) -> str:
        """In lower case; "" for none."""
        wrote = (who.address.lower() for role, who in self.people if role == Participant.Role.FROM)
        return next(wrote, "")

    @property
    def addresses(self) -> set[str]:
        """Of everybody in it, in lower case."""
        return {who.address.lower() for _role, who in self.people}

    @property
    def others(self) -> list[Address]:
        """Whom it was written to, and who wrote it where that is none of us."""
        roles = _WRITTEN_TO | (set() if self.outgoing else {Participant.Role.FROM})
        return [who for role, who in self.people if role in roles]

    @property
    def by_machine(self) -> bool:
        parsed = self.arrival.parsed if self.arrival else None
        return parsed is not None and (parsed.kind != "normal" or parsed.from_robot)

    @property
    def may_have_joined(self) -> bool:
        """Whether naming one of our messages may be all that brought its sender here (M7)."""
        if self.arrival is None or self.outgoing or self.arrival.parsed.kind != "normal":
            return False
        return self.arrival.reason.rule == "reply"

    @property
    def meets_people(self) -> bool:
        """Nobody is met through a robot, or through who is not proven (M55)."""
        return self.arrival is None or not (self.arrival.parsed.from_robot or self.email.unproven)
