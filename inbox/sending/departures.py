"""What is kept for a while of how an e-mail went out: envelope, size, times, headers (M28, M31)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from inbox.models import HeaderBlock, Outgoing, StepRun, TransportRecord
from inbox.models.transport import Envelope, keep_headers, keep_raw
from inbox.sending import recipients


def keep(outgoing: Outgoing, answers: Mapping[str, str], now: datetime) -> None:
    """`answers` are the servers' words by recipient; "" has those for the message itself."""
    raw = bytes(outgoing.frozen or b"")
    sender, everybody = recipients.envelope(outgoing)
    TransportRecord.objects.create(
        email=outgoing.email,
        mailbox=outgoing.mailbox,
        at=now,
        sealed=Envelope(sender, everybody, dict(answers)).sealed(),
        size=len(raw),
    )
    mail = [(outgoing.email, raw)]
    keep_headers(mail, HeaderBlock.Origin.SENT, now)
    if StepRun.objects.filter(activity=outgoing.email_id).exists():  # M29: of a sequence, whole
        keep_raw(mail, now)


@transaction.atomic
def keep_if_none(outgoing: Outgoing) -> None:
    """The same of one whose fate was found out later, by an answer, a copy or a person: before its
    bytes go. Nothing where they are gone since, with somebody who was erased."""
    rows = Outgoing.objects.select_for_update(of=("self",)).filter(pk=outgoing.pk)
    there = rows.exclude(frozen=None).select_related("email").first()
    if there and not TransportRecord.objects.filter(email=there.email).exists():
        keep(there, {}, there.sent_at or timezone.now())
