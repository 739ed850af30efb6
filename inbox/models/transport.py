"""What is kept beside an e-mail for a while, and purged: how it travelled (M28 to M31).

Nothing here is needed to match replies or to show a timeline (M33). Envelopes, header blocks and
raw copies are ciphertext at rest.
"""

import json
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Email, Hold
from crm.models.fields import EncryptedTextField

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class BesideEmailQuerySet(models.QuerySet[Any]):
    def not_held(self) -> "BesideEmailQuerySet":
        """Without those of e-mails on the timeline of a record under a legal hold (M57)."""
        return self.exclude(email__in=Hold.objects.activities())


class BesideEmail(models.Model):
    at = models.DateTimeField(db_index=True)  # when it was sent, or found

    objects: ClassVar[Any] = BesideEmailQuerySet.as_manager()

    class Meta:
        abstract = True


class Envelope(NamedTuple):
    """Who sent it to whom (RFC 5321, 2.3.1), and what the server said of it: by recipient, "" for
    what it said of the message."""

    sender: str
    recipients: list[str]
    answers: dict[str, str]

    def sealed(self) -> str:
        return json.dumps(self)


class TransportRecord(BesideEmail):
    """Envelope, size and times of one sending or finding (M28)."""

    email = models.ForeignKey(Email, models.CASCADE, related_name="transport")
    mailbox = models.ForeignKey(
        "inbox.Mailbox", models.SET_NULL, null=True, related_name="transport"
    )
    sealed = EncryptedTextField(null=True, blank=True)  # its Envelope; null: it was found
    size = models.PositiveBigIntegerField()  # bytes
    arrived_at = models.DateTimeField(null=True)  # as the server says of what was found
    # In clear, of rows from before there was `sealed`: they are purged with their month (M28).
    sender = models.CharField(max_length=320, blank=True)
    recipients = models.JSONField(default=list)
    answers = models.JSONField(default=dict)

    class Meta:
        verbose_name, verbose_name_plural = _("transport record"), _("transport records")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"transport of e-mail {self.email_id}"

    @property
    def envelope(self) -> Envelope:
        if self.sealed:
            return Envelope(*json.loads(self.sealed))
        return Envelope(self.sender, self.recipients, self.answers)


class HeaderBlock(BesideEmail):
    """The raw header block of an e-mail (M30: found, M31: sent)."""

    class Origin(models.TextChoices):
        SYNCED = "synced", _("found")
        SENT = "sent", _("sent from here")

    email = models.ForeignKey(Email, models.CASCADE, related_name="header_blocks")
    origin = models.CharField(max_length=6, choices=Origin)
    text = EncryptedTextField()  # as Latin-1, which keeps every byte

    class Meta:
        verbose_name, verbose_name_plural = _("header block"), _("header blocks")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["email", "origin"], name="headers_kept_once")
        ]

    def __str__(self) -> str:
        return f"headers of e-mail {self.email_id}"


class RawCopy(BesideEmail):
    """A whole message that was logged by Bcc, forwarding or folder, or sent by a sequence (M29)."""

    email = models.OneToOneField(Email, models.CASCADE, related_name="raw_copy")
    text = EncryptedTextField()  # as Latin-1, which keeps every byte

    class Meta:
        verbose_name, verbose_name_plural = _("raw copy"), _("raw copies")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"raw copy of e-mail {self.email_id}"


def headers_of(raw: bytes) -> bytes:
    """The header block of a message: up to its first empty line (RFC 5322, 2.1)."""
    ends = [raw.find(end) for end in (b"\r\n\r\n", b"\n\n") if end in raw]
    return raw[: min(ends, default=len(raw))]


def keep_headers(mails: "Iterable[tuple[Email, bytes]]", origin: str, at: "datetime") -> None:
    """Keep the headers of messages for M30 or M31; once, wherever else they are found."""
    rows = [
        HeaderBlock(email=email, origin=origin, text=headers_of(raw).decode("latin-1"), at=at)
        for email, raw in mails
    ]
    HeaderBlock.objects.bulk_create(rows, ignore_conflicts=True)


def keep_raw(mails: "Iterable[tuple[Email, bytes]]", at: "datetime") -> None:
    """Keep whole messages for M29; once, wherever else they are found."""
    rows = [RawCopy(email=email, text=raw.decode("latin-1"), at=at) for email, raw in mails]
    RawCopy.objects.bulk_create(rows, ignore_conflicts=True)
