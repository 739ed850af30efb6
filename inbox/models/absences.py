"""Absence: a time in which a mailbox was away, and what the look after it found (M37, M49, M50).

    since ──── away ──── told ──── reached again ──── catching up ──── until
    the last success     a lasting fault, or silence   headers, found   its receipt

An absence that begins soon after the last one goes on with it: what flaps is not told each time.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import notices
from crm.models import Role, User
from inbox.wire.faults import OWNERS_TURN, remembered

SILENT = "silent"  # nobody looked: the machine was off, or the worker does not run
RENUMBERED = "renumbered"  # a folder has another UIDVALIDITY, or UIDs that fell
FLAPPING = timedelta(hours=1)
PATIENCE = timedelta(minutes=15)  # with what may pass by itself, before anybody is told
WORTH_TELLING = timedelta(hours=1)  # an absence of which nobody was told while it lasted


def silence() -> timedelta:
    """Without a look for so long something is wrong: a few polls, but not every hiccup."""
    return max(timedelta(minutes=15), 5 * timedelta(seconds=settings.INBOX_POLL_SECONDS))


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def open(self) -> Self:
        return self.filter(until=None)

    def to_tell(self, now: datetime) -> Self:
        return self.open().filter(tell_at__lte=now)


class Absence(models.Model):
    mailbox = models.ForeignKey("inbox.Mailbox", models.CASCADE, related_name="absences")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=40)  # code of inbox.wire.faults, or SILENT
    tell_at = models.DateTimeField(null=True, blank=True)
    told = models.BooleanField(default=False)  # the last that its owner heard is that it is away
    headers = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)

    objects: ClassVar[Any] = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("time without mail")
        verbose_name_plural = gettext_lazy("times without mail")
        ordering = ["-since", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox"], condition=Q(until=None), name="absent_once_at_a_time"
            )
        ]
        indexes = [
            models.Index(fields=["tell_at"], condition=Q(until=None), name="absence_to_tell")
        ]

    def __str__(self) -> str:
        return f"{self.mailbox_id} from {self.since} to {self.until}"

    @property
    def why(self) -> str:
        """In one sentence."""
        otherwise = notices.CAUSES[remembered(self.fault).cause]
        said = {
            SILENT: _("Nobody looked: the machine was off, or the worker."),
            RENUMBERED: _("The server has numbered a folder anew."),
        }
        return said.get(self.fault) or str(otherwise)

    @classmethod
    def begin(cls, mailbox: Any, fault: str, now: datetime) -> "Absence":
        """The one that lasts, the one that was just over, or a new one."""
        recent = mailbox.absences.filter(until__gt=now - FLAPPING).first()
        if recent and not mailbox.absences.open().exists():  # told again only if it lasts
            recent.until, recent.tell_at = None, now + FLAPPING
            recent.save(update_fields=["until", "tell_at"])
        first = {"since": mailbox.last_synced_at or mailbox.created_at, "fault": fault}
        absence: Absence = cls.objects.get_or_create(mailbox=mailbox, until=None, defaults=first)[0]
        return absence

    def lasts(self, fault: str, now: datetime, patience: timedelta = timedelta()) -> None:
        """Somebody has to know, once; once more, and at once, where now the owner can end it."""
        was_owners_turn = self.fault in OWNERS_TURN
        now_owners_turn = fault in OWNERS_TURN and not was_owners_turn
        self.fault = self.fault if was_owners_turn else fault
        if now_owners_turn or (self.tell_at is None and not self.told):
            self.tell_at = now + patience
        self.save(update_fields=["fault", "tell_at"])
        if self.tell_at and self.tell_at <= now:
            self.tell()

    @transaction.atomic
    def tell(self) -> None:
        """Whoever it concerns; nothing where another worker tells them."""
        mine = Absence.objects.filter(pk=self.pk, tell_at=self.tell_at, tell_at__isnull=False)
        if mine.update(told=True, tell_at=None) != 1:
            return
        self.told, self.tell_at = True, None
        kind = "mailbox_silent" if self.fault == SILENT else "mailbox_disconnected"
        cause = remembered(self.fault).cause
        for user in self._concerned():
            notices.tell(user, kind, mail=True, cause=cause, since=self._iso(), **self._about())

    def add(self, headers: int, found: int) -> None:
        """What the look that catches up has come to, in the transaction of what it covers."""
        Absence.objects.filter(pk=self.pk).update(
            headers=F("headers") + headers, found=F("found") + found
        )

    def end(self, now: datetime) -> None:
        """It is caught up. Who was told that it was away hears what was found."""
        self.refresh_from_db()
        flapped = self.tell_at is not None
        if self.told or (now - self.since >= WORTH_TELLING and not flapped):
            self._tell_receipt(now)
        self.until, self.told, self.tell_at = now, False, None
        self.save(update_fields=["until", "told", "tell_at"])

    def _tell_receipt(self, now: datetime) -> None:
        kind = "mailbox_recovered" if self.told else "mailbox_caught_up"
        more = {"headers": self.headers, "found": self.found, "until": now.isoformat()}
        for user in self._concerned():
            heard = self.told and not notices.unsend(user, LOST, mailbox=self.mailbox_id)
            values = {**more, "since": self._iso(), **self._about()}
            notices.tell(user, kind, mail=heard, **values)

    def _about(self) -> dict[str, Any]:
        return {"mailbox": self.mailbox_id, "address": self.mailbox.email}

    def _iso(self) -> str:
        return self.since.isoformat()

    def _concerned(self) -> list[User]:
        """Its owner; the admins too, where others share it or the system itself stands still."""
        owner: User = self.mailbox.owner
        if self.fault != SILENT and not self.mailbox.team_id:
            return [owner]
        admins = User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=owner.pk)
        return [owner, *admins]


LOST = ("mailbox_disconnected", "mailbox_silent")
