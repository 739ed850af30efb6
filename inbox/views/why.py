"""The page that answers why one message was logged, or not (M45)."""

from dataclasses import replace

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from crm.models import Activity
from crm.web import Request, page, visible_or_404
from inbox import why as story
from inbox.connect.advice import advice_for_fault
from inbox.forms.why import WhyForm
from inbox.models import Mailbox
from inbox.wire.faults import Fault

PAGE = "inbox/mailboxes/why.html"


@require_http_methods(["GET", "HEAD", "POST"])
def why(request: Request, pk: int) -> HttpResponse:
    """Who merely administers a mailbox asks by Message-ID, and is shown no other mail's people."""
    mailbox = visible_or_404(Mailbox, request.user, pk)
    mine = Mailbox.objects.usable_by(request.user).filter(pk=pk).exists()
    form = WhyForm(request.POST if request.method == "POST" else None, own=mine)
    context = {"mailbox": mailbox, "form": form, "mine": mine}
    if request.method != "POST":
        return page(request, PAGE, context)
    if not form.is_valid():
        return page(request, PAGE, context, status=422)
    try:
        found = story.ask(mailbox, form.question, request.user)
    except Fault as fault:
        advice = advice_for_fault(mailbox, fault)
        return page(request, PAGE, context | {"advice": advice}, status=502)
    return page(request, PAGE, context | {"findings": _seen(found, request)})


def _seen(found: list[story.Finding], request: Request) -> list[tuple[story.Finding, bool]]:
    """Each with whether the reader may open the e-mail; what an owner keeps from those who share
    the mailbox is not told by the server either (M53)."""
    found = [_without_what_is_kept(finding, request) for finding in found]
    ids = [finding.email.pk for finding in found if finding.email]
    seen = set(
        Activity.objects.visible_to(request.user).filter(pk__in=ids).values_list("pk", flat=True)
    )
    return [(finding, bool(finding.email and finding.email.pk in seen)) for finding in found]


def _without_what_is_kept(finding: story.Finding, request: Request) -> story.Finding:
    if finding.known is None or finding.known.shows_subject_to(request.user):
        return finding
    return replace(finding, subject="", sender="", at=None)
