"""The properties of a record: how each is shown, and edited in place (point 27)."""

from typing import Any, NamedTuple

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.forms.companies import CompanyForm
from crm.forms.contacts import ContactDetailsForm
from crm.forms.deals import DealForm
from crm.forms.records import RecordForm
from crm.lib.names import fields_in_order
from crm.models import Company, Record, Stage, User
from crm.records import MODELS
from crm.templatetags.records import money
from crm.web import Request, done, page, stay, visible_or_404

FORMS: dict[str, Any] = {"contact": ContactDetailsForm, "company": CompanyForm, "deal": DealForm}

NAMES = {
    "contact": (
        *("first_name", "last_name", "reading", "job_title", "phone", "time_zone"),
        *("company_name", "owner", "audience"),
    ),
    "company": ("name", "domain", "owner", "audience"),
    "deal": (
        *("name", "amount", "currency", "stage", "lost_reason", "close_date"),
        *("company_name", "owner", "audience"),
    ),
}
# What it is called, and what stands there while it is empty.
WORDS: dict[str, tuple[Any, Any]] = {
    "first_name": (gettext_lazy("First name"), gettext_lazy("Add a first name")),
    "last_name": (gettext_lazy("Last name"), gettext_lazy("Add a last name")),
    "reading": (gettext_lazy("Reading"), gettext_lazy("Add a reading")),
    "job_title": (gettext_lazy("Job title"), gettext_lazy("Add a job title")),
    "phone": (gettext_lazy("Phone"), gettext_lazy("Add a number")),
    "time_zone": (gettext_lazy("Time zone"), gettext_lazy("Add a time zone")),
    "company_name": (gettext_lazy("Company"), gettext_lazy("Add a company")),
    "owner": (gettext_lazy("Owner"), gettext_lazy("Nobody")),
    "audience": (gettext_lazy("Seen by"), gettext_lazy("Choose who")),
    "name": (gettext_lazy("Name"), gettext_lazy("Add a name")),
    "domain": (gettext_lazy("Domain"), gettext_lazy("Add a domain")),
    "amount": (gettext_lazy("Amount"), gettext_lazy("Add an amount")),
    "currency": (gettext_lazy("Currency"), gettext_lazy("Add a currency")),
    "stage": (gettext_lazy("Stage"), gettext_lazy("Choose a stage")),
    "lost_reason": (gettext_lazy("Reason lost"), gettext_lazy("Add the reason")),
    "close_date": (gettext_lazy("Close date"), gettext_lazy("Add a date")),
}


class Property(NamedTuple):
    """One line of "About": `text` as it is shown, `empty` in its place while there is none."""

    name: str
    label: str
    text: str
    empty: str


def properties_of(record: Any, company: Company | None) -> list[Property]:
    """Of a record and its company, as `company_of` finds it for whoever looks."""
    names = [name for name in NAMES[record.noun] if name != "lost_reason" or _is_lost(record)]
    if record.noun == "contact":
        names[:2] = fields_in_order(get_language() or "")
    return [_property(record, name, company) for name in names]


def _property(record: Any, name: str, company: Company | None) -> Property:
    label, empty = WORDS[name]
    return Property(name, str(label), _text(record, name, company), str(empty))


def _text(record: Any, name: str, company: Company | None) -> str:
    match name:
        case "company_name":
            return str(company or "")
        case "audience":
            shown: str = record.get_audience_display()
            return shown[:1].upper() + shown[1:]
        case "amount":
            return money(record)
        case "close_date":
            return date_format(record.close_date) if record.close_date else ""
        case "time_zone":
            return str(record.time_zone.replace("_", " "))
    return str(getattr(record, name) or "")


def company_of(record: Any, user: User) -> Company | None:
    """Its company, where it is not in the Trash and `user` may see it."""
    if record.company is None:
        return None
    found: Company | None = Company.objects.visible_to(user).filter(pk=record.company_id).first()
    return found


def path_of(deal: Any) -> dict[str, Any]:
    """The stages that it can be in, and for how long it has been in its own."""
    days = (timezone.now() - deal.stage_since).days
    return {"stages": deal.stage.pipeline.stages.all(), "days_in_stage": days}


def _is_lost(record: Any) -> bool:
    return bool(record.stage.outcome == Stage.Outcome.LOST)


@require_http_methods(["GET", "HEAD", "POST"])
def field(request: Request, pk: int, name: str, noun: str) -> HttpResponse:
    """Its editor (GET), its value again (GET ?shown), or the new value (POST)."""
    record = _find(request, noun, pk)
    if name not in NAMES[noun] or (name == "lost_reason" and not _is_lost(record)):
        raise Http404
    if request.method == "POST":
        return _save(request, record, name)
    if not request.htmx:
        return HttpResponseRedirect(f"{reverse(f'crm:{noun}-details', args=[pk])}#id_{name}")
    if "shown" in request.GET:
        return _show(request, record, name, moves_focus=True)
    return _show(request, record, name, form=_form(request, record, name))


def _save(request: Request, record: Any, name: str) -> HttpResponse:
    form = _form(request, record, name, request.POST)
    entry = form.keep() if form.is_valid() else None
    kept = _find(request, record.noun, record.pk, changed=entry is not None)
    if entry is None:
        return _show(request, kept, name, form=form, status=422)
    toast = _("{what} was changed.").format(what=WORDS[name][0])
    if not request.htmx:
        return done(request, kept, toast=toast, undo=entry)
    context = _context(request, kept, name) | {"saved": True, "moves_focus": True}
    if kept.noun != "company":
        context["company"] = company_of(kept, request.user)
    if name == "stage":
        context |= path_of(kept)
    template = "crm/records/_saved.html"
    return stay(request, template, context, toast=toast, undo=entry, changed="record:changed")


def _show(
    request: Request, record: Record, name: str, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = _context(request, record, name) | more
    return page(request, "crm/records/_property.html", context, status=status)


def _context(request: Request, record: Record, name: str) -> dict[str, Any]:
    company = company_of(record, request.user) if name == "company_name" else None
    shown = _property(record, name, company)
    return {"subject": record, "property": shown, record.noun: record}


def _form(request: Request, record: Any, name: str, data: Any = None) -> RecordForm:
    fixed = {"instance": record, "user": request.user, "only": (name,), "auto_id": "edit_%s"}
    form: RecordForm = FORMS[record.noun](data, **fixed)
    return form


def _find(request: Request, noun: str, pk: int, *, changed: bool = False) -> Any:
    """As it is now. Whoever has just hidden it from themselves is still shown what they did."""
    model = MODELS[noun]
    related = {"contact": ["company", "owner"], "company": ["owner"]}
    names = related.get(noun, ["company", "owner", "stage__pipeline"])
    rows = model.objects.select_related(*names)
    return rows.get(pk=pk) if changed else visible_or_404(rows, request.user, pk)
