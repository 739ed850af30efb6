"""The bell: what somebody was told, unread or all; opening one reads it."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.models import Notice
from crm.notices import shown
from crm.web import Request, SeeOther, done, page, post_only, visible_or_404

PAGE = 30


@require_safe
def notices(request: Request) -> HttpResponse:
    everything = request.GET.get("show") == "all"
    rows = Notice.objects.visible_to(request.user).order_by("-pk")
    if not everything:
        rows = rows.unread()
    before = request.GET.get("before", "")
    found = list(_before(rows, before)[: PAGE + 1])
    context = {
        "notices": [(row, shown(row)) for row in found[:PAGE]],
        "before": found[PAGE - 1].pk if len(found) > PAGE else None,
        "later": bool(before),
        "everything": everything,
    }
    return page(request, "crm/notices/list.html", context)


def _before(rows: Any, before: str) -> Any:
    known = before.isdecimal() and len(before) < 19
    return rows.filter(pk__lt=int(before)) if known else rows


@require_safe
def notice(request: Request, pk: int) -> HttpResponse:
    """On to what it is about; from now on it is read."""
    row: Notice = visible_or_404(Notice, request.user, pk)
    row.read()
    return SeeOther(shown(row).link or request.build_absolute_uri("../?show=all"))


@post_only
def read_all(request: Request) -> HttpResponse:
    unread = Notice.objects.visible_to(request.user).unread()
    unread.update(read_at=timezone.now())
    return done(request, "crm:notices", toast=_("All is read."))
