"""What is decided about conversations of the inbox: done, later, somebody else's, the Trash."""

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import turns
from crm.models import Thread, UndoEntry, User
from crm.web import Request, back, done, page, post_only
from inbox import triage
from inbox.forms.triage import TurnForm
from inbox.views.triage import listed, opened, query


@post_only
def turn(request: Request) -> HttpResponse:
    """Whatever is decided about one or many; then the next one in the list, or the list."""
    form = TurnForm(request.POST)
    if not form.is_valid():
        return _refused(request, form)
    rows = Thread.objects.handled_by(request.user).filter(pk__in=form.ids)
    chosen = list(rows.select_related("newest__activity"))
    if not chosen:
        raise Http404
    to = _whereto(request, chosen[0], form.cleaned_data["do"])
    try:
        said, entry = _decide(request, form.cleaned_data, chosen)
    except turns.NotVisible as refused:
        form.add_error(None, _cannot_see(refused.user))
        return _refused(request, form)
    return done(request, to, toast=said, undo=entry)


def _decide(
    request: Request, values: dict[str, Any], chosen: list[Thread]
) -> tuple[str, UndoEntry | None]:
    """Carry it out; what is said of it, and the way back."""
    by, n = request.user, len(chosen)
    match values["do"]:
        case "finish":
            return _said_done(n), turns.finish(chosen, by=by)
        case "reopen":
            return _("It is open again."), turns.reopen(chosen, by=by)
        case "snooze":
            when = date_format(timezone.localtime(values["until"]), "DATETIME_FORMAT")
            said = _("It comes back {when}, or when they reply.").format(when=when)
            return said, turns.snooze(chosen, values["until"], by=by)
        case "wake":
            return _("It is back in the list."), turns.wake(chosen, by=by)
        case "assign":
            return _said_given(values["user"]), turns.assign(chosen, values["user"], by=by)
        case "trash":
            said = ngettext("{n} is in the Trash.", "{n} are in the Trash.", n).format(n=n)
            return said, turns.trash(chosen, by=by)
        case _:
            turns.unread(chosen, by)
            return _("Marked as unread."), None


def _said_done(n: int) -> str:
    return ngettext("{n} conversation is done.", "{n} conversations are done.", n).format(n=n)


def _said_given(user: User | None) -> str:
    if user is None:
        return _("It belongs to whose mailbox it came to.")
    return _("It is for {name} to answer now.").format(name=user.name)


def _cannot_see(user: User) -> str:
    return _("{name} may not see all of it. Choose somebody else.").format(name=user.name)


def _whereto(request: Request, thread: Thread, verb: str) -> str:
    """From the conversation itself to the next one of its list, where it leaves that; else back."""
    if request.POST.get("from") != "reading":
        return back(request, "inbox:inbox")
    kept = query(request)
    if verb in ("reopen", "wake", "assign"):
        return reverse("inbox:conversation", args=[thread.pk]) + kept
    rows = triage.threads(request.user, triage.asked(request.GET, request.user), timezone.now())
    following = triage.next_to(rows, thread) if verb != "unread" else None
    if following is None or following.pk == thread.pk:
        return reverse("inbox:inbox") + kept
    return reverse("inbox:conversation", args=[following.pk]) + kept


def _refused(request: Request, form: TurnForm) -> HttpResponse:
    """The page that it was pressed on, with what is wrong and what was typed."""
    why = " ".join(str(error) for errors in form.errors.values() for error in errors)
    context = {"refused": why, "typed": request.POST.get("when", "")}
    if request.htmx:  # the menu stays open, and says it
        of = "open" if request.POST.get("from") == "reading" else "bulk"
        context |= {"wrong": why, "of": of, "query": query(request)}
        return page(request, "inbox/triage/_snooze.html", context, part="typed", status=422)
    pks = getattr(form, "ids", [])
    named = Thread.objects.visible_to(request.user).filter(pk__in=pks[:1]).first()
    context |= listed(request)
    if named is None or request.POST.get("from") != "reading":
        return page(request, "inbox/triage/inbox.html", context, status=422)
    context |= opened(request, named)
    return page(request, "inbox/triage/conversation.html", context, status=422)
