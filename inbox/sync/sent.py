"""What a copy in the Sent folder teaches: a rewritten Message-ID (M9), a delivery (M23)."""

from collections.abc import Collection, Sequence
from datetime import datetime

from crm import timeline
from crm.models import Email
from inbox import copies, deliveries, threads
from inbox.models import Folder, MessageId
from inbox.sync.judging import Verdict


def note_known(verdicts: Sequence[Verdict], folder: Folder, now: datetime) -> None:
    """Messages that the CRM has, seen in a folder: remember the copies, and what they prove. What
    was erased since they were judged is nobody's any more. A constant number of statements, but
    for what is proven."""
    known = {verdict.email.pk for verdict in verdicts if verdict.email}
    emails = Email.objects.select_related("activity").defer("text", "html").in_bulk(known)
    seen = [(v, emails[v.email.pk]) for v in verdicts if v.email and v.email.pk in emails]
    copies.note({verdict.uid: [email] for verdict, email in seen}, folder)
    if folder.role != Folder.Role.SENT:
        return
    learnt = MessageId.objects.learn_all({verdict.identity: email for verdict, email in seen})
    for value, email in learnt.items():
        threads.arrived([value], email)
    undecided = deliveries.undecided(emails.keys())
    proven = [email.pk for email in emails.values() if _prove(email, now, undecided)]
    if proven:
        timeline.touch_all(proven)


def _prove(email: Email, now: datetime, undecided: Collection[int]) -> bool:
    """That it left, and that we wrote it, where a colleague's INBOX had it first and nothing
    proved that. Whether that is news."""
    was_unproven = email.unproven
    if was_unproven:
        email.unproven, email.direction = False, Email.Direction.OUTGOING
        email.save(update_fields=["unproven", "direction"])
    left = email.pk in undecided and deliveries.confirm_delivery(email, now)
    return was_unproven or left
