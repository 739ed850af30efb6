"""Privacy: archives to take away, erasing a person, and erasing for good in the Trash."""

from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from crm import restoring, retention
from crm.models import Contact
from crm.web import Request, done, page, visible_or_404
from inbox.dossiers import erasing, exporting
from inbox.models import Erasure, ExportRun, Mailbox


@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: Request, pk: int) -> HttpResponse:
    """What is stored on a contact, to take away; for admins the way to erase them."""
    found = visible_or_404(Contact, request.user, pk)
    if request.method == "POST":
        exporting.ask(request.user, contact=found)
        return done(request, "inbox:contact-privacy", pk, toast=_("The archive is being made."))
    context = {"contact": found, "erasing": _under_way(found), **_archives(request, contact=found)}
    return page(request, "inbox/dossiers/contact.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def erasure(request: Request, pk: int) -> HttpResponse:
    """For admins: says what goes and what stays, and wants the name typed."""
    if not request.user.is_admin:
        raise Http404
    found = visible_or_404(Contact, request.user, pk)
    hold, typed = erasing.blocked_by(found), request.POST.get("name", "").strip()
    if request.method == "POST" and not hold and typed.casefold() == found.name.casefold():
        return _erase(request, found)
    context = {
        "contact": found,
        "hold": hold,
        "typed": typed,
        "wrong": request.method == "POST" and not hold,
        "erasing": _under_way(found),
        "outlook": erasing.outlook(found),
    }
    status = 422 if request.method == "POST" else 200
    return page(request, "inbox/dossiers/erasure.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def trash_erased(request: Request) -> HttpResponse:
    """For admins: asks, since this cannot be undone; of several rows it asks for their number."""
    if not request.user.is_admin:
        raise Http404
    rows = restoring.chosen(request.user, request.POST.getlist("row"))
    held = [trashed for trashed in rows if erasing.is_held(trashed.row)]
    rows = [trashed for trashed in rows if trashed not in held]
    several, answered = len(rows) > 1, "confirm" in request.POST
    count = request.POST.get("count", "").strip()
    people = any(trashed.kind == "contact" for trashed in rows)
    if answered and rows and (not several or count == str(len(rows))):
        rows, held = [], erasing.from_trash(rows, by=request.user)
        if not held:
            return _erased(request, people=people)
    context = {"rows": rows, "held": held, "several": several, "wrong": answered, "count": count}
    context |= {"people": people, "outlook": erasing.goes_along(rows)}
    return page(request, "inbox/dossiers/trash.html", context, status=422 if answered else 200)


def _erased(request: Request, *, people: bool) -> HttpResponse:
    if people:
        said = _("They are being erased. The receipt will stand here.")
        return done(request, "inbox:retention", toast=said)
    return done(request, "crm:trash", toast=_("Erased for good."))


def _erase(request: Request, found: Contact) -> HttpResponse:
    try:
        erasing.ask(found, by=request.user)
    except retention.OnHold:  # placed between the look and now
        return done(request, "inbox:erasure", found.pk)
    said = _("They are being erased. The receipt will stand here.")
    return done(request, "inbox:retention", toast=said)


@require_http_methods(["GET", "HEAD", "POST"])
def mailbox(request: Request, pk: int) -> HttpResponse:
    """The conversation of a mailbox as mbox, for its owner alone."""
    found = visible_or_404(Mailbox.objects.filter(owner=request.user), request.user, pk)
    if request.method == "POST":
        exporting.ask(request.user, mailbox=found)
        return done(request, "inbox:take-out", pk, toast=_("The archive is being made."))
    context = {"mailbox": found, **_archives(request, mailbox=found)}
    return page(request, "inbox/dossiers/mailbox.html", context)


@require_GET
@never_cache
def archive(request: Request, pk: int) -> FileResponse:
    """Download it; who may no longer see the contact cannot."""
    found = visible_or_404(ExportRun.objects.ready(timezone.now()), request.user, pk)
    if found.contact:
        visible_or_404(Contact, request.user, found.contact.pk)
    file = default_storage.open(found.path)
    return FileResponse(file, as_attachment=True, filename=found.name)


def _under_way(found: Contact) -> bool:
    return Erasure.objects.open().filter(contact=found).exists()


def _archives(request: Request, **about: Any) -> dict[str, Any]:
    rows = ExportRun.objects.visible_to(request.user).filter(**about)
    return {"archives": rows.ready(timezone.now()), "under_way": rows.open().exists()}
