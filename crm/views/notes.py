"""Notes on a record: added, changed, moved to the Trash."""

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm import notes as story
from crm import undo
from crm.forms.timeline import NoteForm
from crm.models import Activity, Note, UndoEntry, User
from crm.records import MODELS
from crm.views.timeline import record_of
from crm.web import Request, done, onward, page, post_only, posted, visible_or_404


@require_http_methods(["GET", "HEAD", "POST"])
def notes(request: Request, pk: int, noun: str) -> HttpResponse:
    record = visible_or_404(MODELS[noun], request.user, pk)
    form = NoteForm(posted(request))
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "subject": record}
        status = 422 if request.method == "POST" else 200
        return page(request, "crm/records/note.html", context, status=status)
    note = story.add(record, form.cleaned_data["text"], by=request.user)
    entry = undo.remember(request.user, undo.made(note.activity))
    return done(request, onward(request, record), toast=_("The note was added."), undo=entry)


@require_http_methods(["GET", "HEAD", "POST"])
def note(request: Request, pk: int) -> HttpResponse:
    found = _find(request, pk)
    form = NoteForm(posted(request), note=found, auto_id=f"note{pk}_%s")
    record = record_of(request, found.activity)
    entry = _change(form, request.user) if form.is_bound else None
    if entry:
        to = onward(request, record)
        return done(request, to, toast=_("The note was changed."), undo=entry)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "subject": record, "note": found}
    return page(request, "crm/records/note.html", context, part="form", status=status)


@transaction.atomic
def _change(form: NoteForm, by: User) -> UndoEntry | None:
    """Save it, or say on the form why not. One at a time: what it is compared with it replaces."""
    assert form.note
    form.note.refresh_from_db(from_queryset=Note.objects.select_for_update())
    return story.edit(form.note, form.cleaned_data["text"], by=by) if form.is_valid() else None


@post_only
@transaction.atomic
def trash(request: Request, pk: int) -> HttpResponse:
    activity = _find(request, pk).activity
    record = record_of(request, activity)
    entry = undo.remember(request.user, undo.trashed(activity))
    to = onward(request, record, but=f"/notes/{pk}/")
    return done(request, to, toast=_("The note is in the Trash."), undo=entry)


def _find(request: Request, pk: int) -> Note:
    rows = Activity.objects.filter(kind=Activity.Kind.NOTE).with_details()
    found: Note = visible_or_404(rows, request.user, pk).note
    return found
