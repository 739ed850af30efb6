"""Templates: the list, the editor with its preview, and what is done with one (M24)."""

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from crm.slices import slice_of
from crm.web import Request, back, done, page, post_only, posted, visible_or_404
from inbox.forms.templates import FolderForm, TemplateForm
from inbox.models import Template, TemplateFolder, TemplateUse
from inbox.outreach import templates as story
from inbox.outreach.labels import offered
from inbox.outreach.starters import starters
from inbox.views.finding import email_or_404
from inbox.views.previewing import previewed


@require_safe
def templates(request: Request) -> HttpResponse:
    view, folder = request.GET.get("view", ""), _folder(request)
    rows = _rows(request, view).search(request.GET.get("q", ""))
    if folder:
        rows = rows.filter(folder=folder)
    after = request.GET.get("after", "")
    shown = slice_of(rows.select_related("owner"), ("name",), after, down=False)
    language, begin = starters(get_language() or "")
    context = {
        "view": view,
        "folder": folder,
        "words": request.GET.get("q", "").strip(),
        "kept": [(name, request.GET[name]) for name in ("view", "folder") if name in request.GET],
        "page": shown,
        "counts": TemplateUse.objects.counts(shown.rows, request.user),
        "total": rows.count(),
        "later": "after" in request.GET,
        "folders": TemplateFolder.objects.with_counts(request.user),
        "folder_form": FolderForm(initial={"name": folder.name if folder else ""}),
        "starters": begin,
        "language": language,
    }
    return page(request, "inbox/templates/list.html", context, part="rows")


def _rows(request: Request, view: str) -> Any:
    if view == "trash":
        return Template.objects.trash_of(request.user)
    rows = Template.objects.visible_to(request.user).select_related("folder")
    if view == "mine":
        return rows.filter(owner=request.user)
    return rows.filter(shared=True) if view == "shared" else rows


def _folder(request: Request) -> TemplateFolder | None:
    return _folder_called(request.GET.get("folder", ""))


def _folder_called(asked: str) -> TemplateFolder | None:
    """The one of that number."""
    if not asked.isascii() or not asked.isdecimal() or len(asked) > 18:
        return None
    found: TemplateFolder | None = TemplateFolder.objects.kept().filter(pk=int(asked)).first()
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """An empty one, or one that begins with an e-mail that was sent: `?email=5`."""
    form = TemplateForm(posted(request), request.FILES or None, initial=_beginning(request))
    if "preview" in request.POST:
        return _editor(request, form, None)
    if form.is_bound and form.is_valid():
        made = story.add(
            Template, form.body, by=request.user, files=form.new_files(), **form.columns()
        )
        return done(request, made, toast=_("The template was saved."))
    return _editor(request, form, None)


def _beginning(request: Request) -> dict[str, Any]:
    folder = _folder(request)
    start: dict[str, Any] = {"language": get_language(), "folder": folder.pk if folder else None}
    asked = request.GET.get("email", "")
    if not asked.isascii() or not asked.isdecimal() or len(asked) > 18:
        return start
    email = email_or_404(request, int(asked))
    if not email.seen_by(request.user):
        raise Http404
    return {**start, **story.of_email(email, by=request.user)}


@require_http_methods(["GET", "HEAD", "POST"])
def template(request: Request, pk: int) -> HttpResponse:
    found = visible_or_404(Template, request.user, pk)
    mine = found.changed_by(request.user)
    names = ("name", "shared", "language", "subject", "html", "text")
    initial = {name: getattr(found, name) for name in names} | {"folder": found.folder_id}
    typed = posted(request) if mine else None
    form = TemplateForm(typed, request.FILES or None, initial=initial, row=found)
    if request.method != "POST" or "preview" in request.POST:
        return _editor(request, form, found)
    if not mine:
        raise Http404
    if not form.is_valid():
        return _editor(request, form, found)
    files = {"files": form.new_files(), "kept": form.kept_files()}
    undo = story.edit(found, form.body, by=request.user, **files, **form.columns())
    return done(request, found, toast=_("Saved."), undo=undo)


def _editor(request: Request, form: TemplateForm, found: Template | None) -> HttpResponse:
    preview = "preview" in request.POST
    context = {
        "form": form,
        "template": found,
        "mine": found is None or found.changed_by(request.user),
        "fields": offered(),
        "preview": previewed(request, form),
        "counts": TemplateUse.objects.counts([found], request.user) if found else {},
    }
    status = 422 if form.is_bound and not preview else 200
    return page(request, "inbox/templates/editor.html", context, part="preview", status=status)


@post_only
def starter(request: Request) -> HttpResponse:
    """One of those that everybody is offered."""
    language, offered_ones = starters(request.POST.get("language", ""))
    number = request.POST.get("number", "")
    if number not in map(str, range(len(offered_ones))):
        raise Http404
    made = story.start(offered_ones[int(number)], by=request.user, language=language)
    return done(request, made, toast=_("It is yours now. Change it as you like."))


@post_only
def copy(request: Request, pk: int) -> HttpResponse:
    found = visible_or_404(Template, request.user, pk)
    name = _("{name} (copy)").format(name=found.name)
    made = story.duplicate(found, by=request.user, name=name)
    return done(request, made, toast=_("This is the copy. It is yours."))


@post_only
def trash(request: Request, pk: int) -> HttpResponse:
    found = visible_or_404(Template, request.user, pk)
    if not found.changed_by(request.user):
        raise Http404
    said = _("“{name}” is in the Trash.").format(name=found.name)
    return done(request, "inbox:templates", toast=said, undo=story.trash(found, by=request.user))


@post_only
def restoration(request: Request, pk: int) -> HttpResponse:
    found = Template.objects.trash_of(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    found.restore()
    return done(request, found, toast=_("“{name}” is back.").format(name=found.name))


@post_only
def folder(request: Request, pk: int) -> HttpResponse:
    """Puts it into another folder; into none, where none is named."""
    found = visible_or_404(Template, request.user, pk)
    asked = request.POST.get("folder", "")
    to = _folder_called(asked)
    if not found.changed_by(request.user) or (asked and to is None):
        raise Http404
    undo = story.move(found, to, by=request.user)
    said = _("It is in “{folder}” now.").format(folder=to) if to else _("It is in no folder now.")
    return done(request, back(request, "inbox:templates"), toast=said, undo=undo)
