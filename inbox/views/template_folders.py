"""The folders of templates: made, renamed, taken away; what lies in one stays (M24)."""

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.lib.keyset import LARGEST
from crm.web import Request, done, page, post_only, posted
from inbox.forms.templates import FolderForm
from inbox.models import TemplateFolder
from inbox.outreach import templates as story


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    form = FolderForm(posted(request))
    if form.is_bound and form.is_valid():
        return done(request, _there(story.add_folder(form.cleaned_data["name"])))
    return _form(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def folder(request: Request, pk: int) -> HttpResponse:
    found = _one(pk)
    form = FolderForm(posted(request), initial={"name": found.name})
    if form.is_bound and form.is_valid():
        try:
            undo = story.rename_folder(found, form.cleaned_data["name"], by=request.user)
            return done(request, _there(found), toast=_("Saved."), undo=undo)
        except story.FolderTaken:
            form.add_error("name", _("There is a folder of this name. Choose another one."))
    return _form(request, form, found)


@post_only
def removal(request: Request, pk: int) -> HttpResponse:
    found = _one(pk)
    said = _("The folder “{name}” is gone; its templates are still here.").format(name=found.name)
    return done(request, "inbox:templates", toast=said, undo=story.trash(found, by=request.user))


def _form(request: Request, form: FolderForm, found: TemplateFolder | None) -> HttpResponse:
    status = 422 if form.is_bound else 200
    context = {"form": form, "folder": found}
    return page(request, "inbox/templates/folder.html", context, status=status)


def _one(pk: int) -> TemplateFolder:
    found: TemplateFolder | None = TemplateFolder.objects.kept().filter(pk=min(pk, LARGEST)).first()
    if found is None:
        raise Http404
    return found


def _there(folder: TemplateFolder) -> str:
    return f"{reverse('inbox:templates')}?folder={folder.pk}"
