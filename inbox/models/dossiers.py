"""What is kept of privacy requests (M36, M59): archives to take away, erasures and their receipts.

An ErasedAddress is a keyed hash: it keeps the connected inbox from making the same person a contact
again, and names nobody.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Contact, User
from crm.models.attachments import FileRow
from crm.models.base import Timestamped
from inbox.mime import tombstones
from inbox.mime.ids import normal
from inbox.models.mailboxes import Mailbox

LEASE = timedelta(minutes=10)  # of one attempt, renewed batch by batch
KEPT = timedelta(hours=24)  # an archive, from when it is ready


class RunQuerySet(models.QuerySet[Any]):
    def open(self) -> Self:
        return self.filter(finished_at=None)

    def due(self, now: datetime) -> Self:
        return self.open().filter(due_at__lte=now, claimed_until__lte=now)


class Run(Timestamped):
    """Done by one worker at a time, and again from where it was by another when that one died."""

    due_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict, blank=True)  # how many of what; no content

    objects: ClassVar[Any] = RunQuerySet.as_manager()

    class Meta:
        abstract = True

    def claim(self, now: datetime) -> bool:
        """Take it for one attempt; False where another has it, or has done it."""
        rows = type(self).objects.due(now).filter(pk=self.pk)
        return bool(rows.update(claimed_until=now + LEASE))

    def hold(self) -> None:
        """Go on with it for as long again."""
        type(self).objects.filter(pk=self.pk).update(claimed_until=timezone.now() + LEASE)


class Erasure(Run):
    """A person is to be erased; once that is done it is the receipt, which no longer says whom."""

    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="erasures"
    )
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="erasures")

    class Meta:
        verbose_name, verbose_name_plural = _("erasure"), _("erasures")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact"], condition=Q(finished_at=None), name="erased_once"
            )
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk}"


class ErasedAddressQuerySet(models.QuerySet["ErasedAddress"]):
    def among(self, addresses: Iterable[str]) -> set[str]:
        """Which of the addresses were erased, as they were given; one query."""
        marks = {
            mark: address
            for address in addresses
            for mark in tombstones.every(_said(address), settings.MESSAGE_ID_KEYS)
        }
        if not marks:
            return set()
        found = self.filter(mark__in=list(marks)).values_list("mark", flat=True)
        return {marks[mark] for mark in found}

    def note(self, addresses: Iterable[str]) -> None:
        key = settings.MESSAGE_ID_KEYS[0]
        marks = [tombstones.make(_said(address), key) for address in addresses]
        rows = [self.model(mark=mark, key=tombstones.name_of(key)) for mark in marks]
        self.bulk_create(rows, ignore_conflicts=True)


class ErasedAddress(models.Model):
    mark = models.CharField(max_length=80, unique=True)
    key = models.CharField(max_length=12, blank=True, default="", db_default="")  # its name
    at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = ErasedAddressQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("erased address"), _("erased addresses")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"erased address {self.pk}"


def _said(address: str) -> str:
    return f"erased\0{normal(address).lower()}"


class ExportQuerySet(RunQuerySet):
    def visible_to(self, user: User) -> Self:
        """An archive belongs to who asked for it alone."""
        return self.filter(user=user)

    def ready(self, now: datetime) -> Self:
        return self.filter(finished_at__gt=now - KEPT).exclude(path="")

    def over(self, now: datetime) -> Self:
        return self.filter(finished_at__lte=now - KEPT)


class ExportRun(FileRow, Run):
    """An archive of what is stored on a contact, or of the conversation of a mailbox."""

    # Whichever of them goes, the row stays until its file has gone with it.
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="exports")
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="exports"
    )
    mailbox = models.ForeignKey(
        Mailbox, models.SET_NULL, null=True, blank=True, related_name="exports"
    )

    objects: ClassVar[Any] = ExportQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("export"), _("exports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"export {self.pk}"

    @property
    def goes_at(self) -> datetime | None:
        return self.finished_at + KEPT if self.finished_at else None
