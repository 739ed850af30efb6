"""Tasks on a record: added, done and not done, moved to the Trash."""

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm import todo as story
from crm import undo
from crm.forms.timeline import TaskForm
from crm.models import Task
from crm.records import MODELS
from crm.timeline import Line
from crm.views.timeline import record_of
from crm.web import Request, done, onward, page, post_only, posted, stay, visible_or_404


@require_http_methods(["GET", "HEAD", "POST"])
def tasks(request: Request, pk: int, noun: str) -> HttpResponse:
    record = visible_or_404(MODELS[noun], request.user, pk)
    form = TaskForm(posted(request), user=request.user)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        context = {"form": form, "subject": record}
        return page(request, "crm/records/task.html", context, status=status)
    title, at = form.due()
    assignee = form.cleaned_data["assignee"]
    task = story.add(title, due_at=at, assignee=assignee, records=[record], by=request.user)
    entry = undo.remember(request.user, undo.made(task.activity))
    return done(request, onward(request, record), toast=_("The task was added."), undo=entry)


@post_only
def state(request: Request, pk: int) -> HttpResponse:
    """done=yes: it is done; without: it is not."""
    task = _find(request, pk)
    if request.POST.get("done") == "yes":
        entry, toast = story.finish(task, by=request.user), _("“{task}” is done.")
    else:
        entry, toast = story.reopen(task, by=request.user), _("“{task}” is to be done again.")
    toast = toast.format(task=task)
    if not request.htmx:
        to = onward(request, record_of(request, task.activity))
        return done(request, to, toast=toast, undo=entry)
    context = {"activity": task.activity, "line": Line(task.activity)}
    return stay(request, "timeline/task.html", context, toast=toast, undo=entry)


@post_only
@transaction.atomic
def trash(request: Request, pk: int) -> HttpResponse:
    activity = _find(request, pk).activity
    record = record_of(request, activity)
    entry = undo.remember(request.user, undo.trashed(activity))
    to = onward(request, record)
    return done(request, to, toast=_("The task is in the Trash."), undo=entry)


def _find(request: Request, pk: int) -> Task:
    rows = Task.objects.select_related("activity__by", "assignee")
    found: Task = visible_or_404(rows, request.user, pk)
    return found
