"""Heartbeat: when a part of the system was last seen alive, for `/api/v1/health`."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

FRESH = timedelta(seconds=60)


class Heartbeat(models.Model):
    part = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()
    since = models.DateTimeField()  # it has beaten from then on, without a pause

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("heartbeat"), gettext_lazy("heartbeats")

    def __str__(self) -> str:
        return self.part

    @classmethod
    def beat(cls, part: str) -> None:
        now = timezone.now()
        row, _made = cls.objects.get_or_create(part=part, defaults={"at": now, "since": now})
        since = row.since if now - row.at < FRESH else now
        cls.objects.filter(pk=row.pk).update(at=now, since=since)

    @classmethod
    def fresh(cls, part: str) -> bool:
        return cls.objects.filter(part=part, at__gt=timezone.now() - FRESH).exists()

    @classmethod
    def steady_for(cls, part: str, now: datetime) -> timedelta:
        """How long it has been beating; nothing where it does not."""
        row = cls.objects.filter(part=part, at__gt=now - FRESH).first()
        return now - row.since if row else timedelta()
