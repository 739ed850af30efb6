"""The page of a record: a contact, a company or a deal, all of one layout; and its Trash."""

from typing import Any

from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crm import records as story
from crm.forms.timeline import NoteForm, TaskForm
from crm.glance import glances
from crm.models import Association, Company, Contact, Deal
from crm.records import MODELS
from crm.rhythm import rhythm_of
from crm.strangers import others_on
from crm.views.properties import company_of, path_of, properties_of
from crm.views.timeline import timeline_context
from crm.web import Request, done, page, post_only, visible_or_404

MOST_PEOPLE = 50
LISTS = {"contact": "crm:contacts", "company": "crm:companies", "deal": "crm:deals"}
PANES = ("activity", "about", "related")  # of a phone, one at a time


@require_GET
def contact(request: Request, pk: int) -> HttpResponse:
    rows = Contact.objects.select_related("company", "owner").prefetch_related("addresses")
    found = visible_or_404(rows, request.user, pk)
    company = company_of(found, request.user)
    more = {
        "company": company,
        "standing": _standing(request, company) if company else None,
        "deals": _deals(request, found),
        "others": others_on(found, request.user),
        "rhythm": rhythm_of(found, timezone.now()),
        "related": "crm/contacts/_related.html",
    }
    return _page(request, found, more)


@require_GET
def company(request: Request, pk: int) -> HttpResponse:
    found = visible_or_404(Company.objects.select_related("owner"), request.user, pk)
    more = {
        "people": _people(request, found),
        "deals": _deals(request, found),
        "related": "crm/companies/_related.html",
    }
    return _page(request, found, more)


@require_GET
def deal(request: Request, pk: int) -> HttpResponse:
    rows = Deal.objects.select_related("company", "owner", "stage__pipeline")
    found = visible_or_404(rows, request.user, pk)
    more = {
        "company": company_of(found, request.user),
        "people": _people(request, found),
        **path_of(found),
        "related": "crm/deals/_related.html",
    }
    return _page(request, found, more)


@post_only
def trash(request: Request, pk: int, noun: str) -> HttpResponse:
    found = visible_or_404(MODELS[noun], request.user, pk)
    entry = story.trash(found, by=request.user)
    toast = _("{name} is in the Trash.").format(name=found)
    return done(request, LISTS[noun], toast=toast, undo=entry)


def _page(request: Request, subject: Any, more: dict[str, Any]) -> HttpResponse:
    pane = request.GET.get("pane", "activity")
    context = {
        **timeline_context(request, subject),
        **more,
        subject.noun: subject,
        "properties": properties_of(subject, more.get("company")),
        "note_form": NoteForm(),
        "task_form": TaskForm(user=request.user),
        "pane": pane if pane in PANES else "activity",
        "list_url": LISTS[subject.noun],
    }
    return page(request, "crm/records/detail.html", context, part="activity")


def _deals(request: Request, subject: Contact | Company) -> Any:
    """Open ones first, with what their bars of stages need."""
    rows = subject.deals.visible_to(request.user).select_related("stage__pipeline")
    return rows.prefetch_related("stage__pipeline__stages").order_by("stage__outcome", "-pk")


def _standing(request: Request, company: Company) -> dict[str, Any]:
    """What a contact's page says of its company: as the list of companies does."""
    [glance] = glances([company], request.user)
    people = company.contacts.visible_to(request.user).count()
    return {"people": people, "worth": glance.worth, "mail": glance.mail}


def _people(request: Request, subject: Company | Deal) -> Any:
    """Its contacts, with the time of the last activity of each."""
    kept = Association.objects.filter(contact=OuterRef("pk"), activity__deleted_at=None)
    last = Subquery(kept.order_by("-at").values("at")[:1])
    rows = subject.contacts.visible_to(request.user).prefetch_related("addresses")
    return rows.annotate(last_at=last)[:MOST_PEOPLE]
