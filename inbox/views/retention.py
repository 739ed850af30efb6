"""What is kept and for how long; for admins: how much there is, receipts, holds (M34, M57)."""

from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods
from django_celery_beat.models import PeriodicTask

from crm.models import Hold, PurgeReceipt
from crm.retention import Rule, expired
from crm.web import Request, done, page, post_only, posted
from inbox.forms.retention import HoldForm
from inbox.models import Erasure
from inbox.retention import RULES

RECEIPTS = 30  # newest ones on the page; the admin has the others


class Words(NamedTuple):
    """A class of data in words: what it is, what that means, and the variable that sets it."""

    what: Any
    meaning: Any
    unit: str
    variable: str


WORDS: dict[str, Words] = {
    "trash": Words(
        gettext_lazy("Trash"),
        gettext_lazy("Deleted records, e-mails, notes and tasks can be restored that long."),
        "days",
        "RETENTION_TRASH_DAYS",
    ),
    "transport": Words(
        gettext_lazy("Transport records"),
        gettext_lazy(
            "Envelope, folder, size, times and server answers of each e-mail; never its text."
        ),
        "months",
        "RETENTION_TRANSPORT_MONTHS",
    ),
    "raw": Words(
        gettext_lazy("Raw copies"),
        gettext_lazy("Full messages sent by a sequence or logged by Bcc, forwarding or folder."),
        "hours",
        "RETENTION_RAW_HOURS",
    ),
    "synced_headers": Words(
        gettext_lazy("Headers of mail that was found"),
        gettext_lazy("The raw header block of e-mails from a connected inbox."),
        "days",
        "RETENTION_SYNCED_HEADERS_DAYS",
    ),
    "sent_headers": Words(
        gettext_lazy("Headers of mail that was sent"),
        gettext_lazy("The raw header block of e-mails sent from here."),
        "days",
        "RETENTION_SENT_HEADERS_DAYS",
    ),
    "drafts": Words(
        gettext_lazy("Drafts"),
        gettext_lazy("E-mails that somebody began and has not touched since, with their files."),
        "days",
        "RETENTION_DRAFTS_DAYS",
    ),
}


ERASED: dict[str, Any] = {
    "emails": gettext_lazy("e-mails"),
    "emails_struck": gettext_lazy("e-mails changed"),
    "notes": gettext_lazy("notes"),
    "tasks": gettext_lazy("tasks"),
    "drafts": gettext_lazy("drafts"),
    "notifications": gettext_lazy("notifications"),
    "mentions": gettext_lazy("mentions struck out"),
    "addresses": gettext_lazy("addresses"),
    "never_log_entries_kept": gettext_lazy("never-log entries kept"),
    "refused_by_hold": gettext_lazy("refused by a legal hold"),
}


@require_http_methods(["GET", "HEAD", "POST"])
def retention(request: Request) -> HttpResponse:
    """The table for everybody; an admin puts records under a hold here."""
    if not request.user.is_admin:
        return page(request, "inbox/retention.html", {"classes": [_told(rule) for rule in RULES]})
    form = HoldForm(posted(request))
    if form.is_valid():
        held = form.cleaned_data["record"]
        Hold.place(held, by=request.user, reason=form.cleaned_data["reason"])
        toast = _("{name} is on hold.").format(name=held)
        return done(request, "inbox:retention", toast=toast)
    context = {
        "classes": [_told(rule) | _counted(rule) for rule in RULES],
        "next_run": _next_run(),
        "receipts": _receipts(),
        "erasures": [(row, _erased(row)) for row in _erasures()],
        "holds": Hold.objects.active()
        .select_related("contact", "company", "deal", "by")
        .prefetch_related("contact__addresses"),
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return page(request, "inbox/retention.html", context, status=status)


@post_only
def hold(request: Request, pk: int) -> HttpResponse:
    """An admin lifts a hold."""
    if not request.user.is_admin:
        raise Http404
    lifted = get_object_or_404(Hold.objects.active(), pk=pk)
    lifted.release(timezone.now())
    toast = _("{name} is no longer on hold.").format(name=lifted.record)
    return done(request, "inbox:retention", toast=toast)


def _told(rule: Rule) -> dict[str, Any]:
    words = WORDS[rule.name]
    long = _long(words.unit, getattr(settings, words.variable))
    return {"what": words.what, "meaning": words.meaning, "variable": words.variable, "long": long}


def _counted(rule: Rule) -> dict[str, Any]:
    return {
        "count": rule.count(),
        "oldest": rule.oldest(),
        "expired": expired(rule, timezone.now()),
        "last": PurgeReceipt.objects.filter(rule=rule.name).first(),
    }


def _receipts() -> list[tuple[Any, PurgeReceipt]]:
    """Those that erased something, or did not come to their end."""
    rows = PurgeReceipt.objects.exclude(count=0, finished_at__isnull=False)[:RECEIPTS]
    return [(WORDS[row.rule].what, row) for row in rows if row.rule in WORDS]


def _erasures() -> Any:
    return Erasure.objects.select_related("by")[:RECEIPTS]


def _erased(row: Erasure) -> list[tuple[Any, int]]:
    """What went, in words."""
    return [(ERASED[name], count) for name, count in row.counts.items() if name in ERASED]


def _next_run() -> Any:
    """When beat purges next; None: the schedule is switched off."""
    row = PeriodicTask.objects.filter(task="inbox.tasks.purge", enabled=True).first()
    if row is None:
        return None
    at = timezone.now() + row.schedule.remaining_estimate(row.schedule.now())
    return (at + timedelta(seconds=59)).replace(second=0, microsecond=0)  # it is told by the minute


def _long(unit: str, n: int) -> str:
    if unit == "months":
        said = ngettext("this month and the one before", "this month and {n} before", n)
    elif unit == "hours":
        said = ngettext("{n} hour", "{n} hours", n)
    else:
        said = ngettext("{n} day", "{n} days", n)
    return said.format(n=n)
