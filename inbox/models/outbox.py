"""Outgoing: an e-mail on its way (M22, M23). Its state machine is told in sending/outbox.py."""

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext_lazy as _

from crm.models import Email
from crm.models.base import Timestamped
from inbox.models.mailboxes import Mailbox

if TYPE_CHECKING:
    from crm.models import User

LEASE = timedelta(minutes=3)  # of an attempt; who outlives it is stopped before the data leaves
SLOWEST = 10_000  # bytes a second: how long the claim is held while a message is handed over
PATIENCE = timedelta(minutes=6)  # with a server that thinks before it answers to the data
PER_RECIPIENT = timedelta(seconds=5)
USED: dict[str, Any] = {"messages": Count("pk"), "recipients": Sum("recipients", default=0)}
KEPT = Q(email__activity__deleted_at=None)  # not in the Trash


class OutgoingQuerySet(models.QuerySet["Outgoing"]):
    def due(self, now: datetime) -> Self:
        """To be attempted: waiting and due, or left behind `sending` by somebody who died.

        What was moved to the Trash before it left does not leave.
        """
        waiting = Q(state=Outgoing.State.QUEUED, due_at__lte=now)
        left_behind = Q(state=Outgoing.State.SENDING, claimed_until__lte=now)
        has_left = Q(state=Outgoing.State.SENDING, transmitting_at__isnull=False)
        return self.filter(waiting | left_behind).filter(KEPT | has_left)

    def decided_by(self, user: "User") -> Self:
        """Those that `user` may send again or answer for: who may use the mailbox, and once it is
        gone, who wrote it."""
        theirs = Q(mailbox__in=Mailbox.objects.usable_by(user))
        return self.filter(theirs | Q(mailbox=None, email__activity__by=user))

    def taken_back_by(self, user: "User") -> Self:
        """What `user` pressed Undo on: it can be written again from there (M26)."""
        return self.filter(state=Outgoing.State.CANCELLED, email__activity__by=user)

    def counted(self, mailbox: Mailbox, since: datetime) -> Self:
        """Those that left `mailbox`, or were on their way, since then (M58)."""
        return self.filter(mailbox=mailbox, counted_at__gt=since)

    def used(
        self, mailbox: Mailbox, now: datetime, *, day: datetime, minute: datetime
    ) -> dict[str, int]:
        """How much of its allowance is used: counted since `day`, or due and about to be.

        `messages`, `recipients`, and `lately`: messages since `minute`.
        """
        soon = Q(due_at__lte=now) | ~Q(waits="")
        queued = self.filter(KEPT, soon, mailbox=mailbox, state=Outgoing.State.QUEUED)
        late = Count("pk", filter=Q(counted_at__gt=minute))
        counted = self.counted(mailbox, day).aggregate(**USED, lately=late)
        waiting = queued.aggregate(**USED, lately=Count("pk"))
        return {name: counted[name] + waiting[name] for name in counted}

    def ahead(self, mailbox: Mailbox, waits: str, pk: int) -> Self:
        """Those that have waited for the same allowance for longer than the row `pk` (M58)."""
        return self.filter(KEPT, mailbox=mailbox, state="queued", waits=waits, pk__lt=pk)

    def connected(self, mailbox: Mailbox, now: datetime) -> Self:
        """Those in somebody's hands: each has a session with the mailbox's servers, or will."""
        copying = Q(state=Outgoing.State.SENT, copy_state=Outgoing.CopyState.PENDING)
        held = self.filter(mailbox=mailbox, claimed_until__gt=now)
        return held.filter(Q(state=Outgoing.State.SENDING) | copying)

    def copy_due(self, now: datetime) -> Self:
        """Delivered, and the copy in the Sent folder is still to be settled."""
        return self.filter(
            state=Outgoing.State.SENT,
            copy_state=Outgoing.CopyState.PENDING,
            copy_due_at__lte=now,
            claimed_until__lte=now,
        )


