"""The pages of connected mailboxes: how each does, what was read and why, look now, disconnect."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crm.undo import changed, remember
from crm.web import Request, done, page, post_only, visible_or_404
from inbox.connect.advice import advice_now
from inbox.connect.joining import disconnect
from inbox.connect.limits import known_limits
from inbox.forms.connect import PasswordForm, PeopleForm
from inbox.forms.identities import CodeForm, IdentityForm, LimitsForm
from inbox.forms.rules import LoggingForm, ScopeForm
from inbox.health import health_of, quiet_parts
from inbox.models import Canary, Mailbox, Quarantined
from inbox.models.readings import ledger
from inbox.sending.allowance import remaining
from inbox.sync import quarantine

DAYS = 14
MOST_READINGS = 50
MOST_ABSENCES = 5
LARGE = 50_000  # messages of a folder: worth a word, though looks do not slow down (M38)


@require_GET
def mailboxes(request: Request) -> HttpResponse:
    now = timezone.now()
    rows = Mailbox.objects.visible_to(request.user).select_related("owner")
    context = {"healths": [health_of(mailbox, now) for mailbox in rows]}
    return page(request, "inbox/mailboxes/list.html", context)


@require_GET
def mailbox(request: Request, pk: int) -> HttpResponse:
    found = visible_or_404(Mailbox, request.user, pk)
    return page(request, "inbox/mailboxes/detail.html", mailbox_context(request, found))


@post_only
def look(request: Request, pk: int) -> HttpResponse:
    found = visible_or_404(Mailbox, request.user, pk)
    found.look_now()
    return done(request, "inbox:mailbox", pk, toast=_("It is being looked at now."))


@post_only
def people(request: Request, pk: int) -> HttpResponse:
    """What happens with unknown people in its mail (M14)."""
    found = visible_or_404(Mailbox, request.user, pk)
    if not found.managed_by(request.user):
        raise Http404
    form = PeopleForm(request.POST)
    if not form.is_valid():
        context = mailbox_context(request, found) | {"people_form": form}
        return page(request, "inbox/mailboxes/detail.html", context, status=422)
    undo = remember(request.user, changed(found, **form.cleaned_data))
    return done(request, "inbox:mailbox", pk, toast=_("Saved."), undo=undo)


@post_only
def replay(request: Request, pk: int) -> HttpResponse:
    """Try again to read what could not be read (M47)."""
    found = visible_or_404(Mailbox, request.user, pk)
    if not found.managed_by(request.user):
        raise Http404
    _logged, left = quarantine.replay_all(Quarantined.objects.filter(mailbox=found))
    said = _("It still cannot be read.") if left else _("Everything could be read now.")
    return done(request, "inbox:mailbox", pk, toast=said)


@post_only
def disconnection(request: Request, pk: int) -> HttpResponse:
    """Whoever owns it, or an admin, disconnects it; the logged e-mails stay or go to the Trash."""
    found = visible_or_404(Mailbox, request.user, pk)
    if not found.managed_by(request.user):
        raise Http404
    disconnect(found, keep_emails=request.POST.get("emails") != "trash")
    said = _("{address} was disconnected.").format(address=found.email)
    return done(request, "inbox:mailboxes", toast=said)


def mailbox_context(request: Request, found: Mailbox) -> dict[str, Any]:
    now, put_aside = timezone.now(), list(Quarantined.objects.shown(found))
    return {
        "mailbox": found,
        "health": health_of(found, now),
        "quiet": quiet_parts(now),
        "advice": advice_now(found),
        "absences": found.absences.all()[:MOST_ABSENCES],
        "folders": found.folders.filter(watched=True),
        "trash_days": settings.RETENTION_TRASH_DAYS,
        "large": LARGE,
        "days": ledger(found, limit=DAYS),
        "readings": found.readings.select_related("email__activity")[:MOST_READINGS],
        "mine": found.managed_by(request.user),
        "canary": Canary.objects.filter(mailbox=found).first(),
        "quarantine": put_aside,
        "cut": any(row.cut for row in put_aside),
        **_sending(found, now),
        "password_form": PasswordForm(),
        "people_form": PeopleForm(instance=found),
        "scope_form": ScopeForm(instance=found),
        "logging_form": LoggingForm(instance=found),
    }


def _sending(found: Mailbox, now: datetime) -> dict[str, Any]:
    """From which addresses, and how much (M52, M58)."""
    return {
        "identities": found.identities.kept(),
        "allowance": remaining(found, now),
        "known": known_limits(found.email, found.imap_host),
        "identity_form": IdentityForm(),
        "code_form": CodeForm(),
        "limits_form": LimitsForm(instance=found),
    }
