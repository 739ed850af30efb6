"""What a copy in the Sent folder teaches: a rewritten Message-ID (M9), a delivery (M23)."""

from datetime import datetime

from crm import timeline
from crm.models import Email
from inbox import threads
from inbox.logbook import confirm_delivery, note_copy, these_alone
from inbox.models import Folder, Mailbox, MessageId
from inbox.sync.judging import Verdict


def note_known(verdict: Verdict, mailbox: Mailbox, folder: Folder, now: datetime) -> None:
    """A message that the CRM has, seen in a folder: remember the copy, and what it proves."""
    assert verdict.email is not None  # the caller chose those that are known
    note_copy(verdict.email, mailbox, folder, verdict.uid)
    these_alone([verdict.email], folder, verdict.uid)
    if folder.role == Folder.Role.SENT:
        if MessageId.objects.learn(verdict.identity, verdict.email):
            threads.arrived([verdict.identity], verdict.email)
        _prove(verdict.email)
        confirm_delivery(verdict.email, now)


def _prove(email: Email) -> None:
    """A colleague's INBOX had it first, where nothing proved that we wrote it. Sent does."""
    if email.unproven:
        email.unproven, email.direction = False, Email.Direction.OUTGOING
        email.save(update_fields=["unproven", "direction"])
        timeline.touch(email.activity)
