"""UndoEntry: how one action is taken back, by whoever did it, while its toast may be pressed."""

import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

LIFE = timedelta(minutes=10)  # the toast goes after 10 s; a slow hand and a second tab may come


def _token() -> str:
    return secrets.token_urlsafe(24)


def _expiry() -> datetime:
    return timezone.now() + LIFE


class UndoQuerySet(models.QuerySet["UndoEntry"]):
    def visible_to(self, user: Any) -> Self:
        """Those that `user` may still press."""
        return self.filter(by=user, used_at=None, expires_at__gt=timezone.now())

    def over(self, now: datetime) -> Self:
        """Those that nobody can press any more: they hold what rows were before."""
        return self.filter(expires_at__lte=now)


class UndoEntry(models.Model):
    """`steps` are read and carried out by `crm.undo`, the last one first."""

    token = models.CharField(max_length=40, unique=True, default=_token)
    by = models.ForeignKey("crm.User", models.CASCADE, related_name="undo_entries")
    steps = models.JSONField()
    expires_at = models.DateTimeField(default=_expiry, db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = UndoQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("undo entry"), gettext_lazy("undo entries")

    def __str__(self) -> str:
        return f"undo {self.pk}"

    @property
    def made_at(self) -> datetime:
        return self.expires_at - LIFE
