"""Thread: a conversation, and whose turn it is in it (M27). LastRead: how far somebody has read.

`state`, `newest`, `whose` and `stands_at` are copies of what its e-mails say (crm/lib/turns.py).
`recount` writes them in the transaction of whatever changed that, so that a page of the inbox is
one walk along an index.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm.lib import turns
from crm.lib.turns import Line, Turn
from crm.models.activities import WAITS_AT_MOST, Activity, Association
from crm.models.base import Timestamped
from crm.models.emails import Email, readable_by

if TYPE_CHECKING:
    from crm.models.users import User

MOST_LINES = 200  # of the newest e-mails, among which those that decide are sought
# Nobody has read it.
UNSAID = (Email.Status.SCHEDULED, Email.Status.FAILED, Email.Status.CANCELLED)
FIELDS = ("state", "stands_at", "newest", "whose", "counted", "snoozed_until", "snoozed_at")
COPIES = ("state", "stands_at", "newest_id", "whose_id", "counted", "snoozed_until", "snoozed_at")


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, user: "User") -> Self:
        """Those whose newest e-mail `user` may read something of, and not from the Trash alone.

        The newest is asked, since a place in a list tells when it was written.
        """
        seen = Activity.objects.visible_to(user).filter(pk=OuterRef("newest"))
        places = Association.objects.filter(activity=OuterRef("newest"), contact__isnull=False)
        kept = Exists(places.filter(contact__deleted_at=None)) | ~Exists(places)
        shown = Q(newest__private=False) | readable_by(user, "newest__")
        return self.filter(shown, Exists(seen), kept, newest__isnull=False)

    def handled_by(self, user: "User") -> Self:
        """Those of them that `user` may decide about, since they may read what it says."""
        return self.visible_to(user).filter(readable_by(user, "newest__"))

    def of(self, user: "User") -> Self:
        """Those that are `user`'s to answer."""
        return self.filter(whose=user)

    def awake(self, now: datetime) -> Self:
        return self.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=now))

    def asleep(self, now: datetime) -> Self:
        return self.filter(snoozed_until__gt=now)

    def needing_reply(self, now: datetime) -> Self:
        """Our turn, for no longer than anybody waits; what is snoozed is not asked for now."""
        ours = self.filter(state=Thread.State.OURS, stands_at__gte=now - WAITS_AT_MOST)
        return ours.awake(now)

    def with_unread(self, user: "User") -> Self:
        """With `unread`: it waits for an answer, and `user` has not opened it since."""
        read = LastRead.objects.filter(
            user=user, thread=OuterRef("pk"), at__gte=OuterRef("newest__activity__at")
        )
        return self.annotate(unread=Q(state=Thread.State.OURS) & ~Exists(read))

    @transaction.atomic(savepoint=False)
    def recount(self) -> None:
        """Write down again whose turn it is, from the e-mails that are kept: a constant number of
        queries.

        The lock makes two that log into one conversation at once see one another's.
        """
        chosen = Thread.objects.filter(pk__in=self.order_by().values("pk"))
        threads = list(chosen.select_for_update(of=("self",), no_key=True).order_by("pk"))
        lines = _lines(threads)
        decided = {thread.pk: turns.decide(lines.get(thread.pk, ())) for thread in threads}
        changed = [thread for thread in threads if thread.take(decided[thread.pk])]
        # They are there, and locked: this updates them, at a fraction of what a CASE costs.
        Thread.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["id"], update_fields=FIELDS
        )
        _mark([*decided], [pk for turn in decided.values() for pk in turn.waits])

    def count_some(self, most: int) -> int:
        """Count so many of those that have never been, and say how many there were."""
        pks = list(self.filter(counted=False).values_list("pk", flat=True)[:most])
        Thread.objects.filter(pk__in=pks).recount()
        return len(pks)


