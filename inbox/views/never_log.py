"""The never-log lists: the organisation's, and those of one's own mailboxes (M11)."""

from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.models import User
from crm.web import Request, done, page, post_only, posted, visible_or_404
from inbox.forms.rules import NeverLogForm
from inbox.models import Mailbox, NeverLog


@require_http_methods(["GET", "HEAD", "POST"])
def never_log(request: Request) -> HttpResponse:
    form = NeverLogForm(posted(request), user=request.user)
    if form.is_bound and form.is_valid():
        entry = form.cleaned_data["entry"]
        _add(entry, form.cleaned_data["mailbox"], request.user)
        said = _("Mail with {entry} is not read any more.").format(entry=entry)
        return done(request, "inbox:never-log", toast=said)
    context = {
        "form": form,
        "entries": [
            {"row": row, "mine": row.changed_by(request.user)}
            for row in NeverLog.objects.visible_to(request.user).select_related("mailbox", "by")
        ],
        "may_add": request.user.is_admin or Mailbox.objects.filter(owner=request.user).exists(),
    }
    status = 422 if request.method == "POST" else 200
    return page(request, "inbox/never_log.html", context, status=status)


@post_only
def removal(request: Request, pk: int) -> HttpResponse:
    row = visible_or_404(NeverLog, request.user, pk)
    if not row.changed_by(request.user):
        raise Http404
    row.delete()
    said = _("{entry} is off the list.").format(entry=row.entry)
    return done(request, "inbox:never-log", toast=said)


def _add(entry: str, mailbox: Mailbox | None, by: User) -> None:
    try:
        with transaction.atomic():
            NeverLog.objects.create(entry=entry, mailbox=mailbox, by=by)
    except IntegrityError:
        return  # pressed twice
