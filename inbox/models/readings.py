"""The reading ledger (M13): headers looked at by day, and each body read with its reason."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy

from crm.models.emails import reason_text


class HeadersRead(models.Model):
    """How many headers of a mailbox were looked at on a day (UTC)."""

    mailbox = models.ForeignKey("inbox.Mailbox", models.CASCADE, related_name="headers_read")
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)
    # Of those: left alone for a rule that forbids them, by the name of the rule (sync/rules.py)
    never_log = models.PositiveIntegerField(default=0)
    not_ours = models.PositiveIntegerField(default=0)
    unproven = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name, verbose_name_plural = (
            gettext_lazy("headers read"),
            gettext_lazy("headers read"),
        )
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["mailbox", "day"], name="headers_by_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.count}"

    @classmethod
    def add(cls, mailbox: Any, day: date, count: int, **refused: int) -> None:
        """Count headers, and those of them that a rule forbade, by its name."""
        if count == 0:
            return
        more = {name: F(name) + number for name, number in refused.items()}
        rows = cls.objects.filter(mailbox=mailbox, day=day)
        if not rows.update(count=F("count") + count, **more):
            cls.objects.get_or_create(mailbox=mailbox, day=day)
            rows.update(count=F("count") + count, **more)


class Reading(models.Model):
    """A body that was read, and why. Written before the body is asked for: it is the permission.

    Goes with its e-mail; of a message that was not logged it holds no more than a keyed hash.
    """

    mailbox = models.ForeignKey("inbox.Mailbox", models.CASCADE, related_name="readings")
    email = models.ForeignKey(
        "crm.Email", models.CASCADE, null=True, blank=True, related_name="readings"
    )
    message_id = models.CharField(max_length=255)  # as a tombstone: see inbox.mime.tombstones
    rule = models.CharField(max_length=8)
    known_id = models.CharField(max_length=255, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = (
            gettext_lazy("message read"),
            gettext_lazy("messages read"),
        )
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["mailbox", "-at"], name="ledger_of_mailbox")]

    def __str__(self) -> str:
        return f"{self.rule} {self.at}"

    @property
    def shown_id(self) -> str:
        """The id of the message, as long as the CRM has it."""
        return self.email.message_id if self.email else self.message_id

    @property
    def text(self) -> str:
        """The reason in one sentence, as the e-mail itself says it."""
        return reason_text(self.rule, self.known_id)


@dataclass(frozen=True)
class LedgerDay:
    """A day (UTC) of the ledger: headers looked at, and the bodies that were read, newest first.

    `never_log`, `not_ours` and `unproven` are of the headers: mail that a rule forbade.
    """

    day: date
    headers: int
    bodies: list[Reading]
    never_log: int = 0
    not_ours: int = 0
    unproven: int = 0


def ledger(mailbox: Any, *, before: date | None = None, limit: int = 30) -> list[LedgerDay]:
    """The days on which anything was looked at, newest first; two queries."""
    counts = HeadersRead.objects.filter(mailbox=mailbox)
    if before:
        counts = counts.filter(day__lt=before)
    headers = {row.day: row for row in counts.order_by("-day")[:limit]}
    if not headers:
        return []
    start = datetime.combine(min(headers), time.min, UTC)
    end = datetime.combine(max(headers) + timedelta(days=1), time.min, UTC)
    bodies: dict[date, list[Reading]] = {day: [] for day in headers}
    rows = Reading.objects.filter(mailbox=mailbox, at__gte=start, at__lt=end)
    for row in rows.select_related("email").defer("email__text", "email__html"):
        bodies.setdefault(row.at.astimezone(UTC).date(), []).append(row)
    return [_ledger_day(day, headers.get(day), bodies[day]) for day in sorted(bodies, reverse=True)]


def _ledger_day(day: date, row: HeadersRead | None, bodies: list[Reading]) -> LedgerDay:
    if row is None:  # a body that was asked for across midnight
        return LedgerDay(day, 0, bodies)
    return LedgerDay(day, row.count, bodies, row.never_log, row.not_ours, row.unproven)
