"""A conversation by hand: split at an e-mail, joined with another, or told to be one (M27)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crm import conversations, undo
from crm.models import Email, Thread
from crm.web import Request, done, onward, page, post_only
from inbox.views.finding import contact_of, email_or_404


@require_GET
def thread(request: Request, pk: int) -> HttpResponse:
    """Where its conversation can be split or joined."""
    return page(request, "inbox/emails/thread.html", _context(request, _readable(request, pk)))


@post_only
def split(request: Request, pk: int) -> HttpResponse:
    found = _readable(request, pk)
    if not conversations.can_split(found):
        return _refused(request, found, _("This conversation begins with it: choose a later one."))
    said = _("It is a conversation of its own now.")
    return _done(request, found, conversations.split(found), said)


@post_only
def join(request: Request, pk: int) -> HttpResponse:
    """Its conversation becomes part of another one that is offered, whose content one sees."""
    found = _readable(request, pk)
    chosen = request.POST.get("with", "")
    offered = {str(a.email.thread_id): a.email for a in conversations.others(found, request.user)}
    if chosen not in offered or not offered[chosen].seen_by(request.user):
        return _refused(request, found, _("Choose the conversation that it belongs to."))
    into = Thread.objects.get(pk=offered[chosen].thread_id)
    step = conversations.join(found.thread, into)
    return _done(request, found, step, _("They are one conversation now."))


@post_only
def together(request: Request, pk: int) -> HttpResponse:
    """It is shown in its conversation again, not apart from it."""
    found = _readable(request, pk)
    step = conversations.keep_together(found)
    return _done(request, found, step, _("It is shown with the others now."))


def _readable(request: Request, pk: int) -> Email:
    found = email_or_404(request, pk)
    if not found.seen_by(request.user):
        raise PermissionDenied
    return found


def _refused(request: Request, found: Email, why: str) -> HttpResponse:
    context = _context(request, found) | {"refused": why}
    return page(request, "inbox/emails/thread.html", context, status=422)


def _done(request: Request, found: Email, step: dict[str, Any], said: str) -> HttpResponse:
    entry = undo.remember(request.user, step)
    to = onward(request, contact_of(request, found), but=reverse("inbox:email", args=[found.pk]))
    return done(request, to, toast=said, undo=entry)


def _context(request: Request, found: Email) -> dict[str, Any]:
    return {
        "email": found,
        "activity": found.activity,
        "contact": contact_of(request, found),
        "can_split": conversations.can_split(found),
        "answers": len(conversations.with_answers(found)) - 1,
        "others": conversations.others(found, request.user),
    }