def _lines(threads: Sequence["Thread"]) -> dict[int, list[Line]]:
    """Their kept e-mails, the newest first; of a single one no more than decide anything."""
    rows = Email.objects.filter(thread__in=threads, activity__deleted_at=None)
    names = ("pk", "activity__at", "activity__created_at", "direction", "auto_reply", "settled")
    values = rows.order_by("-activity__at", "-pk").values_list(
        "thread", *names, "apart", "activity__by", "status"
    )
    found: dict[int, list[Line]] = {}
    for thread, pk, at, logged_at, direction, *facts, apart, whose, status in (
        values[:MOST_LINES] if len(threads) == 1 else values
    ):
        machine, settled = facts
        incoming = direction == Email.Direction.INCOMING
        unsaid = machine or status in UNSAID
        line = Line(pk, at, logged_at, incoming, unsaid, settled, bool(apart), whose)
        found.setdefault(thread, []).append(line)
    return found


def _mark(threads: Sequence[int], waits: Sequence[int]) -> None:
    """On the e-mails themselves, for whoever asks about those of one contact."""
    Email.objects.filter(thread__in=threads, waits=True).exclude(pk__in=waits).update(waits=False)
    Email.objects.filter(pk__in=waits, waits=False).update(waits=True)


class Thread(Timestamped):
    class State(models.TextChoices):
        """Whose turn it is."""

        OURS = turns.OURS, gettext_lazy("needs a reply")
        THEIRS = turns.THEIRS, gettext_lazy("waiting for them")
        DONE = turns.DONE, pgettext_lazy("conversations", "done")

    subject = models.CharField(max_length=998, blank=True)
    private = models.BooleanField(default=False)  # M53: what comes later is private as well
    # What a person decides. A snooze hides it from everybody until its time, or until somebody
    # writes: it belongs to whose turn it is, as "done" does, and two people never answer one mail.
    assignee = models.ForeignKey(
        "crm.User", models.SET_NULL, null=True, blank=True, related_name="conversations"
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    snoozed_at = models.DateTimeField(null=True, blank=True)
    # Copies. `whose` is the assignee, else in whose mailbox its newest e-mail lies; `stands_at` is
    # when that was written, or when the snooze ends.
    state = models.CharField(max_length=6, choices=State, blank=True)
    newest = models.ForeignKey(
        "crm.Email", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    whose = models.ForeignKey(
        "crm.User", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    stands_at = models.DateTimeField(null=True, blank=True)
    counted = models.BooleanField(default=False)  # the tick counts what was there before

    objects: ClassVar[Any] = ThreadQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = (
            gettext_lazy("conversation"),
            gettext_lazy("conversations"),
        )
        indexes = [
            # the folders of the inbox: one's own, and everybody's
            models.Index(fields=["whose", "state", "-stands_at", "-id"], name="thread_of_user"),
            models.Index(fields=["state", "-stands_at", "-id"], name="thread_of_anybody"),
            models.Index(
                fields=["snoozed_until"],
                condition=Q(snoozed_until__isnull=False),
                name="thread_snoozed",
            ),
            models.Index(fields=["id"], condition=Q(counted=False), name="thread_uncounted"),
        ]

    def __str__(self) -> str:
        return f"conversation {self.pk}"  # the admin names it so wherever; M53

    def copies(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in COPIES}

    def take(self, turn: Turn) -> bool:
        """Set the copies, and say whether that changed any; what somebody wrote since it was
        snoozed ends the snooze."""
        before = self.copies()
        if self.snoozed_at and turn.said and turn.said.logged_at > self.snoozed_at:
            self.snoozed_until = self.snoozed_at = None
        until = self.snoozed_until if turn.state != turns.DONE else None
        moments = [at for at in (turn.newest and turn.newest.at, until) if at]
        self.stands_at = max(moments, default=None)
        self.state = turns.OURS if until else turn.state
        self.newest_id = turn.newest.pk if turn.newest else None
        self.whose_id = self.assignee_id or (turn.said.whose if turn.said else None)
        self.counted = True
        return self.copies() != before


class LastRead(models.Model):
    """Up to when `user` has read a conversation; nothing before is news to them."""

    user = models.ForeignKey("crm.User", models.CASCADE, related_name="+")
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="read_by", db_index=False)
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = (
            gettext_lazy("reading mark"),
            gettext_lazy("reading marks"),
        )
        constraints = [models.UniqueConstraint(fields=["thread", "user"], name="read_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.thread_id}"
