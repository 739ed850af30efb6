"""REST: deals, their stages and their timelines."""

from typing import Any

from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from crm import records
from crm.accounts import start_pipeline
from crm.models import Company, Contact, Deal, Pipeline, Stage, User
from crm.models.companies import company_seen_by
from crm.rest import access, shown, timelines
from crm.rest.inputs import Body, Currency, Day, Money, Name, Text

router = Router(tags=["deals"])
Json = dict[str, Any]


class DealIn(Body):
    """Without `stage_id` a new deal is in the first stage of its pipeline; without `pipeline_id`
    that is the first pipeline."""

    name: Name
    amount: Money = None
    currency: Currency = "EUR"
    pipeline_id: str | None = None
    stage_id: str | None = None
    close_date: Day = None
    company_id: str | None = None
    contact_ids: list[str] = Field([], max_length=500)
    owner_id: str | None = None
    properties: dict[str, Any] = {}


class DealChange(DealIn):
    """Only what was sent is changed, so the default here never counts."""

    name: Name = ""


@router.get("")
def list_deals(
    request: HttpRequest,
    search: Text = "",
    company_id: str = "",
    stage_id: str = "",
    owner_id: str = "",
    cursor: str = "",
    limit: int = 50,
) -> Json:
    viewer = access.caller(request)
    rows: Any = access.narrowed(
        _visible(viewer), company_id=company_id, stage_id=stage_id, owner_id=owner_id
    )
    if company_id:  # one that is hidden from the caller confirms nothing
        rows = rows.filter(company__in=Company.objects.visible_to(viewer))
    if search:
        rows = rows.search(search, viewer)
    return access.page(rows, cursor, limit, show)


@router.post("", response={201: Json})
@transaction.atomic
def create_deal(request: HttpRequest, payload: DealIn) -> Status[Json]:
    viewer = access.caller(request)
    values: Json = {"owner": viewer} | _values(payload, viewer)
    people = values.pop("contacts", ())
    deal = Deal.objects.create(stage=_stage(payload), **values)
    deal.contacts.set(people)
    return Status(201, _again(deal, viewer))


@router.get("/{deal_id}")
def read_deal(request: HttpRequest, deal_id: str) -> Json:
    return show(_one(request, deal_id))


@router.patch("/{deal_id}")
def change_deal(request: HttpRequest, deal_id: str, payload: DealChange) -> Json:
    viewer, deal = access.caller(request), _one(request, deal_id)
    values = _values(payload, viewer, deal)
    if {"stage_id", "pipeline_id"} & payload.model_fields_set:
        values["stage"] = _next_stage(payload, deal)
    records.edit(deal, values, by=viewer)
    return _again(deal, viewer)


@router.delete("/{deal_id}", response={204: None})
def trash_deal(request: HttpRequest, deal_id: str) -> Status[None]:
    _one(request, deal_id).trash()
    return Status(204, None)


@router.get("/{deal_id}/timeline")
def read_deal_timeline(
    request: HttpRequest, deal_id: str, kind: Text = "", cursor: str = "", limit: int = 50
) -> Json:
    """What the caller may see of it: what was written to a contact who is hidden is not there."""
    return timelines.page(request, _one(request, deal_id), kind, cursor, limit)


def show(deal: Deal) -> Json:
    """With the company and the people that were loaded for whoever looks: see `_loaded`."""
    return shown.record(
        deal,
        name=deal.name,
        amount=None if deal.amount is None else f"{deal.amount:.2f}",
        currency=deal.currency,
        pipeline_id=str(deal.stage.pipeline_id),
        stage_id=str(deal.stage_id),
        stage_since=deal.stage_since.isoformat(),
        outcome=deal.stage.outcome,
        lost_reason=deal.lost_reason,
        close_date=deal.close_date.isoformat() if deal.close_date else None,
        company_id=shown.opaque(deal.company.pk) if deal.company else None,
        contact_ids=[str(contact.pk) for contact in deal.contacts.all()],
    )


def _loaded(rows: Any, viewer: User) -> Any:
    """With stage, company and people, the latter as far as `viewer` sees them."""
    people = Contact.objects.visible_to(viewer).order_by("pk")
    seen = (company_seen_by(viewer), Prefetch("contacts", queryset=people))
    return rows.select_related("stage").prefetch_related(*seen)


def _visible(viewer: User) -> Any:
    return _loaded(Deal.objects.visible_to(viewer), viewer)


def _one(request: HttpRequest, deal_id: str) -> Deal:
    deal: Deal = access.one(_visible(access.caller(request)), deal_id)
    return deal


def _again(deal: Deal, viewer: User) -> Json:
    """As it is now; also to who has just given it to somebody else."""
    return show(_loaded(Deal.objects.all(), viewer).get(pk=deal.pk))


def _values(payload: DealIn, viewer: User, deal: Deal | None = None) -> Json:
    """Columns and people, of what was sent alone; what the caller does not see stays with it."""
    given = payload.dict(exclude_unset=True, exclude={"stage_id", "pipeline_id"})
    if "owner_id" in given:
        given["owner"] = access.owner(given.pop("owner_id"))
    if "company_id" in given:
        companies = Company.objects.visible_to(viewer)
        company = access.related(companies, given.pop("company_id"), "company_id")
        if company or (deal and deal.company):
            given["company"] = company
    if "contact_ids" in given:
        given["contacts"] = [*_people(given.pop("contact_ids"), viewer), *_hidden(deal, viewer)]
    return given


def _people(ids: list[str], viewer: User) -> list[Contact]:
    numbers = [int(each) if access.is_id(each) else 0 for each in ids]
    found = Contact.objects.visible_to(viewer).in_bulk(numbers)
    for place, number in enumerate(numbers):
        if number not in found:
            raise access.wrong(f"contact_ids.{place}", access.NO_SUCH)
    return list(found.values())


def _hidden(deal: Deal | None, viewer: User) -> list[Contact]:
    if deal is None:
        return []
    seen = Contact.objects.visible_to(viewer).values("pk")
    return list(Contact.objects.filter(deals=deal).exclude(pk__in=seen))


def _next_stage(payload: DealIn, deal: Deal) -> Stage:
    for name in ("stage_id", "pipeline_id"):
        if name in payload.model_fields_set and getattr(payload, name) is None:
            raise access.wrong(name, "A deal is always in a stage of a pipeline.")
    if payload.stage_id is None and payload.pipeline_id == str(deal.stage.pipeline_id):
        return deal.stage
    return _stage(payload)


def _stage(payload: DealIn) -> Stage:
    """The one that is named, else the first of the pipeline that is named, else of the first."""
    pipeline = access.related(Pipeline.objects.all(), payload.pipeline_id, "pipeline_id")
    stages = Stage.objects.all()
    stage: Stage | None = access.related(stages, payload.stage_id, "stage_id")
    if stage and pipeline and stage.pipeline_id != pipeline.pk:
        raise access.wrong("stage_id", "This stage is not one of that pipeline.")
    if stage is None:
        pipeline = pipeline or Pipeline.objects.first() or start_pipeline()
        stage = stages.filter(pipeline=pipeline).first()
    if stage is None:
        raise access.wrong("pipeline_id", "This pipeline has no stage.")
    return stage
