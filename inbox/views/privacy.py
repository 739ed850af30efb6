"""Who sees an e-mail: made private and shown again by its owner, asked for by others (M53)."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from crm import privacy as story
from crm import undo
from crm.models import Email
from crm.web import Request, back, done, post_only
from inbox import copies
from inbox.views.finding import email_or_404


@post_only
def privacy(request: Request, pk: int) -> HttpResponse:
    """Of one e-mail of one's own."""
    found = _own(request, pk)
    private = _wanted(request)
    return _done(request, found, story.set_private([found], private=private), private=private)


@post_only
def thread(request: Request, pk: int) -> HttpResponse:
    """Of what is one's own in its conversation, and of what comes later."""
    found = email_or_404(request, pk)
    own = copies.own_in(found.thread, request.user)
    if not own:
        raise PermissionDenied
    private = _wanted(request)
    if not private:  # who merely has a copy shows nobody what its owner keeps to themselves
        own = [email for email in own if email.activity.by_id == request.user.pk]
    steps = story.set_thread_private(found.thread, own, private=private)
    return _done(request, found, steps, private=private)


@post_only
def asking(request: Request, pk: int) -> HttpResponse:
    """Somebody asks its owner to see it."""
    found = email_or_404(request, pk)
    if not found.seen_by(request.user):
        story.ask(found, request.user)
    said = _("Its owner is asked. You are told when you may see it.")
    return done(request, back(request, "inbox:email", pk), toast=said)


@post_only
def readers(request: Request, pk: int) -> HttpResponse:
    """Its owner's answer to somebody who asks."""
    found = _own(request, pk)
    named = request.POST.get("reader", "")
    reader = found.readers.filter(pk=named).first() if named.isdecimal() else None
    if reader is None:
        raise Http404
    if request.POST.get("let_in") == "yes":
        story.let_in(reader)
        said = _("{who} can see it now.").format(who=reader.user.name)
    else:
        story.refuse(reader)
        said = _("{who} does not see it.").format(who=reader.user.name)
    return done(request, reverse("inbox:email", args=[pk]), toast=said)


def _own(request: Request, pk: int) -> Email:
    found = email_or_404(request, pk)
    if found.activity.by_id != request.user.pk:
        raise PermissionDenied
    return found


def _wanted(request: Request) -> bool:
    return request.POST.get("private") != "no"


def _done(request: Request, found: Email, steps: list[undo.Step], *, private: bool) -> HttpResponse:
    said = _("It is private now: only you see it.") if private else _("Others see it again.")
    entry = undo.remember(request.user, *steps)
    return done(request, back(request, "inbox:email", found.pk), toast=said, undo=entry)
