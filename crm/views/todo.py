"""The tasks page: what is to be done by day, a line for a new task, done and put off with Undo."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm import todo as story
from crm.agenda import MOST, agenda, due_today
from crm.forms.todo import DueForm, LineForm
from crm.models import Task, UndoEntry, User
from crm.templatetags.due import due_on
from crm.undo import made, remember
from crm.web import Request, back, done, page, post_only, stay, visible_or_404

ON_HOME = 12


@require_http_methods(["GET", "HEAD", "POST"])
def tasks(request: Request) -> HttpResponse:
    if request.method == "POST":
        return _add(request)
    return page(request, "crm/todo/list.html", _shown(request), part="tasks")


def _add(request: Request) -> HttpResponse:
    form = LineForm(request.POST)
    if not form.is_valid():
        context = {**_shown(request), "form": form}
        return page(request, "crm/todo/list.html", context, part="tasks", status=422)
    title, at = form.due()
    task = story.add(title, due_at=at, assignee=request.user, by=request.user)
    said = _("“{title}” was added, due {when}.") if at else _("“{title}” was added.")
    toast = said.format(title=title, when=due_on(at) if at else "")
    return _answer(request, toast, remember(request.user, made(task.activity)))


@post_only
def task_done(request: Request, pk: int) -> HttpResponse:
    """Finishes it; with `reopen` it is to be done again."""
    task: Task = visible_or_404(Task, request.user, pk)
    if "reopen" in request.POST:
        undo, said = story.reopen(task, by=request.user), _("“{title}” is to be done again.")
    else:
        undo, said = story.finish(task, by=request.user), _("“{title}” is done.")
    return _answer(request, said.format(title=task.title), undo)


@post_only
def task_due(request: Request, pk: int) -> HttpResponse:
    task: Task = visible_or_404(Task, request.user, pk)
    form = DueForm(request.POST)
    if not form.is_valid():
        context = {**_shown(request), "refused": task.pk, "due_form": form}
        return page(request, "crm/todo/list.html", context, part="tasks", status=422)
    at = form.due_at(task.due_at)
    undo = story.reschedule(task, at, by=request.user)
    said = _("“{title}” is due {when}.") if at else _("“{title}” has no date any more.")
    toast = said.format(title=task.title, when=due_on(at) if at else "")
    return _answer(request, toast, undo)


def due_context(user: User) -> dict[str, Any]:
    """What of it stands on the home page."""
    due = due_today(user, timezone.localtime(), ON_HOME + 1)
    return {"due": due[:ON_HOME], "more_due": len(due) > ON_HOME, "target": "#due"}


def _answer(request: Request, toast: str, undo: UndoEntry) -> HttpResponse:
    """For htmx the part that the form stood in, of this page or of the home page."""
    if not request.htmx:
        return done(request, back(request, "crm:tasks"), toast=toast, undo=undo)
    if request.htmx.target == "due":
        context = due_context(request.user)
        return stay(request, "crm/home/page.html#due", context, toast=toast, undo=undo)
    return stay(request, "crm/todo/list.html#tasks", _shown(request), toast=toast, undo=undo)


def _shown(request: HttpRequest) -> dict[str, Any]:
    assert isinstance(request.user, User)  # SignInMiddleware
    everyone = request.GET.get("whose") == "everyone"
    groups = agenda(request.user, timezone.localtime(), everyone=everyone)
    count = sum(len(group.tasks) for group in groups if group.name != "done")
    return {
        "groups": groups,
        "count": count,
        "full": count == MOST,
        "everyone": everyone,
        "form": LineForm(),
        "query": "?whose=everyone" if everyone else "",
        "target": "#tasks",
    }
