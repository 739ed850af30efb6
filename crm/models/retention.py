"""What retention keeps of itself: holds, receipts, and files that are still to go (M34, M57)."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models.activities import Association
from crm.models.base import Timestamped

if TYPE_CHECKING:
    from crm.models.users import User
    from crm.models.visibility import Record

NOUNS = ("contact", "company", "deal")


class HoldQuerySet(models.QuerySet["Hold"]):
    def active(self) -> Self:
        return self.filter(released_at=None)

    def records(self, noun: str) -> models.QuerySet[Any, Any]:
        """The ids of the contacts, companies or deals that are held."""
        held: models.QuerySet[Any, Any] = self.active().exclude(**{noun: None}).values(noun)
        return held

    def activities(self) -> models.QuerySet[Any, Any]:
        """The ids of what stands on the timeline of a held record, and is held with it."""
        held = Q()
        for noun in NOUNS:
            held |= Q(**{f"{noun}__in": self.records(noun)})
        return Association.objects.filter(held).values("activity")


class Hold(Timestamped):
    """A legal hold: nothing of this record and its timeline is purged or erased meanwhile (M57)."""

    contact = models.ForeignKey(
        "crm.Contact", models.CASCADE, null=True, blank=True, related_name="holds"
    )
    company = models.ForeignKey(
        "crm.Company", models.CASCADE, null=True, blank=True, related_name="holds"
    )
    deal = models.ForeignKey(
        "crm.Deal", models.CASCADE, null=True, blank=True, related_name="holds"
    )
    reason = models.CharField(_("reason"), max_length=300)
    by = models.ForeignKey("crm.User", models.SET_NULL, null=True, related_name="holds")
    released_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = HoldQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("legal hold"), _("legal holds")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(contact__isnull=False, company=None, deal=None)
                | Q(contact=None, company__isnull=False, deal=None)
                | Q(contact=None, company=None, deal__isnull=False),
                name="hold_of_one_record",
            )
        ]

    def __str__(self) -> str:
        return self.reason

    @property
    def record(self) -> "Record":
        record = self.contact or self.company or self.deal
        assert record is not None  # the constraint says so
        return record

    @classmethod
    def place(cls, record: "Record", *, by: "User", reason: str) -> "Hold":
        hold: Hold = cls.objects.create(**{record.noun: record}, by=by, reason=reason)
        return hold

    def release(self, now: datetime) -> None:
        self.change(released_at=now)


class PurgeReceipt(models.Model):
    """What a purge erased: which class, up to when, how much; nothing of the content (M34).

    Without `finished_at` it is under way or was interrupted; the next one goes on.
    """

    rule = models.CharField(max_length=20)
    cutoff = models.DateTimeField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("receipt of a purge"), _("receipts of purges")
        ordering = ["-started_at", "-id"]
        indexes = [models.Index(fields=["rule", "-started_at"], name="receipts_of_rule")]

    def __str__(self) -> str:
        return f"{self.rule} {self.cutoff:%Y-%m-%d}: {self.count}"


class DoomedFile(models.Model):
    """A path in the storage whose last row is gone. It goes after the commit, or at the next purge
    where that was interrupted."""

    path = models.CharField(max_length=100, unique=True)

    class Meta:
        verbose_name, verbose_name_plural = _("file to be deleted"), _("files to be deleted")

    def __str__(self) -> str:
        return self.path
