"""The timeline as pages show it, and the news that an open page asks for every two seconds."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from crm.models import Activity, Attachment, Company, Contact, Deal, Record, Task
from crm.records import MODELS
from crm.timeline import Page, counts, news_since, timeline_for
from crm.web import Request, page, visible_or_404

MOST_FILES = 60
MOST_NEXT = 3  # tasks that stand in the right pane

# The tabs, by the word in the address: what each is called, and the kind of activity it shows.
TABS: dict[str, tuple[Any, str]] = {
    "activity": (gettext_lazy("All"), ""),
    "email": (gettext_lazy("E-mail"), Activity.Kind.EMAIL),
    "notes": (gettext_lazy("Notes"), Activity.Kind.NOTE),
    "tasks": (gettext_lazy("Tasks"), Activity.Kind.TASK),
    "files": (gettext_lazy("Files"), ""),
}


class Tab(NamedTuple):
    name: str
    label: str
    number: int | None  # of what it holds


def timeline_context(request: Request, subject: Contact | Company | Deal) -> dict[str, Any]:
    """One page of the timeline, with the time up to which it has the news."""
    cursor = request.GET.get("cursor", "")
    tab = request.GET.get("tab", "activity")
    tab = tab if tab in TABS else "activity"
    try:
        shown = _page(request, subject, tab, cursor)
    except ValueError as error:
        raise Http404 from error
    files = _files(request, subject)
    return {
        "subject": subject,
        "contact": subject if isinstance(subject, Contact) else None,
        "tab": tab,
        "tabs": _tabs(request, subject, len(files)),
        "timeline": shown,
        "cursor": cursor,
        "news_since": subject.news_at.isoformat(),
        "files": files,
        "next_tasks": _next_tasks(request, subject),
    }


def _page(request: Request, subject: Contact | Company | Deal, tab: str, cursor: str) -> Page:
    if tab == "files":
        return Page([], "")
    return timeline_for(subject, request.user, cursor=cursor, kind=TABS[tab][1])


def _tabs(request: Request, subject: Contact | Company | Deal, files: int) -> list[Tab]:
    found = counts(subject, request.user)
    number = {name: found.get(kind, 0) for name, (_label, kind) in TABS.items() if kind}
    number["files"] = files
    return [Tab(name, str(label), number.get(name)) for name, (label, _kind) in TABS.items()]


def _files(request: Request, subject: Record) -> list[Attachment]:
    """The newest files of its engagements whose content this user may see."""
    rows = Attachment.objects.readable_by(request.user).filter(inline=False)
    rows = rows.filter(**{f"activity__associations__{subject.noun}": subject})
    return list(rows.order_by("-pk")[:MOST_FILES])


def _next_tasks(request: Request, subject: Record) -> list[Task]:
    here = {f"activity__associations__{subject.noun}": subject}
    rows = Task.objects.visible_to(request.user).open().filter(due_at__isnull=False, **here)
    return list(rows.select_related("activity", "assignee").order_by("due_at")[:MOST_NEXT])


def record_of(request: Request, activity: Activity) -> Any:
    """The first record that it stands on, of those that this user may see; None for none."""
    for model in MODELS.values():
        rows = model.objects.visible_to(request.user)
        found = rows.filter(associations__activity=activity).first()
        if found:
            return found
    return None


@require_GET
def news(request: Request, pk: int, noun: str) -> HttpResponse:
    """304 where nothing is new; else the first page of the timeline, as it is now."""
    subject = visible_or_404(MODELS[noun], request.user, pk)
    if not news_since(subject, _since(request)):
        return HttpResponseNotModified()
    response = page(request, "crm/records/news.html", timeline_context(request, subject))
    response["X-News-Since"] = subject.news_at.isoformat()
    response["Cache-Control"] = "no-store"
    return response


def _since(request: Request) -> datetime:
    try:
        since = parse_datetime(request.GET.get("since", ""))
        since = since.astimezone(UTC) if since and since.tzinfo else None
    except (ValueError, OverflowError):
        since = None
    if since is None:
        raise Http404
    return since
