"""What every page counts beside its navigation: tasks that are due, notices not yet read."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from crm.models import Notice, Task, User


def counts(request: HttpRequest) -> dict[str, Any]:
    """Counted only where shown: `tasks_due` (today or late) and `notices_unread`."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    return {
        "tasks_due": SimpleLazyObject(partial(_tasks_due, user)),
        "notices_unread": SimpleLazyObject(Notice.objects.visible_to(user).unread().count),
    }


def _tasks_due(user: User) -> int:
    tomorrow = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    count: int = Task.objects.of(user).due_by(tomorrow + timedelta(days=1)).count()
    return count
