"""Drafts: the list of one's own, each to be written on, and the pictures in them."""

from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Q
from django.http import FileResponse, Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from crm import undo
from crm.lib import keyset
from crm.models import Email
from crm.web import Request, done, page, post_only, visible_or_404
from inbox.models import Draft, DraftFile
from inbox.sending.drafts import Place
from inbox.views.posting import compose
from inbox.views.writing import Writing

PAGE = 30
HARMLESS = "default-src 'none'; sandbox; frame-ancestors 'self'"


@require_safe
def drafts(request: Request) -> HttpResponse:
    rows = Draft.objects.open_for(request.user).select_related("contact", "company", "deal")
    cursor = request.GET.get("after", "")
    found = list(_after(rows, cursor)[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    context = {
        "drafts": found[:PAGE],
        "next": keyset.encode(last.touched_at, last.pk) if last else "",
        "later": bool(cursor),
    }
    return page(request, "inbox/drafts.html", context)


def _after(rows: Any, cursor: str) -> Any:
    """Those touched before the last one of the page before."""
    if not cursor:
        return rows
    try:
        at, pk = keyset.decode(cursor)
    except ValueError:
        return rows
    return rows.filter(Q(touched_at__lt=at) | Q(touched_at=at, pk__lt=pk))


@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: Request, pk: int) -> HttpResponse:
    """What it answers or passes on may have gone, or be closed to its writer, since."""
    rows = Draft.objects.select_related(
        *("contact", "company", "deal", "answers__activity", "forwards__activity")
    )
    found: Draft = visible_or_404(rows, request.user, pk)
    is_posted = request.method == "POST"  # Send pressed twice is answered as the first time
    if not is_posted and (found.sent_as_id or found.discarded_at):
        raise Http404
    place = Place(
        record=found.record,
        answers=_still_read(request, found.answers),
        forwards=_still_read(request, found.forwards),
    )
    return compose(request, Writing(place, reverse("inbox:draft", args=[pk]), {}, draft=found))


def _still_read(request: Request, email: Email | None) -> Email | None:
    open_to = email and email.activity.deleted_at is None and email.seen_by(request.user)
    return email if open_to else None


@post_only
def removal(request: Request, pk: int) -> HttpResponse:
    """Discard it; Undo brings it back."""
    found: Draft = visible_or_404(Draft, request.user, pk)
    if found.sent_as_id or found.discarded_at:
        return done(request, "inbox:drafts")
    entry = undo.remember(request.user, undo.changed(found, discarded_at=timezone.now()))
    return done(request, "inbox:drafts", toast=_("The draft is discarded."), undo=entry)


@require_GET
@never_cache
def file(request: Request, pk: int) -> FileResponse:
    """A picture in the text, for its writer alone. Its type was found in its bytes."""
    rows = DraftFile.objects.filter(draft__user=request.user, inline=True)
    found = rows.filter(pk=min(pk, keyset.LARGEST)).first()
    if found is None:
        raise Http404
    response = FileResponse(default_storage.open(found.path), content_type=found.content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = HARMLESS
    return response
