"""Notice: something that one person is told, in the bell and perhaps by system mail (M37)."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from crm.models.base import Timestamped

MOST_TRIES = 12  # with the pauses below: about two days


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(user=user)

    def unread(self) -> Self:
        return self.filter(read_at=None)

    def mail_due(self, now: datetime) -> Self:
        return self.filter(mail_due_at__lte=now)


class Notice(Timestamped):
    """`kind` and `values` alone; the words are made by `crm.notices` when it is shown."""

    user = models.ForeignKey("crm.User", models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=24)
    values = models.JSONField(default=dict, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mail_due_at = models.DateTimeField(null=True, blank=True)  # None: no mail, or it has left
    mail_tries = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar[Any] = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = (
            gettext_lazy("notification"),
            gettext_lazy("notifications"),
        )
        ordering = ["-id"]
        indexes = [
            # the count beside the bell
            models.Index(fields=["user"], condition=Q(read_at=None), name="notice_unread"),
            models.Index(
                fields=["mail_due_at"],
                condition=Q(mail_due_at__isnull=False),
                name="notice_mail_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"

    def claim_mail(self, now: datetime) -> bool:
        """Whether this one shall mail it now. It is due again later, unless `mailed` is said."""
        tries = self.mail_tries + 1
        pause = min(timedelta(minutes=5) * 2**tries, timedelta(hours=6))
        due = now + pause if tries < MOST_TRIES else None
        mine = Notice.objects.filter(pk=self.pk, mail_due_at=self.mail_due_at)
        return mine.update(mail_due_at=due, mail_tries=tries) == 1

    def mailed(self) -> None:
        Notice.objects.filter(pk=self.pk).update(mail_due_at=None)

    def read(self) -> None:
        if self.read_at is None:
            self.change(read_at=timezone.now())
