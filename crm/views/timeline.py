"""The timeline as pages show it, and the news that an open page asks for every two seconds."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from crm.models import Attachment, Contact
from crm.timeline import news_since, timeline_for
from crm.web import Request, page, visible_or_404

MOST_FILES = 60


def timeline_context(request: Request, contact: Contact) -> dict[str, Any]:
    """One page of the timeline, with the time up to which it has the news."""
    cursor = request.GET.get("cursor", "")
    try:
        shown = timeline_for(contact, cursor=cursor)
    except ValueError as error:
        raise Http404 from error
    return {
        "timeline": shown,
        "cursor": cursor,
        "news_since": contact.news_at.isoformat(),
        "files": _files(request, contact),
    }


def _files(request: Request, contact: Contact) -> list[Attachment]:
    """The newest files of its engagements whose content this user may see."""
    rows = Attachment.objects.visible_to(request.user).filter(inline=False)
    rows = rows.filter(activity__associations__contact=contact).order_by("-pk")[:MOST_FILES]
    return [file for file in rows if file.activity.detail.seen_by(request.user)]


@require_GET
def news(request: Request, pk: int) -> HttpResponse:
    """304 where nothing is new; else the first page of the timeline, as it is now."""
    contact = visible_or_404(Contact, request.user, pk)
    if not news_since(contact, _since(request)):
        return HttpResponseNotModified()
    context = {"contact": contact, **timeline_context(request, contact)}
    response = page(request, "crm/contacts/news.html", context)
    response["X-News-Since"] = contact.news_at.isoformat()
    response["Cache-Control"] = "no-store"
    return response


def _since(request: HttpRequest) -> datetime:
    try:
        since = parse_datetime(request.GET.get("since", ""))
    except ValueError:
        since = None
    if since is None or since.tzinfo is None:
        raise Http404
    return since
