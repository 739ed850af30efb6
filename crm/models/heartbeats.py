"""Heartbeat: when a part of the system was last seen alive, for `/api/v1/health`."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

FRESH = timedelta(seconds=60)


class Heartbeat(models.Model):
    part = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.part

    @classmethod
    def beat(cls, part: str) -> None:
        cls.objects.update_or_create(part=part, defaults={"at": timezone.now()})

    @classmethod
    def fresh(cls, part: str) -> bool:
        return cls.objects.filter(part=part, at__gt=timezone.now() - FRESH).exists()
