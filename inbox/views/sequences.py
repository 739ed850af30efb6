"""The pages of a sequence: the list, a new one, and its four tabs, each with its own address."""

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from crm.lib import keyset
from crm.web import Request, done, page, post_only, posted, visible_or_404
from inbox.forms.sequences import SequenceForm
from inbox.models import Enrolment, Mailbox, SendingHours, Sequence, Step
from inbox.outreach import building, reasons, results
from inbox.outreach.first_steps import follow_up
from inbox.outreach.sequences import hours_of, sent_today

PAGE = 50


@require_GET
def sequences(request: Request) -> HttpResponse:
    archived = request.GET.get("view") == "archived"
    known = Sequence.objects
    rows = known.archived_for(request.user) if archived else known.visible_to(request.user)
    rows = rows.select_related("owner")
    after = request.GET.get("after", "")
    if after:
        name, pk = _place(after)
        rows = rows.filter(Q(name__gt=name) | Q(name=name, pk__gt=pk))
    found = list(rows[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    context = {
        "standings": results.standings(found[:PAGE]),
        "after": keyset.encode_values([last.name, last.pk]) if last else "",
        "later": bool(after),
        "archived": archived,
    }
    return page(request, "inbox/sequences/list.html", context)


def _place(cursor: str) -> tuple[str, int]:
    try:
        name, pk = keyset.decode_values(cursor)
        return str(name), int(pk)
    except ValueError:
        raise Http404 from None


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """A name is all it needs; it begins empty, or with three steps to write on from."""
    start = Sequence(
        owner=request.user, farewell=_("If you would rather get no more mail, press here.")
    )
    form = SequenceForm(posted(request), instance=start)
    if form.is_bound and form.is_valid():
        steps = follow_up() if request.POST.get("start") else []
        made = building.make(form.save(commit=False), steps)
        return done(request, "inbox:sequence", made.pk, toast=_("The sequence was made."))
    status = 422 if request.method == "POST" else 200
    return page(request, "inbox/sequences/new.html", {"form": form}, status=status)


@require_GET
def steps(request: Request, pk: int) -> HttpResponse:
    found = visible_or_404(Sequence, request.user, pk)
    rows = list(Step.objects.kept().filter(sequence=found))
    context = {
        **_frame(request, found, "steps"),
        "steps": rows,
        "last": building.last_position(found),
    }
    return page(request, "inbox/sequences/steps.html", context)


@require_GET
def people(request: Request, pk: int) -> HttpResponse:
    found = visible_or_404(Sequence, request.user, pk)
    rows = Enrolment.objects.visible_to(request.user).filter(sequence=found)
    state, after = request.GET.get("state", ""), request.GET.get("after", "")
    if state in Enrolment.State.values:
        rows = rows.filter(state=state)
    if after.isascii() and after.isdecimal() and len(after) < 19:
        rows = rows.filter(pk__lt=int(after))
    rows = rows.select_related("contact", "mailbox", "by").prefetch_related(
        "contact__addresses", "runs__step"
    )
    shown = list(rows.order_by("-pk")[: PAGE + 1])
    context = {
        **_frame(request, found, "people"),
        "rows": [_row(each) for each in shown[:PAGE]],
        "after": str(shown[PAGE - 1].pk) if len(shown) > PAGE else "",
        "later": bool(after),
        "state": state,
        "states": Enrolment.State.choices,
    }
    return page(request, "inbox/sequences/people.html", context)


def _row(enrolment: Enrolment) -> dict[str, Any]:
    last = next(reversed(enrolment.runs.all()), None)
    return {
        "enrolment": enrolment,
        "why": reasons.why(enrolment),
        "delay": reasons.waits(enrolment),
        "last": last.step if last else None,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: Request, pk: int) -> HttpResponse:
    found = visible_or_404(Sequence, request.user, pk)
    mine = found.changed_by(request.user)
    if request.method == "POST" and not mine:
        raise Http404
    form = SequenceForm(posted(request), instance=Sequence.objects.filter(pk=pk).first())
    if form.is_bound and form.is_valid():
        form.save()
        return done(request, "inbox:sequence-settings", pk, toast=_("Saved."))
    context = {**_frame(request, found, "settings"), "form": form, **_sending(request)}
    status = 422 if request.method == "POST" else 200
    return page(request, "inbox/sequences/settings.html", context, status=status)


def _sending(request: Request) -> dict[str, Any]:
    """When one's own sequences send, and how much of today's limit each mailbox has used."""
    now, sender = timezone.now(), SendingHours.of(request.user)
    hours = hours_of(sender, now)
    mailboxes = Mailbox.objects.usable_by(request.user)
    used = [(mailbox, sent_today(mailbox, hours, now)) for mailbox in mailboxes[:10]]
    return {"sender": sender, "zone": sender.zone.key, "used": used}


@require_GET
def outcome(request: Request, pk: int) -> HttpResponse:
    found = visible_or_404(Sequence, request.user, pk)
    context = {**_frame(request, found, "results"), "funnel": results.funnel(found)}
    return page(request, "inbox/sequences/results.html", context)


@post_only
def archive(request: Request, pk: int) -> HttpResponse:
    found = _changeable(request, pk)
    building.archive(found, by=request.user, now=timezone.now())
    said = _("{name} is archived. Nobody gets any more of it.").format(name=found)
    return done(
        request, "inbox:sequences", toast=said, undo=reverse("inbox:sequence-return", args=[pk])
    )


@post_only
def take_back(request: Request, pk: int) -> HttpResponse:
    rows = Sequence.objects.filter(pk=min(pk, keyset.LARGEST), archived_at__isnull=False)
    found = rows.first()
    if found is None or not found.changed_by(request.user):
        raise Http404
    building.take_back(found)
    return done(request, "inbox:sequence", pk, toast=_("It goes on."))


def _changeable(request: Request, pk: int) -> Sequence:
    found: Sequence = visible_or_404(Sequence, request.user, pk)
    if not found.changed_by(request.user):
        raise Http404
    return found


def _frame(request: Request, found: Sequence, tab: str) -> dict[str, Any]:
    """What every tab shows: how many are in it, and whether some wait for a mailbox."""
    [standing] = results.standings([found])
    waiting = Enrolment.objects.running().filter(sequence=found, mailbox=None)
    return {
        "sequence": found,
        "tab": tab,
        "standing": standing,
        "without_mailbox": waiting.count(),
        "mine": found.changed_by(request.user),
    }
