"""REST: companies and their timelines."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field, field_validator

from crm import records
from crm.lib.domains import domain_of
from crm.models import Company
from crm.rest import access, shown, timelines
from crm.rest.inputs import Body, Name, Text

router = Router(tags=["companies"])
Json = dict[str, Any]


class CompanyIn(Body):
    name: Name
    domain: str = Field("", max_length=253)
    owner_id: str | None = None
    properties: dict[str, Any] = {}

    @field_validator("domain")
    @classmethod
    def _domain_alone(cls, value: str) -> str:
        return domain_of(value)


class CompanyChange(CompanyIn):
    """Only what was sent is changed, so the default here never counts."""

    name: Name = ""


@router.get("")
def list_companies(
    request: HttpRequest, search: Text = "", cursor: str = "", limit: int = 50
) -> Json:
    rows = _visible(request)
    if search:
        rows = rows.search(search, access.caller(request))
    return access.page(rows, cursor, limit, show)


@router.post("", response={201: Json})
def create_company(request: HttpRequest, payload: CompanyIn) -> Status[Json]:
    values = {"owner": access.caller(request)} | _values(payload)
    return Status(201, show(Company.objects.create(**values)))


@router.get("/{company_id}")
def read_company(request: HttpRequest, company_id: str) -> Json:
    return show(_one(request, company_id))


@router.patch("/{company_id}")
def change_company(request: HttpRequest, company_id: str, payload: CompanyChange) -> Json:
    company = _one(request, company_id)
    records.edit(company, _values(payload), by=access.caller(request))
    company.refresh_from_db()
    return show(company)


@router.delete("/{company_id}", response={204: None})
def trash_company(request: HttpRequest, company_id: str) -> Status[None]:
    _one(request, company_id).trash()
    return Status(204, None)


@router.get("/{company_id}/timeline")
def read_company_timeline(
    request: HttpRequest, company_id: str, kind: Text = "", cursor: str = "", limit: int = 50
) -> Json:
    """What the caller may see of it: what was written to a contact who is hidden is not there."""
    return timelines.page(request, _one(request, company_id), kind, cursor, limit)


def show(company: Company) -> Json:
    return shown.record(company, name=company.name, domain=company.domain)


def _visible(request: HttpRequest) -> Any:
    return Company.objects.visible_to(access.caller(request))


def _one(request: HttpRequest, company_id: str) -> Company:
    company: Company = access.one(_visible(request), company_id)
    return company


def _values(payload: CompanyIn) -> Json:
    """Columns, of what was sent alone."""
    values = payload.dict(exclude_unset=True)
    if "owner_id" in values:
        values["owner"] = access.owner(values.pop("owner_id"))
    return values
