"""Activity: one line on a timeline. ActivityDetail: the seam to what it is in full (M14)."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models.base import Timestamped, Trashable, TrashableQuerySet
from crm.models.visibility import records_of

if TYPE_CHECKING:
    from crm.models.users import User

WAITS_AT_MOST = timedelta(days=90)  # who has not been answered by then does not wait any more


class ActivityQuerySet(TrashableQuerySet):
    def with_details(self) -> Self:
        """With the detail of every kind, in the same query."""
        return self.select_related("by", *Activity.Kind.values, "task__assignee")

    def visible_to(self, user: "User") -> Self:
        """Kept engagements on at least one record that `user` may see, or made by `user`."""
        return self.kept().filter(visible_activities(user))

    def trash_of(self, user: "User") -> Self:
        """What can come back; an e-mail that was taken back before it left is a draft, no more."""
        return self.trashed().filter(visible_activities(user)).exclude(email__status="cancelled")


def visible_activities(user: "User") -> Q:
    """What stands on a visible contact, and what one did oneself; the detail says what it shows.

    A company or a deal shows only what has no contact: through them nobody sees what was written
    to a contact that is hidden from them.
    """
    if user.is_admin:
        return Q()
    return _seen_by(user.pk, user.team_id)


@lru_cache(maxsize=256)  # a page has five of them, and to build one takes as long as to ask it
def _seen_by(user: int, team: int | None) -> Q:
    places = Association.objects.filter(activity=models.OuterRef("pk"))
    with_contact = places.filter(contact__isnull=False)
    on_contact = with_contact.filter(records_of(user, team, "contact__"))
    elsewhere = places.filter(
        Q(company__isnull=False) & records_of(user, team, "company__")
        | Q(deal__isnull=False) & records_of(user, team, "deal__")
    )
    without_contact = ~Q(models.Exists(with_contact)) & Q(models.Exists(elsewhere))
    return Q(by=user) | Q(models.Exists(on_contact)) | without_contact


class Activity(Timestamped, Trashable):
    """An engagement: its kind, its time, who did it; the detail hangs on it one-to-one."""

    class Kind(models.TextChoices):
        NOTE = "note", _("Note")
        EMAIL = "email", _("E-mail")
        TASK = "task", _("Task")

    kind = models.CharField(max_length=8, choices=Kind)
    at = models.DateTimeField()
    by = models.ForeignKey(
        "crm.User", models.SET_NULL, null=True, blank=True, related_name="activities"
    )

    objects: ClassVar[Any] = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("activity"), _("activities")
        ordering = ["-at", "-id"]
        indexes = [
            # the home page: what came to one's own mailboxes
            models.Index(fields=["by", "-at"], name="activity_of_user")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    def trash(self) -> None:
        super().trash()
        self.detail.came_or_went()

    def restore(self) -> None:
        super().restore()
        self.detail.came_or_went()

    @property
    def detail(self) -> "ActivityDetail":
        detail: ActivityDetail = getattr(self, self.kind)
        return detail

    @property
    def template(self) -> str:
        return f"timeline/{self.kind}.html"


class ActivityDetail(models.Model):
    """What an activity is in full. A kind subclasses this and answers four questions."""

    activity = models.OneToOneField(
        Activity, models.CASCADE, primary_key=True, related_name="%(class)s"
    )

    class Meta:
        abstract = True

    def summary(self) -> str:
        """One line of plain text."""
        raise NotImplementedError

    def seen_by(self, user: "User") -> bool:
        """Whether `user` may see its content; who may not sees that it exists (M53)."""
        raise NotImplementedError

    def export(self) -> dict[str, Any]:
        """All that is stored, as JSON values (M36)."""
        raise NotImplementedError

    def came_or_went(self) -> None:
        """Out of the Trash, or into it: what keeps a copy of it counts again."""

    def attachments(self) -> models.QuerySet[Any]:
        return self.activity.files.all()


class Association(models.Model):
    """An activity on the timeline of one record: a contact, a company or a deal.

    `at` and `thread` are copies, so that a page of a long timeline is one walk along an index.
    """

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="associations")
    contact = models.ForeignKey(
        "crm.Contact", models.CASCADE, null=True, blank=True, related_name="associations"
    )
    company = models.ForeignKey(
        "crm.Company", models.CASCADE, null=True, blank=True, related_name="associations"
    )
    deal = models.ForeignKey(
        "crm.Deal", models.CASCADE, null=True, blank=True, related_name="associations"
    )
    thread = models.ForeignKey(
        "crm.Thread", models.SET_NULL, null=True, blank=True, related_name="associations"
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("association"), _("associations")
        constraints = [
            models.CheckConstraint(
                condition=Q(contact__isnull=False, company=None, deal=None)
                | Q(contact=None, company__isnull=False, deal=None)
                | Q(contact=None, company=None, deal__isnull=False),
                name="association_of_one_record",
            ),
            *[
                models.UniqueConstraint(
                    fields=["activity", record], name=f"activity_once_on_{record}"
                )
                for record in ("contact", "company", "deal")
            ],
        ]
        indexes = [
            # timeline_for(record): newest first, by keyset
            models.Index(fields=["contact", "-at", "-activity"], name="timeline_of_contact"),
            models.Index(fields=["company", "-at", "-activity"], name="timeline_of_company"),
            models.Index(fields=["deal", "-at", "-activity"], name="timeline_of_deal"),
            # "is there a newer one of this conversation here?"
            models.Index(fields=["thread", "contact", "-at"], name="conversation_of_contact"),
            # which conversations wait for an answer? The e-mails of the last days.
            models.Index(
                fields=["-at"], condition=Q(thread__isnull=False), name="conversations_by_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity_id} on {self.contact_id or self.company_id or self.deal_id}"


def waits_now(now: datetime, email: str = "") -> Q:
    """Of which e-mails an answer is awaited: crm/lib/turns.py has decided it, within 90 days, and
    nobody has put it off. `email` is the way to them: "activity__email__"."""
    awake = Q(**{f"{email}thread__snoozed_until": None})
    awake |= Q(**{f"{email}thread__snoozed_until__lte": now})
    kept = {f"{email}activity__deleted_at": None, f"{email}activity__at__gte": now - WAITS_AT_MOST}
    return awake & Q(**{f"{email}waits": True, **kept})


def unanswered(record: str, now: datetime) -> models.QuerySet[Association]:
    """Where on a record ("contact", "deal") an e-mail stands that waits for an answer of ours.

    What is about something else waits by itself (M27).
    """
    here = {f"{record}__isnull": False, "thread__isnull": False, "activity__deleted_at": None}
    rows = Association.objects.filter(at__gte=now - WAITS_AT_MOST, **here)
    awake = Q(thread__snoozed_until=None) | Q(thread__snoozed_until__lte=now)
    return rows.filter(awake, activity__email__waits=True)
