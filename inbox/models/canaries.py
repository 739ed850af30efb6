"""Canary: a mail to oneself, once a day, that proves sending, reading and matching (M50)."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import notices
from inbox.models.mailboxes import Mailbox

EVERY = timedelta(days=1)
AFTER_A_FAILURE = timedelta(hours=6)
LOOKED_FOR_EVERY = timedelta(seconds=30)
PATIENCE = timedelta(minutes=10)  # so long one may be on its way
LEASE = timedelta(minutes=3)
LOST = "lost"  # sent, and not seen


class CanaryQuerySet(models.QuerySet["Canary"]):
    def due(self, now: datetime) -> Self:
        """Never with a refused password, which would bring the lock nearer."""
        working = Mailbox.objects.working().filter(logs_mail=False)
        return self.filter(due_at__lte=now, mailbox__in=working)


class Canary(models.Model):
    """That there is one says that it is switched on. In flight it has its `token`."""

    mailbox = models.OneToOneField(Mailbox, models.CASCADE, related_name="canary")
    due_at = models.DateTimeField(default=timezone.now, db_index=True)
    token = models.CharField(max_length=255, blank=True)  # its id, signed like every one of ours
    sent_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)  # the last that came back, and when
    seconds = models.PositiveIntegerField(default=0)  # that it took
    fault = models.CharField(max_length=40, blank=True)  # code of inbox.wire.faults, or LOST
    failed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = CanaryQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("daily test mail"), _("daily test mails")

    def __str__(self) -> str:
        return f"canary of mailbox {self.mailbox_id}"

    def claim(self, now: datetime) -> bool:
        """Whether the step that is due is ours to do; who dies is replaced after the lease."""
        mine = Canary.objects.filter(pk=self.pk, due_at=self.due_at, due_at__lte=now)
        return mine.update(due_at=now + LEASE) == 1

    def flies(self, token: str, now: datetime) -> None:
        """Written down before it leaves: what may have been sent is looked for."""
        self._becomes(token=token, sent_at=now)

    def looked_for_again(self, now: datetime) -> None:
        self._becomes(due_at=now + LOOKED_FOR_EVERY)

    @transaction.atomic
    def came_back(self, now: datetime) -> None:
        took = now - (self.sent_at or now)
        if self.fault:
            notices.tell(self.mailbox.owner, "canary_back", **self._about())
        self._becomes(
            due_at=now + EVERY, token="", seen_at=now, seconds=int(took.total_seconds()), fault=""
        )

    @transaction.atomic
    def failed(self, code: str, cause: str, now: datetime) -> None:
        """Its owner is told once, however often it fails until one comes back."""
        if not self.fault:
            about = self._about() | {"cause": cause}
            notices.tell(self.mailbox.owner, "canary_lost", mail=True, **about)
        self._becomes(due_at=now + AFTER_A_FAILURE, token="", fault=code, failed_at=now)

    def _about(self) -> dict[str, Any]:
        return {"mailbox": self.mailbox_id, "address": self.mailbox.email}

    def _becomes(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)
        Canary.objects.filter(pk=self.pk).update(**values)
