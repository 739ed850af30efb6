"""Quarantined: a message that was read and could not be understood or logged (M47)."""

from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Email, Hold
from crm.models.fields import EncryptedTextField
from inbox.models.held import keep_held
from inbox.models.mailboxes import Folder, Mailbox


class QuarantinedQuerySet(models.QuerySet["Quarantined"]):
    def shown(self, mailbox: Mailbox) -> Self:
        """Those of a mailbox, for its page: without the bytes."""
        return self.filter(mailbox=mailbox).defer("sealed").select_related("folder")

    def to_try(self) -> Self:
        """Those that can be logged: into a mailbox that is there."""
        return self.exclude(mailbox=None).select_related("mailbox__owner", "folder", "answers")

    def not_held(self) -> Self:
        """Without those that answer an e-mail under a legal hold (M57)."""
        return self.exclude(answers__in=Hold.objects.activities())


class Quarantined(models.Model):
    """Where the message lies, what went wrong, and its bytes; `inbox.sync.quarantine` writes and
    reads `sealed`. It goes when the message is logged after all, or with its mailbox, which it
    outlives under a legal hold alone."""

    held_by: ClassVar[str] = "answers"  # whose hold keeps it
    mailbox = models.ForeignKey(Mailbox, keep_held, null=True, related_name="quarantine")
    of_address = models.CharField(max_length=254, blank=True)  # of a mailbox that is gone
    folder = models.ForeignKey(Folder, keep_held, null=True, related_name="quarantine")
    uidvalidity = models.PositiveBigIntegerField()
    uid = models.PositiveBigIntegerField()
    answers = models.ForeignKey(Email, models.SET_NULL, null=True, blank=True, related_name="+")
    reading = models.ForeignKey(
        "inbox.Reading", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    arrived_at = models.DateTimeField()
    size = models.PositiveBigIntegerField()  # bytes
    error = models.CharField(max_length=200)  # kind and place, never words of the message
    sealed = EncryptedTextField()
    # Only its beginning is kept: to be tried again it is fetched from its mailbox once more.
    cut = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)
    tried_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=1)

    objects: ClassVar[Any] = QuarantinedQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name, verbose_name_plural = _("unreadable message"), _("unreadable messages")
        constraints = [
            models.UniqueConstraint(
                fields=["folder", "uidvalidity", "uid"], name="quarantined_once"
            )
        ]

    def __str__(self) -> str:
        return f"UID {self.uid}"
