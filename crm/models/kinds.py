"""The kinds of activity that people write by hand: Note and Task."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models.activities import Activity, ActivityDetail

if TYPE_CHECKING:
    from crm.models.users import User


class Note(ActivityDetail):
    text = models.TextField(_("text"))

    class Meta:
        verbose_name, verbose_name_plural = _("note"), _("notes")

    def __str__(self) -> str:
        return self.summary()

    def summary(self) -> str:
        return self.text[:200]

    def seen_by(self, user: "User") -> bool:
        return True

    def export(self) -> dict[str, Any]:
        return {"text": self.text}


class TaskQuerySet(models.QuerySet["Task"]):
    def visible_to(self, user: "User") -> Self:
        """Kept tasks: one's own, and those on records that one may see."""
        seen = Activity.objects.visible_to(user).filter(pk=models.OuterRef("pk"))
        return self.filter(Q(assignee=user) | Q(models.Exists(seen)), activity__deleted_at=None)

    def open(self) -> Self:
        return self.filter(done_at=None)

    def of(self, user: "User") -> Self:
        """What is to be done by `user`."""
        return self.filter(assignee=user, activity__deleted_at=None)

    def due_by(self, end: datetime) -> Self:
        """Open and due before `end`, the late ones included."""
        return self.open().filter(due_at__lt=end)


class Task(ActivityDetail):
    """Something to be done, by somebody, perhaps until some time. It stands where it was made."""

    title = models.CharField(_("title"), max_length=300)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    assignee = models.ForeignKey(
        "crm.User", models.SET_NULL, null=True, blank=True, related_name="tasks"
    )

    objects: ClassVar[Any] = TaskQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("task"), _("tasks")
        indexes = [
            # the tasks page, and the count in the navigation
            models.Index(
                fields=["assignee", "due_at"], condition=Q(done_at=None), name="task_to_be_done"
            )
        ]

    def __str__(self) -> str:
        return self.title

    def summary(self) -> str:
        return self.title

    def seen_by(self, user: "User") -> bool:
        return True

    def is_late(self, now: datetime) -> bool:
        return self.done_at is None and self.due_at is not None and self.due_at < now

    def export(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "due_at": self.due_at.isoformat() if self.due_at else None,
            "done_at": self.done_at.isoformat() if self.done_at else None,
        }
