"""The inbox: what needs an answer, across mailboxes; one conversation beside the list, or alone."""

from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from crm import turns
from crm.models import Attachment, Deal, LastRead, Thread, User
from crm.timeline import conversation as line_of
from crm.web import Request, page, visible_or_404
from inbox import triage
from inbox.models import Draft, Mailbox, Outgoing
from inbox.versions import version_of
from inbox.views.finding import contact_of

MOST_FILES = 30
KEPT = ("folder", "whose", "q", "files")  # of the query, from page to page


@require_safe
def inbox(request: Request) -> HttpResponse:
    return page(request, "inbox/triage/inbox.html", listed(request), part="list")


@require_safe
def conversation(request: Request, pk: int) -> HttpResponse:
    """Beside its list on a wide screen, alone on a narrow one. Looking at it reads it."""
    thread: Thread = visible_or_404(Thread, request.user, pk)
    context = opened(request, thread)
    turns.read(thread, request.user)
    if not request.htmx:
        context |= listed(request)
    return page(request, "inbox/triage/conversation.html", context, part="reading")


@require_GET
@never_cache
def news(request: Request, pk: int) -> HttpResponse:
    """204 where nothing has changed since `version`; else the conversation, as it is now. A page
    that stands open does not read what comes."""
    thread: Thread = visible_or_404(Thread, request.user, pk)
    now = timezone.now()
    writers = triage.replying([pk], request.user, now).get(pk, [])
    if request.GET.get("version") == version_of(thread, request.user, now, writers):
        return HttpResponse(status=204)
    return page(request, "inbox/triage/conversation.html#reading", opened(request, thread))


@require_GET
@never_cache
def arrivals(request: Request) -> HttpResponse:
    """The ids of the first page of a folder: an open page compares them with its own."""
    wanted = triage.asked(request.GET, request.user)
    rows = triage.ordered(triage.threads(request.user, wanted, timezone.now()))
    pks = rows.values_list("pk", flat=True)[: triage.PAGE]
    return HttpResponse(" ".join(map(str, pks)), content_type="text/plain")


# --- what the templates are given -----------------------------------------------------------------


def listed(request: Request) -> dict[str, Any]:
    wanted = triage.asked(request.GET, request.user)
    rows = triage.threads(request.user, wanted, timezone.now())
    cursor = request.GET.get("after", "")
    found, following = triage.page_of(rows, request.user, cursor)
    numbers = _numbers(request.user)
    return {
        "asked": wanted,
        "folder": request.GET.get("folder", "") if wanted.mailbox else wanted.folder,
        "folders": triage.FOLDERS.items(),
        "whose": triage.WHOSE.items(),
        "numbers": numbers,
        "needs_reply": numbers["needs-reply"],  # the navigation need not ask again
        "drafts": triage.up_to(Draft.objects.open_for(request.user).order_by()),
        "mailboxes": list(Mailbox.objects.usable_by(request.user)),
        "rows": found,
        "next": query(request, after=following) if following else "",
        "later": bool(cursor),
        "query": query(request),
        "colleagues": list(User.objects.filter(is_active=True).order_by("name", "pk")),
    }


def _numbers(user: User) -> dict[str, str]:
    """Of the folders that ask for something."""
    return {
        "needs-reply": triage.mine_needing_reply(user, timezone.now()),
        "scheduled": triage.up_to(Outgoing.objects.scheduled_by(user)),
        "failed": triage.up_to(triage.failed_of(user)),
    }


def opened(request: Request, thread: Thread) -> dict[str, Any]:
    user = request.user
    read = LastRead.objects.filter(user=user, thread=thread).first()
    line = line_of(thread, user, read.at if read else None)
    if line is None:
        raise Http404
    deals = Deal.objects.visible_to(user).filter(associations__thread=thread).distinct()
    now = timezone.now()
    writers = triage.replying([thread.pk], user, now).get(thread.pk, [])
    return {
        "thread": thread,
        "level": 2 if request.htmx else 1,  # of its heading
        "line": line,
        "activity": line.head,
        "contact": contact_of(request, line.activity.email),
        "deals": list(deals.select_related("stage").order_by("-pk")[:5]),
        "files": _files(thread, user) if line.count > 1 else [],
        "handled": line.activity.email.seen_by(user),
        "replying": writers,
        "asleep": bool(thread.snoozed_until and thread.snoozed_until > now),
        "version": version_of(thread, user, now, writers),
        "query": query(request),
        "colleagues": list(User.objects.filter(is_active=True).order_by("name", "pk")),
    }


def _files(thread: Thread, user: User) -> list[Attachment]:
    files = Attachment.objects.readable_by(user).filter(inline=False)
    files = files.filter(activity__email__thread=thread, activity__deleted_at=None)
    return list(files.order_by("-pk")[:MOST_FILES])


def query(request: Request, **more: str) -> str:
    query = request.GET.copy()
    for name in [*query]:
        if name not in KEPT or not query[name]:
            del query[name]
    query.update({name: value for name, value in more.items() if value})
    return f"?{query.urlencode()}" if query else ""
