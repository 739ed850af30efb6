"""Pipeline, Stage and Deal (M40)."""

from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.base import Timestamped
from crm.models.visibility import Record, RecordQuerySet


class Pipeline(Timestamped):
    name = models.CharField(_("name"), max_length=100)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Stage(Timestamped):
    class Outcome(models.TextChoices):
        OPEN = "open", _("open")
        WON = "won", _("won")
        LOST = "lost", _("lost")

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="stages")
    name = models.CharField(_("name"), max_length=100)
    position = models.PositiveSmallIntegerField(default=0)
    probability = models.PositiveSmallIntegerField(_("probability in percent"), default=0)
    outcome = models.CharField(max_length=4, choices=Outcome, default=Outcome.OPEN)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class DealQuerySet(RecordQuerySet):
    def open(self) -> Self:
        return self.kept().filter(stage__outcome=Stage.Outcome.OPEN)


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
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name
