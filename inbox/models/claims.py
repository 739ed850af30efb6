"""A row that is delivered by one worker at a time, exactly once: the claim (M23)."""

import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from crm.models.base import Timestamped

LEASE = timedelta(minutes=3)  # of an attempt; who outlives it is stopped before the data leaves
SLOWEST = 10_000  # bytes a second: how long the claim is held while a message is handed over
PATIENCE = timedelta(minutes=6)  # with a server that thinks before it answers to the data
PER_RECIPIENT = timedelta(seconds=5)


class ClaimedQuerySet(models.QuerySet[Any]):
    def due(self, now: datetime) -> Self:
        """To be attempted: waiting and due, or left behind `sending` by somebody who died.

        What was moved to the Trash before it left does not leave.
        """
        waiting = Q(state="queued", due_at__lte=now)
        left_behind = Q(state="sending", claimed_until__lte=now)
        has_left = Q(state="sending", transmitting_at__isnull=False)
        return self.filter(waiting | left_behind).filter(self.model.KEPT | has_left)


class Claimed(Timestamped):
    """Its `state` is queued, sending, or one that nobody works on any more."""

    KEPT: ClassVar[Q]  # not in the Trash

    state = models.CharField(max_length=9)
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    claimed_until = models.DateTimeField()
    claimed_by = models.CharField(max_length=32, blank=True)  # a fencing token
    frozen = models.BinaryField(null=True, blank=True)  # the bytes of every attempt; M33
    # Set and committed before the first byte of the message leaves. From here on nobody but the
    # server knows what became of it, so a row found with it is asked about, never sent again.
    transmitting_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = ClaimedQuerySet.as_manager()

    class Meta:
        abstract = True

    def claim(self, now: datetime) -> bool:
        """Take it for one attempt. False where somebody else was quicker or holds it."""
        token = secrets.token_hex(16)
        rows = type(self).objects
        free = rows.filter(pk=self.pk, state=self.state, claimed_until__lte=now)
        taken: int = free.update(claimed_by=token, claimed_until=now + LEASE)
        if taken:
            self.refresh_from_db()
        return taken == 1 and self.claimed_by == token

    def hold(self, now: datetime, *, recipients: int = 0, size: int = 0, **values: Any) -> bool:
        """Keep the claim for what comes next, however slow the server is. False: it was lost."""
        until = now + LEASE + recipients * PER_RECIPIENT + timedelta(seconds=size / SLOWEST)
        return self.settle(claimed_until=until, **values)

    def begin_transmitting(self, now: datetime, size: int) -> bool:
        """Commit that from here on only the server knows. False where the claim was lost, or the
        e-mail was moved to the Trash meanwhile."""
        held_until = now + LEASE + PATIENCE + timedelta(seconds=size / SLOWEST)
        return self.settle(self.KEPT, transmitting_at=now, claimed_until=held_until)

    def settle(self, *conditions: Q, **values: Any) -> bool:
        """Write values as long as the claim is still ours; False where it was lost."""
        mine = type(self).objects.filter(*conditions, pk=self.pk, claimed_by=self.claimed_by)
        if mine.update(**values) != 1:
            return False
        for name, value in values.items():
            setattr(self, name, value)
        return True
