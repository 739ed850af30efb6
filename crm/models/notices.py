"""Notice: something that one person is told, in the bell, until they have read it (M37)."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from crm.models.base import Timestamped


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(user=user)

    def unread(self) -> Self:
        return self.filter(read_at=None)


class Notice(Timestamped):
    """`kind` and `values` alone; the words are made by `crm.notices` when it is shown."""

    user = models.ForeignKey("crm.User", models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=24)
    values = models.JSONField(default=dict, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            # the count beside the bell
            models.Index(fields=["user"], condition=Q(read_at=None), name="notice_unread")
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"

    def read(self) -> None:
        if self.read_at is None:
            self.change(read_at=timezone.now())
