"""The home page: what needs me today."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from crm import today
from crm.strangers import unknown_people
from crm.views.todo import due_context
from crm.web import Request, page

MOST = 10


@require_safe
def home(request: Request) -> HttpResponse:
    user, now = request.user, timezone.localtime()
    everyone = request.GET.get("whose") == "everyone"
    waiting = today.waiting(user, now, everyone=everyone, most=MOST + 1)
    stalled = today.stalled(user, now, everyone=everyone, most=MOST + 1)
    context = {
        "everyone": everyone,
        "today": now,
        "waiting": waiting[:MOST],
        "more_waiting": len(waiting) > MOST,
        "stalled": stalled[:MOST],
        "more_stalled": len(stalled) > MOST,
        "pipeline": today.pipeline(user, now, everyone=everyone),
        "strangers": unknown_people(user),
        "recent": today.changed_lately(user, 6),
        "beginning": today.beginning(user),
        **due_context(user),
    }
    return page(request, "crm/home/page.html", context)
