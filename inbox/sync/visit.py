"""A visit: one mailbox, one open session, one lease, and what they have come to so far (M60)."""

from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from inbox.models import Absence, Folder, HeadersRead, Mailbox
from inbox.models.absences import RENUMBERED
from inbox.wire.imap import ReadingSession

_OWNERS_WISHES = ["visibility", "scope", "contact_creation", "logs_mail", "authserv_id"]


class LeaseLost(Exception):
    """Somebody else looks at this mailbox now; what is not committed is theirs to do."""


@dataclass
class Receipt:
    """What a look cost and found: the JSON of `sync_mailbox`."""

    headers_read: int = 0
    bodies_read: int = 0
    logged: int = 0
    round_trips: int = 0
    bytes_in: int = 0
    seconds: float = 0.0


@dataclass
class Held:
    """A folder whose cursor waits below a message that may be understood later in this look."""

    folder: Folder
    first: int
    reached: int = 0


@dataclass
class Visit:
    """Who looks: every write goes with the lease, so who lost it writes nothing."""

    mailbox: Mailbox
    session: ReadingSession
    token: str
    receipt: Receipt = field(default_factory=Receipt)
    held: dict[int, Held] = field(default_factory=dict)  # by folder
    absence: Absence | None = None  # that this look catches up

    @transaction.atomic(savepoint=False)
    def renew(self, volume: int = 0) -> None:
        """Hold the lease, for longer where so many bytes are to be read, and learn what the owner
        has changed since the mailbox was taken up. Raises LeaseLost."""
        volume = min(volume, settings.INBOX_MAX_MESSAGE_BYTES)
        if not self.mailbox.hold(self.token, timezone.now(), volume):
            raise LeaseLost
        self.mailbox.refresh_from_db(fields=_OWNERS_WISHES)

    def look_again(self) -> None:
        """Mail that was looked at before is looked at once more, since the server has numbered it
        anew: that is accounted for as an absence is."""
        self.absence = self.absence or Absence.begin(self.mailbox, RENUMBERED, timezone.now())

    @transaction.atomic(savepoint=False)
    def advance(
        self, folder: Folder, next_uid: int, *, headers: int, logged: int = 0, **refused: int
    ) -> None:
        """Move the cursor, in the transaction of what it covers (I4). Raises LeaseLost.

        `headers` is how many were looked at; `refused`, what a rule forbade of them, by its name.
        """
        now = timezone.now()
        if not self.mailbox.hold(self.token, now):
            raise LeaseLost
        if held := self.held.get(folder.pk):
            held.reached = max(held.reached, next_uid)
            next_uid = min(next_uid, held.first)
        HeadersRead.add(self.mailbox, now.date(), headers, **refused)
        if self.absence and (headers or logged):
            self.absence.add(headers, logged)
        folder.change(
            uidvalidity=folder.uidvalidity,
            next_uid=next_uid,
            messages=folder.messages,
            looked_at=now,
        )
