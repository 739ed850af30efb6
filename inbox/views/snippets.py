"""Snippets: the list, the form, and what is done with one (M24)."""

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from crm.slices import slice_of
from crm.web import Request, done, page, post_only, posted, visible_or_404
from inbox.forms.templates import SnippetForm
from inbox.models import Snippet
from inbox.outreach import templates as story
from inbox.outreach.labels import offered


@require_safe
def snippets(request: Request) -> HttpResponse:
    view = request.GET.get("view", "")
    rows = _rows(request, view).search(request.GET.get("q", "")).select_related("owner")
    context = {
        "view": view,
        "words": request.GET.get("q", "").strip(),
        "kept": [("view", view)] if view else [],
        "page": slice_of(rows, ("shortcut",), request.GET.get("after", ""), down=False),
        "total": rows.count(),
        "later": "after" in request.GET,
    }
    return page(request, "inbox/templates/snippets.html", context, part="rows")


def _rows(request: Request, view: str) -> Any:
    if view == "trash":
        return Snippet.objects.trash_of(request.user)
    return Snippet.objects.visible_to(request.user)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    form = SnippetForm(posted(request), owner=request.user)
    if form.is_bound and form.is_valid():
        story.add(Snippet, form.body, by=request.user, **form.columns())
        return done(request, "inbox:snippets", toast=_("The snippet was saved."))
    return _form(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def snippet(request: Request, pk: int) -> HttpResponse:
    found = visible_or_404(Snippet, request.user, pk)
    mine = found.changed_by(request.user)
    names = ("name", "shortcut", "shared", "html", "text")
    initial = {name: getattr(found, name) for name in names}
    form = SnippetForm(posted(request), owner=found.owner, row=found, initial=initial)
    if form.is_bound and not mine:
        raise Http404
    if form.is_bound and form.is_valid():
        undo = story.edit(found, form.body, by=request.user, **form.columns())
        return done(request, "inbox:snippets", toast=_("Saved."), undo=undo)
    return _form(request, form, found)


def _form(request: Request, form: SnippetForm, found: Snippet | None) -> HttpResponse:
    mine = found is None or found.changed_by(request.user)
    context = {"form": form, "snippet": found, "mine": mine, "fields": offered()}
    status = 422 if form.is_bound else 200
    return page(request, "inbox/templates/snippet.html", context, status=status)


@post_only
def copy(request: Request, pk: int) -> HttpResponse:
    found = visible_or_404(Snippet, request.user, pk)
    name = _("{name} (copy)").format(name=found.name)
    made = story.duplicate(found, by=request.user, name=name)
    return done(request, "inbox:snippet", made.pk, toast=_("This is the copy. It is yours."))


@post_only
def trash(request: Request, pk: int) -> HttpResponse:
    found = visible_or_404(Snippet, request.user, pk)
    if not found.changed_by(request.user):
        raise Http404
    said = _("“{name}” is in the Trash.").format(name=found.name)
    return done(request, "inbox:snippets", toast=said, undo=story.trash(found, by=request.user))


@post_only
def restoration(request: Request, pk: int) -> HttpResponse:
    found = Snippet.objects.trash_of(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    found.restore()
    return done(request, "inbox:snippet", pk, toast=_("“{name}” is back.").format(name=found.name))
