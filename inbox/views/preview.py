"""The wizard's third step: what would be found, before anything is stored (M51).

What was typed travels sealed from page to page: going back loses nothing, and nothing stays of
who goes away.
"""

from dataclasses import fields
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from crm.rates import TooOften
from crm.web import Request, done, page, post_only
from inbox.connect import drafts, joining
from inbox.forms.connect import ChoicesForm, ConnectForm
from inbox.models import Mailbox
from inbox.sync import preview as looking
from inbox.wire.account import Settings

USUAL_DAYS = 30  # are counted where nothing old is asked for


@post_only
@sensitive_post_parameters("draft")
def preview(request: Request) -> HttpResponse:
    """Count again, for another time; go back to the servers; or connect."""
    draft = drafts.opened(request.POST.get("draft", ""), request.user)
    if not draft:
        return done(request, "inbox:connect", toast=_("That took too long. Please begin again."))
    form = ChoicesForm(request.POST)
    if not form.is_valid():
        return shown(request, draft, form, status=422)
    draft |= form.cleaned_data
    if request.POST.get("go") == "back":
        return go_back(request, draft)
    if request.POST.get("go") == "connect":
        return _connect(request, draft, form)
    return shown(request, draft)


def shown(
    request: Request, draft: dict[str, Any], form: ChoicesForm | None = None, *, status: int = 200
) -> HttpResponse:
    days = draft["since_days"] or USUAL_DAYS
    context = {
        "form": form or ChoicesForm(initial=_usual(request, draft)),
        "draft": drafts.seal(draft, request.user),
        "email": draft["email"],
        "found": looking.preview(_settings(draft), request.user, days=days),
    }
    return page(request, "inbox/mailboxes/preview.html", context, status=status)


def go_back(request: Request, draft: dict[str, Any], **more: Any) -> HttpResponse:
    """To the servers and the password, as they were typed."""
    form = ConnectForm(initial={**draft, "password": ""}, kept=draft)
    sealed = drafts.seal(draft, request.user)
    context = {"form": form, "email": draft["email"], "provider": form.provider, "draft": sealed}
    status = 422 if more else 200
    return page(request, "inbox/mailboxes/sign_in.html", context | more, status=status)


def _connect(request: Request, draft: dict[str, Any], form: ChoicesForm) -> HttpResponse:
    choices = form.choices.named(draft["name"])
    try:
        mailbox = joining.connect(_settings(draft), choices, owner=request.user)
    except joining.NotConnected as refused:  # it passed the test a moment ago
        return go_back(request, draft, steps=refused.steps)
    except TooOften as often:
        form.add_error(None, str(often))
        return shown(request, draft, form, status=429)
    return done(request, "inbox:mailbox", mailbox.pk, toast=_("The mailbox is connected."))


def _settings(draft: dict[str, Any]) -> Settings:
    own = {field.name for field in fields(Settings)} & set(draft)
    return Settings(**{name: draft[name] for name in own})


def _usual(request: Request, draft: dict[str, Any]) -> dict[str, Any]:
    """What was chosen, else what holds for this mailbox already, else what is usual."""
    known = joining.connected_before(request.user, draft["email"], draft["imap_host"])
    usual = known or Mailbox()
    names = ("visibility", "scope", "contact_creation")
    chosen = {name: draft.get(name) or getattr(usual, name) for name in names}
    return {**chosen, "since_days": draft["since_days"]}
