"""What a mailbox may send from, and how much: on its page (M52, M58)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.rates import TooOften
from crm.undo import changed, remember
from crm.web import Request, done, page, post_only, visible_or_404
from inbox.forms.identities import CodeForm, IdentityForm, LimitsForm
from inbox.models import Identity, Mailbox
from inbox.sending import identities
from inbox.views.mailboxes import mailbox_context


@post_only
def add(request: Request, pk: int) -> HttpResponse:
    """Another address: a code goes out to it."""
    found = _managed(request, pk)
    form = IdentityForm(request.POST)
    if form.is_valid():
        try:
            row = identities.add(found, **form.cleaned_data)
        except (identities.NotAdded, TooOften) as refused:
            form.add_error("address", str(refused))
        else:
            said = _("A code is on its way to {address}.").format(address=row.address)
            return done(request, "inbox:mailbox", pk, toast=said)
    return _again(request, found, identity_form=form)


@post_only
def code(request: Request, pk: int) -> HttpResponse:
    """Another code, where the first one did not come."""
    row = _one(request, pk)
    try:
        identities.ask_again(row)
    except TooOften as often:
        messages.error(request, str(often))
        return done(request, "inbox:mailbox", row.mailbox_id)
    said = _("A code is on its way to {address}.").format(address=row.address)
    return done(request, "inbox:mailbox", row.mailbox_id, toast=said)


@post_only
def proof(request: Request, pk: int) -> HttpResponse:
    """What arrived there, typed."""
    row = _one(request, pk)
    form = CodeForm(request.POST, auto_id=f"code{row.pk}_%s")
    if form.is_valid() and identities.prove(row, form.cleaned_data["code"]):
        said = _("E-mails can be sent from {address} now.").format(address=row.address)
        return done(request, "inbox:mailbox", row.mailbox_id, toast=said)
    if form.is_valid():
        row.refresh_from_db()
        wrong = _("This is not the code that was sent last.")
        spent = _("This code does not count any more. Ask for another one.")
        form.add_error("code", wrong if row.awaits_code else spent)
    return _again(request, row.mailbox, code_form=form, code_of=row.pk)


@post_only
def removal(request: Request, pk: int) -> HttpResponse:
    row = _one(request, pk)
    undo = remember(request.user, changed(row, removed_at=timezone.now()))
    said = _("Nothing is sent from {address} any more.").format(address=row.address)
    return done(request, "inbox:mailbox", row.mailbox_id, toast=said, undo=undo)


@post_only
def limits(request: Request, pk: int) -> HttpResponse:
    """What its owner knows better of the provider's limits."""
    found = _managed(request, pk)
    form = LimitsForm(request.POST)
    if not form.is_valid():
        return _again(request, found, limits_form=form)
    undo = remember(request.user, changed(found, **form.cleaned_data))
    return done(request, "inbox:mailbox", pk, toast=_("Saved."), undo=undo)


def _managed(request: Request, pk: int) -> Mailbox:
    found: Mailbox = visible_or_404(Mailbox, request.user, pk)
    if not found.managed_by(request.user):
        raise Http404
    return found


def _one(request: Request, pk: int) -> Identity:
    rows = Identity.objects.select_related("mailbox__owner")
    row: Identity = visible_or_404(rows, request.user, pk)
    if not row.mailbox.managed_by(request.user):
        raise Http404
    return row


def _again(request: Request, mailbox: Mailbox, **forms: Any) -> HttpResponse:
    context = mailbox_context(request, mailbox) | forms
    return page(request, "inbox/mailboxes/detail.html", context, status=422)
