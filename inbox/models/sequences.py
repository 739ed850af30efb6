"""Sequence, its Steps, who is enrolled, and what each was sent (M25). The story: outreach/.

active ──► finished        after the last step
   │  ▲
   │  └─ Resume ── paused  by a person, or because its mailbox is gone: the place is kept
   └─────► stopped         a reply, a mail from the address, a bounce, an opt-out, a person …
"""

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.models.base import Timestamped
from crm.models.visibility import visible_records
from inbox.mime.text import text_of_html

if TYPE_CHECKING:
    from crm.models import User

LEASE = timedelta(minutes=3)  # of one step; who died is replaced after it
MOST_WAIT = 90  # working days


class SequenceQuerySet(models.QuerySet["Sequence"]):
    def visible_to(self, user: "User") -> Self:
        """Kept ones: one's own and those that are shared; an admin sees all."""
        return self.filter(archived_at=None)._theirs(user)

    def archived_for(self, user: "User") -> Self:
        return self.filter(archived_at__isnull=False)._theirs(user)

    def _theirs(self, user: "User") -> Self:
        return self if user.is_admin else self.filter(Q(owner=user) | Q(shared=True))


class Sequence(Timestamped):
    """A straight line of steps. What ends it beside replies, bounces and opt-outs are options."""

    name = models.CharField(_("name"), max_length=150)
    owner = models.ForeignKey(
        "crm.User", models.SET_NULL, null=True, blank=True, related_name="sequences"
    )
    shared = models.BooleanField(_("shared with everybody"), default=True)
    colleague_ends = models.BooleanField(
        _("Stop when a colleague at the same company replies"), default=False
    )
    # The sentence that the link to opt out stands under; "" for no sentence: the header field
    # List-Unsubscribe is there all the same.
    farewell = models.CharField(_("sentence to unsubscribe"), max_length=200, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = SequenceQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("sequence"), _("sequences")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def changed_by(self, user: "User") -> bool:
        """Whether `user` may change its steps: its owner and admins."""
        return user.is_admin or self.owner_id == user.pk


class StepQuerySet(models.QuerySet["Step"]):
    def kept(self) -> Self:
        return self.filter(removed_at=None)


class Step(Timestamped):
    """An e-mail or a task, so many working days after the step before.

    A removed one stays for the figures of those who had it.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        TASK = "task", _("Task")

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(_("kind"), max_length=5, choices=Kind, default=Kind.EMAIL)
    wait_days = models.PositiveSmallIntegerField(_("working days to wait"), default=0)
    same_thread = models.BooleanField(_("in the same conversation"), default=True)
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    html = models.TextField(_("text"), blank=True)
    title = models.CharField(_("title"), max_length=300, blank=True)  # of a task
    removed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = StepQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("step"), _("steps")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.title or self.subject or self._beginning or f"step {self.position}"

    @property
    def preview(self) -> str:
        """What its e-mail says, on one line."""
        return " ".join(text_of_html(self.html).split())[:200]

    @property
    def _beginning(self) -> str:
        return self.preview if len(self.preview) <= 60 else f"{self.preview[:59].rstrip()}…"


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def visible_to(self, user: "User") -> Self:
        """In sequences that `user` sees, of contacts that `user` sees; and what is sent in their
        own name, though a colleague shares the sequence no more."""
        shown = Q(sequence__in=Sequence.objects.visible_to(user))
        own = Q(by=user, sequence__archived_at=None)
        seen = self.filter(shown | own, contact__deleted_at=None)
        return seen.filter(visible_records(user, "contact__"))

    def running(self) -> Self:
        return self.filter(state__in=[Enrolment.State.ACTIVE, Enrolment.State.PAUSED])

    def due(self, now: datetime) -> Self:
        """The one of each mailbox that has waited longest, where the mailbox may send again."""
        rows = self.filter(
            Q(mailbox__pace=None) | Q(mailbox__pace__next_at__lte=now),
            by__is_active=True,  # who has left the company sends nothing; people keep their place
            state=Enrolment.State.ACTIVE,
            next_step_at__lte=now,
            claimed_until__lte=now,
        )
        order = [F("next_step_at"), F("pk")]
        place = Window(RowNumber(), partition_by=F("mailbox"), order_by=order)
        return rows.annotate(place=place).filter(place=1)


class Enrolment(Timestamped):
    """One contact on their way through one sequence; one at a time."""

    class State(models.TextChoices):
        ACTIVE = "active", pgettext_lazy("enrolment", "active")
        PAUSED = "paused", pgettext_lazy("enrolment", "paused")
        FINISHED = "finished", pgettext_lazy("enrolment", "finished")
        STOPPED = "stopped", pgettext_lazy("enrolment", "stopped")

    class Why(models.TextChoices):
        """Why it stopped. Words: outreach/reasons.py."""

        REPLY = "reply", _("replied")
        MAIL = "mail", _("wrote")
        COLLEAGUE = "colleague", _("a colleague replied")
        MEETING = "meeting", _("a meeting")
        BOUNCE = "bounce", _("bounced")
        UNSUBSCRIBED = "unsubscribed", _("unsubscribed")
        PERSON = "person", _("stopped by a person")
        ARCHIVED = "archived", _("the sequence was archived")
        TRASHED = "trashed", _("the contact is in the Trash")
        NO_ADDRESS = "no_address", _("no address")
        MISSING = "missing", _("something to fill in is missing")
        HIDDEN = "hidden", _("the contact is hidden from its sender")
        REFUSED = "refused", _("the e-mail cannot be sent")

    class Delay(models.TextChoices):
        """Why the next step waits longer than its days. Words: outreach/reasons.py."""

        AWAY = "away", _("out of office")
        HOURS = "hours", _("outside of working hours")
        LIMIT = "limit", _("daily limit")
        UNREACHABLE = "unreachable", _("mailbox cannot be asked")
        UNSENT = "unsent", _("the e-mail before has not left")
        MAILBOX = "mailbox", _("mailbox is gone")

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="enrolments")
    contact = models.ForeignKey("crm.Contact", models.CASCADE, related_name="enrolments")
    mailbox = models.ForeignKey(
        "inbox.Mailbox", models.SET_NULL, null=True, blank=True, related_name="enrolments"
    )
    by = models.ForeignKey("crm.User", models.CASCADE, related_name="enrolments")
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    why = models.CharField(max_length=12, choices=Why, blank=True)
    delay = models.CharField(max_length=11, choices=Delay, blank=True)
    values = models.JSONField(default=dict, blank=True)  # of why or delay: name, until, email
    next_step_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    # After which step it ended, for the figures of that step
    ended_after = models.ForeignKey(
        Step, models.SET_NULL, null=True, blank=True, related_name="ended"
    )
    claimed_until = models.DateTimeField()
    claimed_by = models.CharField(max_length=32, blank=True)  # a fencing token

    objects: ClassVar[Any] = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("enrolment"), _("enrolments")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(state__in=["active", "paused"]),
                name="enrolled_in_one_at_a_time",
            )
        ]
        indexes = [
            # advance_due, every tick
            models.Index(
                fields=["next_step_at"], condition=Q(state="active"), name="enrolment_due"
            ),
            models.Index(fields=["sequence", "-id"], name="people_of_sequence"),
        ]

    def __str__(self) -> str:
        return f"enrolment {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.state in (self.State.ACTIVE, self.State.PAUSED)

    def steered_by(self, user: "User") -> bool:
        """Whether `user` may pause and stop it: who enrolled them, who owns the contact, and who
        may change the sequence."""
        theirs = user.pk in (self.by_id, self.contact.owner_id)
        return theirs or self.sequence.changed_by(user)

    def claim(self, now: datetime) -> bool:
        """Take it for one step. False where somebody else was quicker, or it is not due now."""
        token = secrets.token_hex(16)
        free = Enrolment.objects.filter(
            pk=self.pk,
            state=self.State.ACTIVE,
            next_step_at__lte=now,
            claimed_until__lte=now,
        )
        taken: int = free.update(claimed_by=token, claimed_until=now + LEASE)
        if taken:
            self.refresh_from_db()
        return taken == 1 and self.claimed_by == token

    def settle(self, **values: Any) -> bool:
        """Write values and let go, as long as the claim is still ours and nobody has paused or
        stopped it meanwhile; False where that was so."""
        mine = Enrolment.objects.filter(
            pk=self.pk, claimed_by=self.claimed_by, state=self.State.ACTIVE
        )
        if mine.update(claimed_by="", claimed_until=timezone.now(), **values) != 1:
            return False
        for name, value in values.items():
            setattr(self, name, value)
        return True


class StepRun(models.Model):
    """A step that a person has had: once, whoever dies when."""

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="runs")
    step = models.ForeignKey(Step, models.CASCADE, related_name="runs")
    mailbox = models.ForeignKey(
        "inbox.Mailbox", models.SET_NULL, null=True, blank=True, related_name="step_runs"
    )
    # The e-mail or the task; its Trash and erasure leave the figures
    activity = models.OneToOneField(
        "crm.Activity", models.SET_NULL, null=True, blank=True, related_name="step_run"
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("step taken"), _("steps taken")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["enrolment", "step"], name="each_step_once")]
        indexes = [
            # how many of today's limit are left
            models.Index(fields=["mailbox", "-at"], name="steps_of_mailbox")
        ]

    def __str__(self) -> str:
        return f"step {self.step_id} of enrolment {self.enrolment_id}"


class Pace(models.Model):
    """When sequences may send from a mailbox again. Who moves it on sends; nobody else does."""

    mailbox = models.OneToOneField("inbox.Mailbox", models.CASCADE, related_name="pace")
    next_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("pace of sequences"), _("paces of sequences")

    def __str__(self) -> str:
        return f"pace of {self.mailbox_id}"

    @classmethod
    def take(cls, mailbox: Any, now: datetime, spacing: timedelta) -> bool:
        """Whether this one may send now; another has to wait for `spacing`."""
        cls.objects.get_or_create(mailbox=mailbox, defaults={"next_at": now})
        free = cls.objects.filter(mailbox=mailbox, next_at__lte=now)
        return free.update(next_at=now + spacing) == 1
