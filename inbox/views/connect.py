"""Connecting a mailbox: the address, then sign in and test, each step a plain form (M1 to M3)."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from crm import rates
from crm.rates import TooOften
from crm.web import Request, done, page, post_only, visible_or_404
from inbox.connect import drafts, joining
from inbox.connect.discovery import discover
from inbox.connect.probe import Step
from inbox.forms.connect import AddressForm, ConnectForm, PasswordForm
from inbox.models import Mailbox
from inbox.views.mailboxes import mailbox_context
from inbox.views.preview import shown
from inbox.wire.faults import Fault


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
def connect(request: Request) -> HttpResponse:
    if request.method != "POST":
        return page(request, "inbox/mailboxes/address.html", {"form": AddressForm()})
    if request.POST.get("step") == "address":
        return _address(request)
    kept = drafts.opened(request.POST.get("draft", ""), request.user)
    form = ConnectForm(request.POST, kept=kept)
    if not form.is_valid():
        return _sign_in(request, form, status=422)
    try:
        if request.POST.get("step") == "test":
            return _test(request, form)
        mailbox = joining.connect(form.settings, form.choices, owner=request.user)
    except joining.NotConnected as refused:
        return _refused(request, form, refused)
    except TooOften as often:
        form.add_error(None, str(often))
        return _sign_in(request, form, status=429)
    except Fault as fault:  # the server changed its mind between the test and the first look
        form.add_error(None, fault.server_said or _("The server did not answer. Try again."))
        return _sign_in(request, form, status=422)
    return done(request, "inbox:mailbox", mailbox.pk, toast=_("The mailbox is connected."))


@post_only
@sensitive_post_parameters("password")
def password(request: Request, pk: int) -> HttpResponse:
    """Reconnect: asks for nothing but the password (M37)."""
    mailbox = visible_or_404(Mailbox, request.user, pk)
    if mailbox.owner != request.user:
        raise Http404
    form = PasswordForm(request.POST)
    steps: Sequence[Step] = ()
    if form.is_valid():
        try:
            joining.reconnect(mailbox, form.cleaned_data["password"], by=request.user)
            return done(request, "inbox:mailbox", pk, toast=_("The mailbox is connected again."))
        except joining.NotConnected as refused:
            steps = refused.steps
            form.add_error("password", _("The connection test failed. See below where."))
        except TooOften as often:
            form.add_error("password", str(often))
    context = mailbox_context(request, mailbox) | {"password_form": form, "steps": steps}
    return page(request, "inbox/mailboxes/detail.html", context, status=422)


def _address(request: Request) -> HttpResponse:
    form = AddressForm(request.POST)
    if not form.is_valid():
        return page(request, "inbox/mailboxes/address.html", {"form": form}, status=422)
    try:
        rates.spend("discovery", request.user.pk)
    except TooOften as often:
        form.add_error("email", str(often))
        return page(request, "inbox/mailboxes/address.html", {"form": form}, status=429)
    found = discover(form.cleaned_data["email"])
    return _sign_in(request, ConnectForm.found(found, request.user.name))


def _test(request: Request, form: ConnectForm) -> HttpResponse:
    """The servers first; where they take it, what would be found is shown (M51). NotConnected."""
    steps = joining.test(form.settings, by=request.user)
    if any(step.ok is False for step in steps):
        raise joining.NotConnected(steps)
    return shown(request, form.cleaned_data)


def _refused(request: Request, form: ConnectForm, refused: joining.NotConnected) -> HttpResponse:
    if refused.failed.name in ("login", "smtp_login"):
        form.add_error("password", refused.failed.advice or _("The server refused this password."))
    return _sign_in(request, form, steps=refused.steps, status=422)


def _sign_in(
    request: Request, form: ConnectForm, *, steps: Sequence[Step] = (), status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "email": form["email"].value(),
        "provider": form.provider,
        "steps": steps,
        "draft": drafts.seal(form.kept, request.user) if form.kept else "",
    }
    return page(request, "inbox/mailboxes/sign_in.html", context, status=status)
