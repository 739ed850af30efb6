"""The forms of a deal, its way through the stages, and the people who belong to it."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm import records
from crm.forms.deals import DealForm
from crm.models import Company, Contact, Deal
from crm.models.companies import company_seen_by
from crm.views.narrowing import number
from crm.views.properties import company_of
from crm.web import Request, done, onward, page, posted, visible_or_404

MOST_FOUND = 20


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    form = DealForm(posted(request), user=request.user, initial=_start(request))
    if _is_ready(request, form):
        return done(request, form.add(), toast=_("The deal was added."))
    return page(request, "crm/deals/form.html", {"form": form}, status=_status(request))


@require_http_methods(["GET", "HEAD", "POST"])
def details(request: Request, pk: int) -> HttpResponse:
    rows = Deal.objects.select_related("stage__pipeline", "company")
    found = visible_or_404(rows, request.user, pk)
    form = DealForm(posted(request), instance=found, user=request.user)
    entry = form.keep() if _is_ready(request, form) else None
    if entry:
        return done(request, "crm:deal", pk, toast=_("Saved."), undo=entry)
    context = {"form": form, "deal": Deal(pk=pk)}
    return page(request, "crm/deals/form.html", context, status=_status(request))


@require_http_methods(["GET", "HEAD", "POST"])
def contacts(request: Request, pk: int) -> HttpResponse:
    """Who belongs to it: found by ?q=, added and taken away."""
    found = visible_or_404(Deal, request.user, pk)
    if request.method == "POST":
        return _change_people(request, found)
    words = request.GET.get("q", "").strip()
    rows = Contact.objects.visible_to(request.user).exclude(deals=found)
    rows = rows.search(words, request.user).prefetch_related(
        "addresses", company_seen_by(request.user)
    )
    context = {"deal": found, "words": words, "offered": rows[:MOST_FOUND] if words else ()}
    context["people"] = found.contacts.visible_to(request.user).prefetch_related("addresses")
    return page(request, "crm/deals/contacts.html", context, part="offered")


def _change_people(request: Request, found: Deal) -> HttpResponse:
    verb = "add" if "add" in request.POST else "remove"
    person = visible_or_404(Contact, request.user, number(request.POST, verb) or 0)
    kept = list(found.contacts.exclude(pk=person.pk))
    people = [*kept, person] if verb == "add" else kept
    entry = records.edit(found, {"contacts": people}, by=request.user)
    said = (
        _("{name} belongs to {deal} now.") if verb == "add" else _("{name} was taken off {deal}.")
    )
    toast = said.format(name=person, deal=found)
    return done(request, onward(request, found), toast=toast, undo=entry)


def _start(request: Request) -> dict[str, Any]:
    """A new deal of ?contact= or ?company=, with the company of the contact."""
    asked = {name: number(request.GET, name) for name in ("contact", "company", "stage")}
    start: dict[str, Any] = {"stage": asked["stage"]} if asked["stage"] is not None else {}
    if asked["contact"] is not None:
        contact = visible_or_404(Contact, request.user, asked["contact"])
        company_name = company_of(contact, request.user) or ""
        return start | {"contacts": [contact.pk], "company_name": company_name}
    if asked["company"] is not None:
        company = visible_or_404(Company, request.user, asked["company"])
        return start | {"company_name": company.name}
    return start


def _is_ready(request: Request, form: DealForm) -> bool:
    """Whether it is to be saved; "find" only looks for people."""
    return request.method == "POST" and "find" not in request.POST and form.is_valid()


def _status(request: Request) -> int:
    return 422 if request.method == "POST" and "find" not in request.POST else 200
