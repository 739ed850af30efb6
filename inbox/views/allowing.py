"""What of a mailbox may be read beside replies: folders, known contacts, the logging address."""

from datetime import timedelta
from typing import Any

from django.db.models import Sum
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from crm.undo import changed, remember
from crm.web import Request, done, page, post_only, posted, visible_or_404
from inbox.connect import watching
from inbox.forms.rules import FoldersForm, LoggingForm, ScopeForm
from inbox.models import Canary, HeadersRead, LogSecret, Mailbox
from inbox.views.mailboxes import DAYS, mailbox_context
from inbox.wire.faults import Fault


@require_http_methods(["GET", "HEAD", "POST"])
def folders(request: Request, pk: int) -> HttpResponse:
    """The server's folders, asked for now; the owner chooses, nobody else sees their names."""
    found = _own_or_404(request, pk)
    context: dict[str, Any] = {"mailbox": found}
    try:
        form = FoldersForm(posted(request), mailbox=found, listed=watching.choices(found))
        context["form"] = form
        if form.is_bound and form.is_valid():
            watching.watch(found, form.wanted)
            return done(request, "inbox:mailbox", pk, toast=_("Saved."))
    except Fault as fault:
        context["fault"] = fault
    status = 422 if request.method == "POST" else 200
    return page(request, "inbox/mailboxes/folders.html", context, status=status)


@post_only
def scope(request: Request, pk: int) -> HttpResponse:
    """All mail with known contacts, or not: its owner alone decides (M12)."""
    found = _own_or_404(request, pk)
    form = ScopeForm(request.POST)
    if not form.is_valid():
        context = mailbox_context(request, found) | {"scope_form": form}
        return page(request, "inbox/mailboxes/detail.html", context, status=422)
    undo = remember(request.user, changed(found, **form.cleaned_data))
    return done(request, "inbox:mailbox", pk, toast=_("Saved."), undo=undo)


@post_only
def canary(request: Request, pk: int) -> HttpResponse:
    """A test mail to oneself every day, or none any more (M50)."""
    found = _own_or_404(request, pk)
    if request.POST.get("on") == "yes" and not found.logs_mail:
        Canary.objects.get_or_create(mailbox=found)
        return done(request, "inbox:mailbox", pk, toast=_("The first one is sent now."))
    Canary.objects.filter(mailbox=found).delete()
    return done(request, "inbox:mailbox", pk, toast=_("No test mail is sent any more."))


@post_only
def log_mailbox(request: Request, pk: int) -> HttpResponse:
    """Make a mailbox the organisation's logging address, or let it be one no more (M16)."""
    found = visible_or_404(Mailbox, request.user, pk)
    if not request.user.is_admin:
        raise Http404
    form = LoggingForm(request.POST, instance=found)
    if not form.is_valid():
        found.refresh_from_db()
        context = mailbox_context(request, found) | {"logging_form": form}
        return page(request, "inbox/mailboxes/detail.html", context, status=422)
    form.save()
    return done(request, "inbox:mailbox", pk, toast=_("Saved."))


@require_GET
def logging(request: Request) -> HttpResponse:
    """One's own logging address, how to use it, and what came of what was sent there."""
    found = Mailbox.objects.filter(logs_mail=True).first()
    context: dict[str, Any] = {"logging": found}
    if found:
        since = timezone.now().date() - timedelta(days=DAYS)
        counts = HeadersRead.objects.filter(mailbox=found, day__gte=since)
        names = ("never_log", "not_ours", "unproven")
        context |= counts.aggregate(**{name: Sum(name, default=0) for name in names})
        context["address"] = LogSecret.of(request.user).address_at(found.email)
        context["days"] = DAYS
    return page(request, "inbox/logging.html", context)


@post_only
def secret(request: Request) -> HttpResponse:
    """A new address; mail to the old one is left alone from now on."""
    LogSecret.of(request.user).renew()
    return done(request, "inbox:logging", toast=_("You have a new logging address."))


def _own_or_404(request: Request, pk: int) -> Mailbox:
    found: Mailbox = visible_or_404(Mailbox, request.user, pk)
    if found.owner != request.user:
        raise Http404
    return found