class Outgoing(Timestamped):
    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        UNKNOWN = "unknown", _("not known whether it was taken")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    class Waits(models.TextChoices):
        """For what allowance of the provider it waits (M58)."""

        MINUTE = "minute", _("what may be sent in a minute")
        DAY = "day", _("what may be sent in a day")

    class CopyState(models.TextChoices):
        PENDING = "pending", _("to be settled")
        FILED = "filed", _("in the Sent folder")
        NOT_NEEDED = "not_needed", _("the provider files it")
        FAILED = "failed", _("could not be filed")

    email = models.OneToOneField(Email, models.CASCADE, related_name="outgoing")
    mailbox = models.ForeignKey(
        "inbox.Mailbox", models.SET_NULL, null=True, related_name="outgoing"
    )
    idempotency_key = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001
    token = models.CharField(max_length=100)  # X-Musubi-Message: how its copies are found again
    in_reply_to = models.CharField(max_length=998, blank=True)
    references = models.JSONField(default=list, blank=True)
    # of a sequence's e-mails: where its reader ends them by one press (RFC 2369, 8058; M25)
    unsubscribe_url = models.CharField(max_length=900, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    due_at = models.DateTimeField()
    waits = models.CharField(max_length=6, choices=Waits, blank=True)
    # Set with the attempt that may leave, taken back where the server took nothing: what the
    # provider counts against the mailbox.
    counted_at = models.DateTimeField(null=True, blank=True)
    recipients = models.PositiveSmallIntegerField(default=1)
    attempts = models.PositiveIntegerField(default=0)
    claimed_until = models.DateTimeField()
    claimed_by = models.CharField(max_length=32, blank=True)  # a fencing token
    frozen = models.BinaryField(null=True, blank=True)  # the bytes of every attempt; M33
    # Set and committed before the first byte of the message leaves. From here on nobody but the
    # server knows what became of it, so a row found with it is asked about, never sent again.
    transmitting_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    copy_state = models.CharField(max_length=10, choices=CopyState, default=CopyState.PENDING)
    copy_due_at = models.DateTimeField(null=True, blank=True)
    copy_attempts = models.PositiveIntegerField(default=0)
    copy_error = models.TextField(blank=True)

    objects: ClassVar[Any] = OutgoingQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("outgoing e-mail"), _("outgoing e-mails")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["mailbox", "idempotency_key"], name="outgoing_once_by_key"
            )
        ]
        indexes = [
            # send_due, every tick; settled rows are not in it
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["queued", "sending"]),
                name="outgoing_due",
            ),
            models.Index(
                fields=["copy_due_at"],
                condition=Q(state="sent", copy_state="pending"),
                name="outgoing_copy_due",
            ),
            # what a mailbox has sent in a day, and what is in hand now
            models.Index(
                fields=["mailbox", "counted_at"],
                condition=Q(counted_at__isnull=False),
                name="outgoing_counted",
            ),
            models.Index(fields=["mailbox", "claimed_until"], name="outgoing_connected"),
        ]

    def __str__(self) -> str:
        return f"outgoing {self.pk} ({self.state})"

    def claim(self, now: datetime) -> bool:
        """Take it for one attempt. False where somebody else was quicker or holds it."""
        token = secrets.token_hex(16)
        free = Outgoing.objects.filter(pk=self.pk, state=self.state, claimed_until__lte=now)
        taken: int = free.update(claimed_by=token, claimed_until=now + LEASE)
        if taken:
            self.refresh_from_db()
        return taken == 1 and self.claimed_by == token

    def hold(self, now: datetime, *, recipients: int = 0, size: int = 0) -> bool:
        """Keep the claim for what comes next, however slow the server is. False: it was lost."""
        until = now + LEASE + recipients * PER_RECIPIENT + timedelta(seconds=size / SLOWEST)
        return self.settle(claimed_until=until)

    def begin_transmitting(self, now: datetime, size: int) -> bool:
        """Commit that from here on only the server knows. False where the claim was lost, or the
        e-mail was moved to the Trash meanwhile."""
        held_until = now + LEASE + PATIENCE + timedelta(seconds=size / SLOWEST)
        return self.settle(KEPT, transmitting_at=now, claimed_until=held_until)

    def settle(self, *conditions: Q, **values: Any) -> bool:
        """Write values as long as the claim is still ours; False where it was lost."""
        mine = Outgoing.objects.filter(*conditions, pk=self.pk, claimed_by=self.claimed_by)
        if mine.update(**values) != 1:
            return False
        for name, value in values.items():
            setattr(self, name, value)
        return True
