"""After Send: where somebody goes on, what the toast says, what was to be done as well (M26)."""

from urllib.parse import urlsplit

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import turns
from crm.models import Email
from crm.web import Request, back, done
from inbox.forms.sending import SendingForm
from inbox.views.finding import contact_of
from inbox.views.writing import Writing


def leave(request: Request, writing: Writing, sent: Email, sending: SendingForm) -> HttpResponse:
    """On to the record, or to its tasks; the toast takes the e-mail back while it waits."""
    to = _whereto(request, writing, sent)
    if sending.then == "done":
        turns.settle(sent, by=request.user)
    elif sending.then == "task":
        to = _tasks(request, writing, sent) or to
    said = _said(request.user.undo_seconds, sending)
    taken_back = reverse("inbox:cancellation", args=[sent.pk])
    return done(request, to, toast=said, undo=taken_back if said else None)


def _said(seconds: int, sending: SendingForm) -> str:
    if sending.send_at:
        when = date_format(timezone.localtime(sending.send_at), "DATETIME_FORMAT")
        return _("It will be sent on {when}.").format(when=when)
    if not seconds:
        return ""
    said = ngettext("Sending in {n} second.", "Sending in {n} seconds.", seconds)
    return said.format(n=seconds)


def _whereto(request: Request, writing: Writing, sent: Email) -> str:
    """The record; a reply that was written in place leaves one where one was."""
    to = writing.place.record or contact_of(request, sent)
    there = to.get_absolute_url() if to else reverse("inbox:email", args=[sent.pk])
    if not request.htmx or not (writing.place.answers or writing.place.forwards):
        return there
    came_from = back(request, there)
    return there if urlsplit(came_from).path == request.path else came_from


def _tasks(request: Request, writing: Writing, sent: Email) -> str:
    record = writing.place.record or contact_of(request, sent)
    return f"{record.get_absolute_url()}tasks/" if record else ""
