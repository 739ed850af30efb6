"""Outgoing: an e-mail on its way (M22, M23). Its state machine is told in sending/outbox.py.

Redelivery: the same e-mail on its way to those alone whom the server did not take the first time.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext_lazy as _

from crm.models import Email
from inbox.models.claims import Claimed, ClaimedQuerySet
from inbox.models.mailboxes import Mailbox

if TYPE_CHECKING:
    from crm.models import User

USED: dict[str, Any] = {"messages": Count("pk"), "recipients": Sum("recipients", default=0)}


class OutgoingQuerySet(ClaimedQuerySet):
    def decided_by(self, user: "User") -> Self:
        """Those that `user` may send again or answer for: who may use the mailbox, and once it is
        gone, who wrote it."""
        theirs = Q(mailbox__in=Mailbox.objects.usable_by(user))
        return self.filter(theirs | Q(mailbox=None, email__activity__by=user))

    def taken_back_by(self, user: "User") -> Self:
        """What `user` pressed Undo on: it can be written again from there (M26)."""
        return self.filter(state=Outgoing.State.CANCELLED, email__activity__by=user)

    def scheduled(self) -> Self:
        """Written for later (M26): not in anybody's hands, and their time can still be changed."""
        states = [Outgoing.State.QUEUED, Outgoing.State.HELD]
        rows = self.filter(state__in=states, transmitting_at=None)
        return rows.filter(email__status=Email.Status.SCHEDULED)

    def scheduled_by(self, user: "User") -> Self:
        """Those that `user` has written for later, the next one first."""
        mine = self.scheduled().filter(Outgoing.KEPT, email__activity__by=user)
        return mine.order_by("due_at", "pk")

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
        queued = self.filter(Outgoing.KEPT, soon, mailbox=mailbox, state=Outgoing.State.QUEUED)
        late = Count("pk", filter=Q(counted_at__gt=minute))
        counted = self.counted(mailbox, day).aggregate(**USED, lately=late)
        waiting = queued.aggregate(**USED, lately=Count("pk"))
        return {name: counted[name] + waiting[name] for name in counted}

    def ahead(self, mailbox: Mailbox, waits: str, pk: int) -> Self:
        """Those that have waited for the same allowance for longer than the row `pk` (M58)."""
        return self.filter(Outgoing.KEPT, mailbox=mailbox, state="queued", waits=waits, pk__lt=pk)

    def connected(self, mailbox: Mailbox, now: datetime) -> Self:
        """Those in somebody's hands: each has a session with the mailbox's servers, or will."""
        copying = Q(state=Outgoing.State.SENT, copy_state=Outgoing.CopyState.PENDING)
        held = self.filter(mailbox=mailbox, claimed_until__gt=now)
        return held.filter(Q(state=Outgoing.State.SENDING) | copying)

    def trashed_and_due(self, now: datetime) -> Self:
        """Waiting, and due while their e-mails lie in the Trash."""
        waiting = self.filter(state=Outgoing.State.QUEUED, due_at__lte=now, claimed_until__lte=now)
        return waiting.exclude(Outgoing.KEPT)

    def copy_due(self, now: datetime) -> Self:
        """Delivered, and the copy in the Sent folder is still to be settled."""
        return self.filter(
            state=Outgoing.State.SENT,
            copy_state=Outgoing.CopyState.PENDING,
            copy_due_at__lte=now,
            claimed_until__lte=now,
        )


class Outgoing(Claimed):
    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        UNKNOWN = "unknown", _("not known whether it was taken")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        HELD = "held", _("held, since somebody wrote meanwhile")

    class Waits(models.TextChoices):
        """For what allowance of the provider it waits (M58)."""

        MINUTE = "minute", _("what may be sent in a minute")
        DAY = "day", _("what may be sent in a day")

    class CopyState(models.TextChoices):
        PENDING = "pending", _("to be settled")
        FILED = "filed", _("in the Sent folder")
        NOT_NEEDED = "not_needed", _("the provider files it")
        FAILED = "failed", _("could not be filed")

    KEPT = Q(email__activity__deleted_at=None)

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
    waits = models.CharField(max_length=6, choices=Waits, blank=True)
    # Set with the attempt that may leave, taken back where the server took nothing: what the
    # provider counts against the mailbox.
    counted_at = models.DateTimeField(null=True, blank=True)
    recipients = models.PositiveSmallIntegerField(default=1)
    holds = models.BooleanField(default=False)  # M26: asks first, where they wrote before it leaves
    sent_at = models.DateTimeField(null=True, blank=True)
    copy_state = models.CharField(max_length=10, choices=CopyState, default=CopyState.PENDING)
    copy_due_at = models.DateTimeField(null=True, blank=True)
    copy_attempts = models.PositiveIntegerField(default=0)
    copy_searches = models.PositiveSmallIntegerField(default=0)  # that found nothing in Sent
    copy_begun = models.BooleanField(default=False)  # an APPEND of ours may have been taken
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

    @property
    def spent_key(self) -> str | None:
        """Its key once it was taken back: who presses Send again on the page before means it."""
        return f"{self.idempotency_key} {self.pk}"[-200:] if self.idempotency_key else None

    @property
    def first_key(self) -> str:
        """The key that it was sent with, taken back or not."""
        return (self.idempotency_key or "").removesuffix(f" {self.pk}")


class RedeliveryQuerySet(ClaimedQuerySet):
    def counted(self, mailbox: Mailbox, since: datetime) -> Self:
        """Those that left `mailbox`, or were on their way, since then (M58)."""
        return self.filter(outgoing__mailbox=mailbox, counted_at__gt=since)

    def connected(self, mailbox: Mailbox, now: datetime) -> Self:
        """Those in somebody's hands: each has a session with the mailbox's server."""
        held = self.filter(outgoing__mailbox=mailbox, claimed_until__gt=now)
        return held.filter(state=Redelivery.State.SENDING)


class Redelivery(Claimed):
    """The bytes of a delivered e-mail once more, to these recipients alone (sending/again.py)."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("sending")
        UNKNOWN = "unknown", _("not known whether it was taken")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    KEPT = Q(outgoing__email__activity__deleted_at=None)

    outgoing = models.ForeignKey(Outgoing, models.CASCADE, related_name="redeliveries")
    addresses = models.JSONField()  # of the envelope
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    counted_at = models.DateTimeField(null=True, blank=True)  # as that of an Outgoing

    objects: ClassVar[Any] = RedeliveryQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("redelivery"), _("redeliveries")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["queued", "sending"]),
                name="redelivery_due",
            )
        ]

    def __str__(self) -> str:
        return f"redelivery {self.pk} ({self.state})"

    @property
    def recipients(self) -> int:
        return len(self.addresses)
