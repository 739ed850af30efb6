"""The tables: contacts, companies, and deals where no board is wanted. A URL is a state: view,
words, filters, sort and page stand in the query.
"""

from datetime import date
from typing import Any

from django.db.models import Count, FloatField, Value
from django.db.models.functions import Cast, Coalesce, NullIf
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from crm.glance import glances
from crm.models import Contact, Deal, Pipeline, Stage
from crm.models.activities import unanswered
from crm.models.companies import company_seen_by
from crm.models.visibility import visible_records
from crm.views.listing import list_context
from crm.views.narrowing import chosen_pipeline, narrowed, number
from crm.web import Request, page

MOST_COUNTED = 99  # on a tab
BY_NAME = {"name": ("last_name", "first_name")}
BY_READING = {"name": ("sounds", "first_name")}  # Japanese names are sorted by how they sound
TIMES = {"activity": ("news_at",), "created": ("created_at",)}
DEALS = {
    "name": ("name",),
    "amount": ("worth",),
    "close": ("closes",),
    "stage": ("place",),
    **TIMES,
}


def contacts(request: Request) -> HttpResponse:
    rows = narrowed("contacts", request.GET, request.user)
    sorts: dict[str, tuple[str, ...]] = {**BY_NAME}
    if get_language() == "ja":
        sounds = Coalesce(NullIf("reading", Value("")), "last_name")
        rows, sorts = rows.annotate(sounds=sounds), {**BY_READING}
    rows = rows.select_related("owner")
    rows = rows.prefetch_related("addresses", company_seen_by(request.user))
    first = "name"
    if request.GET.get("view") == "waiting":  # as on the home page: who waits longest comes first
        sorts["waiting"], first = ("waits_since",), "waiting"
    context = list_context(request, rows, {**sorts, **TIMES}, first)
    context |= _views(request) | {"glances": glances(context["page"].rows, request.user)}
    return page(request, "crm/contacts/list.html", context, part="rows")


def _views(request: Request) -> dict[str, Any]:
    """The tabs that say how many they hold, and which one is open.

    They count no further than they show: the newest e-mails answer soon, where many wait.
    """
    seen, now = Contact.objects.visible_to(request.user), timezone.now()
    waiting = unanswered("contact", now).filter(
        visible_records(request.user, "contact__"), contact__deleted_at=None
    )
    return {
        "view": request.GET.get("view", ""),
        "waiting": _up_to(waiting.order_by().values("contact").distinct()),
        "quiet": _up_to(seen.quiet(now)),
    }


def _up_to(rows: Any) -> str:
    """How many there are, in a word: "12", "99+"."""
    count: int = rows[: MOST_COUNTED + 1].count()
    return str(count) if count <= MOST_COUNTED else f"{MOST_COUNTED}+"


@require_GET
def companies(request: Request) -> HttpResponse:
    rows = narrowed("companies", request.GET, request.user).select_related("owner")
    seen = Contact.objects.visible_to(request.user).order_by()
    context = list_context(request, rows, {"name": ("name",), **TIMES}, "name")
    found = context["page"].rows
    people = seen.filter(company__in=found).values_list("company").annotate(n=Count("pk"))
    context |= {
        "view": request.GET.get("view", ""),
        "glances": glances(found, request.user),
        "people": dict(people),
    }
    return page(request, "crm/companies/list.html", context, part="rows")


def deals(request: Request) -> HttpResponse:
    """The table of deals, with the filters that the board has."""
    rows = narrowed("deals", request.GET, request.user).with_last_at()
    rows = rows.prefetch_related(company_seen_by(request.user))
    rows = rows.select_related("stage", "owner").annotate(
        worth=Coalesce(Cast("amount", FloatField()), Value(0.0)),
        closes=Coalesce("close_date", Value(date.max)),
        place=Cast("stage__position", FloatField()),
    )
    context = list_context(request, rows, DEALS, "-activity")
    context |= deals_context(request) | {"glances": glances(context["page"].rows, request.user)}
    stage = number(request.GET, "stage")
    context["stage"] = next((row for row in context["stages"] if row.pk == stage), None)
    return page(request, "crm/deals/list.html", context, part="rows")


def deals_context(request: Request) -> dict[str, Any]:
    """What the board and the table of deals share."""
    from_query = request.GET.copy()
    pipeline = chosen_pipeline(from_query)
    from_query.pop("attention", None)
    needy = narrowed("deals", from_query, request.user).needing_attention(timezone.now())
    return {
        "pipeline": pipeline,
        "attention": bool(request.GET.get("attention")),
        "needy": needy.count(),
        "pipelines": list(Pipeline.objects.all()),
        "stages": list(Stage.objects.filter(pipeline=pipeline)),
        "first_use": not Deal.objects.visible_to(request.user).exists(),
    }
