"""The home page: what needs me today."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm import today, turns
from crm.models import Activity
from crm.strangers import unknown_people
from crm.views.todo import due_context
from crm.web import Request, back, done, page, post_only, stay, visible_or_404

MOST = 10


@require_safe
def home(request: Request) -> HttpResponse:
    user, now = request.user, timezone.localtime()
    everyone = request.GET.get("whose") == "everyone"
    stalled = today.stalled(user, now, everyone=everyone, most=MOST + 1)
    context = {
        "today": now,
        "stalled": stalled[:MOST],
        "more_stalled": len(stalled) > MOST,
        "pipeline": today.pipeline(user, now, everyone=everyone),
        "strangers": unknown_people(user),
        "recent": today.changed_lately(user, 6),
        "beginning": today.beginning(user),
        **_waiting(request, now),
        **due_context(user),
    }
    return page(request, "crm/home/page.html", context)


@post_only
def settled(request: Request, pk: int) -> HttpResponse:
    """It needs no reply; the next e-mail of its conversation may need one again."""
    emails = Activity.objects.filter(kind=Activity.Kind.EMAIL).kept()
    activity: Activity = visible_or_404(emails, request.user, pk)
    if not activity.email.seen_by(request.user):
        raise Http404
    entry = turns.settle(activity.email, by=request.user)
    said = _("It needs no reply.")
    if request.htmx.target == "waiting":
        context = {**_waiting(request, timezone.localtime()), **due_context(request.user)}
        return stay(request, "crm/home/_waiting.html", context, toast=said, undo=entry)
    return done(request, back(request, "crm:home"), toast=said, undo=entry)


def _waiting(request: Request, now: datetime) -> dict[str, Any]:
    everyone = request.GET.get("whose") == "everyone"
    waiting = today.waiting(request.user, now, everyone=everyone, most=MOST + 1)
    more = len(waiting) > MOST
    return {"everyone": everyone, "waiting": waiting[:MOST], "more_waiting": more}
