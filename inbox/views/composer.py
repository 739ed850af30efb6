"""The places where writing begins: a record, an e-mail that is answered or passed on, one that was
taken back. Pressing Send logs it and makes it due (M23), after the seconds of Undo (M26)."""

from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.lib.keyset import LARGEST
from crm.models import Company, Contact, Deal, Email
from crm.web import Request, back, done, post_only, visible_or_404
from inbox.models import Outgoing
from inbox.sending import composer, drafts, outbox
from inbox.sending.drafts import Place
from inbox.sending.replies import Beginning, forward_of, reply_to
from inbox.views.finding import contact_of, email_or_404
from inbox.views.posting import compose
from inbox.views.writing import Writing, mailboxes_of, sender_key

MOST_PEOPLE = 30  # that a company's page asks about


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request, pk: int) -> HttpResponse:
    contact = visible_or_404(Contact, request.user, pk)
    action = reverse("inbox:compose", args=[pk])
    return compose(request, Writing(Place(contact), action, {"to": _line([contact])}))


@require_http_methods(["GET", "HEAD", "POST"])
def company(request: Request, pk: int) -> HttpResponse:
    """It is for nobody yet: the page asks whom; ?to= names somebody of the company."""
    found = visible_or_404(Company, request.user, pk)
    people = list(_people(request, found)[:MOST_PEOPLE])
    asked = [person for person in people if str(person.pk) == request.GET.get("to")]
    action = reverse("inbox:compose-company", args=[pk])
    return compose(request, Writing(Place(found), action, {"to": _line(asked)}, people))


@require_http_methods(["GET", "HEAD", "POST"])
def deal(request: Request, pk: int) -> HttpResponse:
    """To everybody who belongs to the deal."""
    found = visible_or_404(Deal, request.user, pk)
    action = reverse("inbox:compose-deal", args=[pk])
    initial = {"to": _line(_people(request, found)), "subject": found.name}
    return compose(request, Writing(Place(found), action, initial))


@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: Request, pk: int) -> HttpResponse:
    email = _readable_or_404(request, pk)
    everybody = request.GET.get("all") == "yes"
    start = reply_to(email, list(mailboxes_of(request)), everybody=everybody)
    place = Place(contact_of(request, email), answers=email)
    return compose(request, Writing(place, reverse("inbox:reply", args=[pk]), _initial(start)))


@require_http_methods(["GET", "HEAD", "POST"])
def forward(request: Request, pk: int) -> HttpResponse:
    """Not an answer: its recipients were not in the conversation, and what they write back is not
    the customer's. So it begins a thread of its own, without In-Reply-To (M27)."""
    email = _readable_or_404(request, pk)
    start = forward_of(email, list(mailboxes_of(request)))
    place = Place(contact_of(request, email), forwards=email)
    return compose(request, Writing(place, reverse("inbox:forward", args=[pk]), _initial(start)))


@post_only
def cancellation(request: Request, pk: int) -> HttpResponse:
    """Undo of a send: back to the composer, where the worker has not taken it yet (M26)."""
    rows = Outgoing.objects.filter(email=min(pk, LARGEST), email__activity__by=request.user)
    outgoing = rows.select_related("email__activity", "email__answers__activity").first()
    if outgoing is None:
        raise Http404
    if outbox.cancel(outgoing) or outgoing.state == Outgoing.State.CANCELLED:
        return _opened_again(request, outgoing)
    contact = contact_of(request, outgoing.email)
    to = back(request, contact or reverse("inbox:email", args=[pk]))
    return done(request, to, toast=_("It has left already."))


def _opened_again(request: Request, outgoing: Outgoing) -> HttpResponse:
    try:
        draft = drafts.reopen(outgoing, request.user)
    except drafts.Gone:
        said = _("This was sent or discarded in another window.")
        return done(request, "inbox:drafts", toast=said)
    return done(request, "inbox:draft", draft.pk, toast=_("It was not sent. Here it is again."))


def _initial(start: Beginning) -> dict[str, Any]:
    return {**vars(start), "mailbox": sender_key(start.mailbox, start.sender)}


def _readable_or_404(request: Request, pk: int) -> Email:
    email = email_or_404(request, pk)
    if not email.seen_by(request.user):
        raise Http404
    return email


def _people(request: Request, record: Company | Deal) -> Any:
    """Those of a company or a deal who can be written to."""
    rows = record.contacts.visible_to(request.user).filter(addresses__isnull=False).distinct()
    return rows.prefetch_related("addresses")


def _line(people: Iterable[Contact]) -> str:
    return ", ".join(composer.written(p.name, p.email) for p in people if p.email)
