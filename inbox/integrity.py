"""Which rows of mail contradict one another: what `check_integrity` asks, beside files and secrets.

Each question finds what no run leaves, whatever was killed, cut or restarted meanwhile. The names
are those that the command prints, with how many rows there are.
"""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from crm.integrity import Questions
from crm.models import Attachment, Email, Participant
from inbox.models import (
    Folder,
    MailboxCopy,
    MessageId,
    Outgoing,
    Reading,
    Redelivery,
    TransportRecord,
)

Rows = QuerySet[Any]
_STATE, _COPY, _STATUS = Outgoing.State, Outgoing.CopyState, Email.Status
# What the timeline says of an e-mail in each state of its delivery; a report may say more.
_SHOWN: dict[str, list[str]] = {
    _STATE.QUEUED: [_STATUS.QUEUED, _STATUS.SCHEDULED],
    _STATE.HELD: [_STATUS.QUEUED, _STATUS.SCHEDULED],
    _STATE.SENDING: [_STATUS.SENDING],
    _STATE.UNKNOWN: [_STATUS.UNKNOWN],
    _STATE.SENT: [_STATUS.SENT],
    _STATE.FAILED: [_STATUS.FAILED],
    _STATE.CANCELLED: [_STATUS.CANCELLED],
}


def _without_id() -> Rows:
    """It would be logged once more where it is found next (M10)."""
    return Email.objects.filter(message_ids=None)


def _doubled() -> Rows:
    """One message that is two e-mails: the same id, Date, sender, subject and text (M10). Whatever
    shares its id with another message is known by its fields alone, so only those are compared."""
    ids = MessageId.objects.filter(email=OuterRef("pk"))
    sender = Participant.objects.filter(email=OuterRef("pk"), role=Participant.Role.FROM)
    told = {
        "dated_": ids.exclude(dated=None).values("dated")[:1],
        "sender_": sender.values("address")[:1],
    }
    alike = (*told, "message_id", "direction", "subject", "text")
    first = Email.objects.annotate(**told).exclude(pk=OuterRef("pk"))
    by_fields = Exists(ids.filter(value__startswith="fields:"))
    rows = Email.objects.exclude(message_id="").filter(by_fields).annotate(**told)
    return rows.filter(Exists(first.filter(**{name: OuterRef(name) for name in alike})))


def _unread() -> Rows:
    """Logged from a mailbox whose ledger does not say that it was read there (M13). A message that
    forwards several is one line of the ledger."""
    found = TransportRecord.objects.exclude(mailbox=None).exclude(arrived_at=None)
    read = Reading.objects.filter(email=OuterRef("email"), mailbox=OuterRef("mailbox"))
    return found.exclude(email__source=Email.Source.FORWARD).exclude(Exists(read))


def _misplaced() -> Rows:
    """A copy in a folder of another mailbox."""
    return MailboxCopy.objects.exclude(folder=None).exclude(mailbox=F("folder__mailbox"))


def _says_otherwise() -> Rows:
    """The timeline says of a delivery what is not so (M23)."""
    true = Q(email__status=_STATUS.BOUNCED)
    for state, shown in _SHOWN.items():
        true |= Q(state=state, email__status__in=shown)
    return Outgoing.objects.exclude(true)


def _settled_with_bytes() -> Rows:
    """Delivered and filed, or taken back: nobody sends its bytes any more (M33)."""
    filed = Q(state=_STATE.SENT) & ~Q(copy_state=_COPY.PENDING)
    return Outgoing.objects.filter(filed | Q(state=_STATE.CANCELLED)).exclude(frozen=None)


def _redelivered_with_bytes() -> Rows:
    ended = [Redelivery.State.DONE, Redelivery.State.FAILED, Redelivery.State.UNKNOWN]
    return Redelivery.objects.filter(state__in=ended).exclude(frozen=None)


def _nowhere() -> Rows:
    """A place in a folder that has no numbers."""
    return Folder.objects.filter(uidvalidity=None, next_uid__gt=1)


def _files_of_no_bytes() -> Rows:
    """Neither stored nor said why not (M18)."""
    return Attachment.objects.filter(path="", not_stored="")


QUESTIONS: Questions = {
    "emails_without_id": _without_id,
    "emails_logged_twice": _doubled,
    "emails_without_reading": _unread,
    "copies_in_others_folders": _misplaced,
    "deliveries_said_otherwise": _says_otherwise,
    "deliveries_settled_with_bytes": _settled_with_bytes,
    "redeliveries_settled_with_bytes": _redelivered_with_bytes,
    "cursors_without_numbers": _nowhere,
    "attachments_without_bytes": _files_of_no_bytes,
}
