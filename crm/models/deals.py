"""Pipeline, Stage and Deal (M40)."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.models.activities import Association, unanswered
from crm.models.base import Timestamped
from crm.models.visibility import Record, RecordQuerySet, company_holding

if TYPE_CHECKING:
    from crm.models.users import User

QUIET = timedelta(days=14)  # after so long without anything, a deal has gone quiet


class Pipeline(Timestamped):
    name = models.CharField(_("name"), max_length=100)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("pipeline"), _("pipelines")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Stage(Timestamped):
    class Outcome(models.TextChoices):
        OPEN = "open", pgettext_lazy("a deal", "open")
        WON = "won", _("won")
        LOST = "lost", _("lost")

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="stages")
    name = models.CharField(_("name"), max_length=100)
    position = models.PositiveSmallIntegerField(default=0)
    probability = models.PositiveSmallIntegerField(_("probability in percent"), default=0)
    outcome = models.CharField(max_length=4, choices=Outcome, default=Outcome.OPEN)

    class Meta:
        verbose_name, verbose_name_plural = _("stage"), _("stages")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class DealQuerySet(RecordQuerySet):
    def open(self) -> Self:
        return self.kept().filter(stage__outcome=Stage.Outcome.OPEN)

    def _holding(self, word: str, user: "User") -> Q:
        return Q(name__icontains=word) | company_holding(word, user)

    def with_last_at(self) -> Self:
        """With `last_at`, when something happened last: on its timeline, or its stage."""
        places = Association.objects.filter(deal=OuterRef("pk"), activity__deleted_at=None)
        newest = places.order_by("-at", "-activity_id").values("at")[:1]
        return self.annotate(last_at=Coalesce(Subquery(newest), "stage_since"))

    def needing_attention(self, now: datetime) -> Self:
        """Open ones with a late task, with nothing planned, or with an e-mail not answered."""
        tasks = Association.objects.filter(
            deal=OuterRef("pk"),
            activity__deleted_at=None,
            activity__task__isnull=False,
            activity__task__done_at=None,
        )
        late = Exists(tasks.filter(activity__task__due_at__lt=now))
        waits = Exists(unanswered("deal", now).filter(deal=OuterRef("pk")))
        return self.open().filter(Q(late) | ~Q(Exists(tasks)) | Q(waits))


class Deal(Record):
    name = models.CharField(_("name"), max_length=200)
    amount = models.DecimalField(
        _("amount"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="deals")
    stage_since = models.DateTimeField(default=timezone.now, editable=False)
    lost_reason = models.CharField(_("reason it was lost"), max_length=200, blank=True)
    close_date = models.DateField(_("close date"), null=True, blank=True)
    company = models.ForeignKey(
        "crm.Company", models.SET_NULL, null=True, blank=True, related_name="deals"
    )
    contacts = models.ManyToManyField("crm.Contact", blank=True, related_name="deals")

    objects: ClassVar[Any] = DealQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("deal"), _("deals")
        ordering = ["-id"]
        indexes = [models.Index(fields=["stage", "stage_since", "id"], name="deal_in_lane")]

    def __str__(self) -> str:
        return self.name
