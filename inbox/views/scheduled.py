"""What becomes of a letter that waits for its time: sent now, at another one, not at all (M26)."""

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.lib.keyset import LARGEST
from crm.web import Request, done, onward, page, post_only
from inbox.models import Outgoing
from inbox.sending import later, outbox
from inbox.views.finding import contact_of


@post_only
def schedule(request: Request, pk: int) -> HttpResponse:
    """`when` as it was typed; nothing typed is now."""
    outgoing = _outgoing_or_404(request, pk)
    now, typed = timezone.localtime(), request.POST.get("when", "").strip()[:60]
    try:
        at = later.read_time(typed, now) if "when" in request.POST else now
    except later.NotATime as refused:
        return _again(request, outgoing, typed, str(refused))
    if not later.move(outgoing, at):
        return _back(request, outgoing, _("It has left already."))
    if "when" not in request.POST:
        return _back(request, outgoing, _("It is being sent."))
    when = date_format(timezone.localtime(at), "DATETIME_FORMAT")
    return _back(request, outgoing, _("It will be sent on {when}.").format(when=when))


@post_only
def withdrawal(request: Request, pk: int) -> HttpResponse:
    """Not sent at all; Undo opens it in the composer again."""
    outgoing = _outgoing_or_404(request, pk)
    if not outbox.cancel(outgoing):
        return _back(request, outgoing, _("It has left already."))
    again = reverse("inbox:cancellation", args=[pk])
    return _back(request, outgoing, _("It will not be sent."), undo=again)


def _outgoing_or_404(request: Request, pk: int) -> Any:
    """Its writer alone decides; what has left in between is told so, not hidden."""
    rows = Outgoing.objects.filter(email=min(pk, LARGEST), email__activity__by=request.user)
    found = rows.select_related("email__activity").first()
    if found is None:
        raise Http404
    return found


def _back(request: Request, outgoing: Any, said: str, undo: str = "") -> HttpResponse:
    record = contact_of(request, outgoing.email)
    to = onward(request, record, but=reverse("inbox:email", args=[outgoing.email_id]))
    return done(request, to, toast=said, undo=undo or None)


def _again(request: Request, outgoing: Any, typed: str, error: str) -> HttpResponse:
    email = outgoing.email
    context = {"email": email, "activity": email.activity, "contact": None}
    context |= {"when": typed, "when_error": error}
    return page(request, "inbox/emails/detail.html", context, status=422)
