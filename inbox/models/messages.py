"""MessageId: every id an e-mail is known by (M10, M33, M48). MailboxCopy: where it lies."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Email

MOST_VALUES = 10_000  # a query takes 32,766 on SQLite; strangers write any number of references


class MessageIdQuerySet(models.QuerySet["MessageId"]):
    def known(self, values: Iterable[str]) -> dict[str, "MessageId"]:
        """The rows of those values that the CRM holds, by value; one query for thousands."""
        wanted = sorted(set(values))
        rows = self.select_related("email__activity")
        found = {}
        for start in range(0, len(wanted), MOST_VALUES):
            part = rows.filter(value__in=wanted[start : start + MOST_VALUES])
            found.update({row.value: row for row in part})
        return found


class MessageId(models.Model):
    """One id, in the normal form of `inbox.mime.ids`; unique, so a message is one engagement.

    Without an e-mail it is a tombstone: what was erased here does not come back (M48).
    """

    class Origin(models.TextChoices):
        OWN = "own", _("made by Musubi")
        REWRITTEN = "rewritten", _("given by the provider")
        SEEN = "seen", _("seen on a message")

    value = models.CharField(max_length=255, unique=True)
    email = models.ForeignKey(
        Email, models.SET_NULL, null=True, blank=True, related_name="message_ids"
    )
    origin = models.CharField(max_length=9, choices=Origin, default=Origin.SEEN)
    # Its Date, as far as it has one: another message may carry the same id (F13)
    dated = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = MessageIdQuerySet.as_manager()

    def __str__(self) -> str:
        return self.value


class AwaitedId(models.Model):
    """An id that an e-mail names nearer than what it answers, and that no e-mail here has yet.

    When one comes that has it, that one is what it answers: threads come together (M27).
    """

    email = models.ForeignKey(Email, models.CASCADE, related_name="awaited_ids")
    value = models.CharField(max_length=255, db_index=True)
    distance = models.PositiveSmallIntegerField()  # 0 is the nearest

    def __str__(self) -> str:
        return self.value


class MailboxCopy(models.Model):
    """A message of a mailbox that is this e-mail: which folder, UIDVALIDITY and UID hold it.

    Retention forgets the place (M28); that the mailbox holds it stays known (M53).
    """

    email = models.ForeignKey(Email, models.CASCADE, related_name="copies")
    mailbox = models.ForeignKey("inbox.Mailbox", models.CASCADE, related_name="copies")
    folder = models.ForeignKey(
        "inbox.Folder", models.CASCADE, null=True, blank=True, related_name="copies"
    )
    uidvalidity = models.PositiveBigIntegerField(null=True, blank=True)
    uid = models.PositiveBigIntegerField(null=True, blank=True)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name_plural = _("mailbox copies")
        constraints = [
            models.UniqueConstraint(fields=["folder", "uidvalidity", "uid"], name="copy_once")
        ]

    def __str__(self) -> str:
        return f"UID {self.uid}"
