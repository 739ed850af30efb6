"""Putting people into a sequence, and out of it: the check before, pause, resume, stop, undo."""

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from crm.models import Contact
from crm.web import Request, back, done, page, post_only, visible_or_404
from inbox.forms.sequences import ChoiceForm
from inbox.models import Enrolment, Mailbox
from inbox.outreach import enrolling, steering
from inbox.outreach.enrolling import Candidate
from inbox.outreach.hours import NeverOpen

MOST_FOUND = 20


@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: Request) -> HttpResponse:
    """Each person with the first e-mail that they would get, and what speaks against it.

    ?ids= are contacts, ?sequence= and ?mailbox= what was chosen, ?contacts_q= who is looked for.
    """
    data = request.POST if request.method == "POST" else request.GET
    form = ChoiceForm(data if "sequence" in data else None, user=request.user)
    sequence, mailbox = form.chosen("sequence"), form.chosen("mailbox")
    found: list[Candidate] = []
    if sequence and mailbox:
        found = _candidates(request, data, sequence, mailbox)
    if request.method == "POST" and form.is_valid():
        chosen = set(data.getlist("enrol"))
        wanted = [each for each in found if str(each.contact.pk) in chosen]
        return _enrol(request, form, wanted, found)
    return _page(request, form, found)


def _candidates(request: Request, data: Any, sequence: Any, mailbox: Any) -> list[Candidate]:
    now = timezone.now()
    contacts = list(_contacts(request, data))
    return enrolling.candidates(sequence, contacts, by=request.user, mailbox=mailbox, now=now)


def _contacts(request: Request, data: Any) -> Any:
    rows = Contact.objects.visible_to(request.user).filter(pk__in=_named(data)[: enrolling.MOST])
    return rows.select_related("company").prefetch_related("addresses")


def _named(data: Any) -> list[int]:
    """The ids of contacts, apart or with commas between them."""
    named = [pk for text in data.getlist("ids") for pk in text.split(",")]
    return [int(pk) for pk in named if pk.isascii() and pk.isdecimal() and len(pk) < 19]


def _enrol(
    request: Request, form: ChoiceForm, wanted: list[Candidate], found: list[Candidate]
) -> HttpResponse:
    sequence, mailbox = form.cleaned_data["sequence"], form.cleaned_data["mailbox"]
    if not wanted:
        form.add_error(None, _("Choose at least one person."))
        return _page(request, form, found, status=422)
    try:
        made = enrolling.enrol(
            sequence, wanted, mailbox=mailbox, by=request.user, now=timezone.now()
        )
    except NeverOpen:
        form.add_error(None, _("You have no sending hours. Set them first."))
        return _page(request, form, found, status=422)
    said = ngettext("{n} person was added.", "{n} people were added.", len(made))
    return done(request, "inbox:sequence-people", sequence.pk, toast=said.format(n=len(made)))


def _page(
    request: Request, form: ChoiceForm, found: list[Candidate], status: int = 200
) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    words = request.GET.get("contacts_q", "").strip()
    offered = Contact.objects.visible_to(request.user).search(words, request.user)
    offered = offered.exclude(pk__in=[each.contact.pk for each in found])
    context = {
        "form": form,
        "sequence": form.chosen("sequence"),
        "mailbox": form.chosen("mailbox"),
        "candidates": found,
        "ids": ",".join(str(each.contact.pk) for each in found),
        "words": words,
        "offered": offered.prefetch_related("addresses")[:MOST_FOUND] if words else (),
        "cut": len(_named(data)) > enrolling.MOST,
        "most": enrolling.MOST,
        "posted": request.POST.getlist("enrol") if request.method == "POST" else None,
    }
    return page(request, "inbox/sequences/enrol.html", context, status=status)


@post_only
def pause(request: Request, pk: int) -> HttpResponse:
    found = _one(request, pk)
    steering.pause(found)
    return _done(request, found, _("Paused. The place is kept."), "resume")


@post_only
def resume(request: Request, pk: int) -> HttpResponse:
    """Whose mailbox is gone goes on from the first one that whoever enrolled them may use: it is
    in their name that it writes (M52)."""
    found = _one(request, pk)
    mailbox = None if found.mailbox else Mailbox.objects.usable_by(found.by).working().first()
    if steering.resume(found, timezone.now(), mailbox):
        return _done(request, found, _("It goes on."), "pause")
    return _done(request, found, _("Connect a mailbox first."), "")


@post_only
def stop(request: Request, pk: int) -> HttpResponse:
    found = _one(request, pk)
    steering.stop(found, by=request.user, now=timezone.now())
    said = _("{name} gets no more of it.").format(name=found.contact)
    return _done(request, found, said, "return")


@post_only
def put_back(request: Request, pk: int) -> HttpResponse:
    found = _one(request, pk)
    went = steering.put_back(found)
    return _done(request, found, _("It goes on.") if went else _("It cannot be taken back."), "")


def _one(request: Request, pk: int) -> Enrolment:
    rows = Enrolment.objects.select_related("sequence", "contact", "mailbox", "by")
    found: Enrolment = visible_or_404(rows, request.user, pk)
    if not found.steered_by(request.user):
        raise Http404
    return found


def _done(request: Request, found: Enrolment, said: str, undo: str) -> HttpResponse:
    to = back(request, "inbox:sequence-people", found.sequence_id)
    return done(
        request,
        to,
        toast=said,
        undo=reverse(f"inbox:enrolment-{undo}", args=[found.pk]) if undo else None,
    )
