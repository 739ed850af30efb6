"""REST: contacts, their timeline and their attachments."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field, field_validator

from crm import strangers
from crm.lib import zones
from crm.models import AddressTaken, Attachment, Company, Contact, User
from crm.rest import access, shown, timelines
from crm.rest.inputs import Body, Text
from crm.rest.problems import FieldError, Problem

router = Router(tags=["contacts"])
Json = dict[str, Any]


class AddressIn(Body):
    address: str = Field(max_length=254, pattern=r"^[^@\s<>]+@[^@\s<>]+$")
    label: str = Field("", max_length=40)
    primary: bool = False


class ContactIn(Body):
    email: str | None = Field(None, max_length=254, pattern=r"^[^@\s<>]+@[^@\s<>]+$")
    emails: list[AddressIn] | None = None
    first_name: str = Field("", max_length=100)
    last_name: str = Field("", max_length=100)
    phone: str = Field("", max_length=50)
    time_zone: str = Field("", max_length=64)  # "Asia/Tokyo"; "" where it is not known
    company_id: str | None = None
    owner_id: str | None = None
    properties: dict[str, Any] = {}

    @field_validator("time_zone")
    @classmethod
    def _is_one(cls, value: str) -> str:
        if value and value not in zones.names():
            raise ValueError("Give the name of a time zone, Asia/Tokyo say.")
        return value


@router.get("")
def list_contacts(
    request: HttpRequest,
    search: Text = "",
    company_id: str = "",
    owner_id: str = "",
    cursor: str = "",
    limit: int = 50,
) -> Json:
    rows = _visible(request).prefetch_related("addresses")
    if search:
        rows = rows.search(search, access.caller(request))
    rows = access.narrowed(rows, company_id=company_id, owner_id=owner_id)
    return access.page(rows, cursor, limit, show)


@router.post("", response={201: Json})
def create_contact(request: HttpRequest, payload: ContactIn) -> Status[Json]:
    contact = Contact(owner=access.caller(request))
    _write(contact, payload, request)
    return Status(201, show(contact))


@router.get("/{contact_id}")
def read_contact(request: HttpRequest, contact_id: str) -> Json:
    return show(_one(request, contact_id))


@router.patch("/{contact_id}")
def change_contact(request: HttpRequest, contact_id: str, payload: ContactIn) -> Json:
    contact = _one(request, contact_id)
    _write(contact, payload, request)
    return show(contact)


@router.delete("/{contact_id}", response={204: None})
def trash_contact(request: HttpRequest, contact_id: str) -> Status[None]:
    _one(request, contact_id).trash()
    return Status(204, None)


@router.get("/{contact_id}/timeline")
def read_timeline(
    request: HttpRequest, contact_id: str, kind: Text = "", cursor: str = "", limit: int = 50
) -> Json:
    return timelines.page(request, _one(request, contact_id), kind, cursor, limit)


@router.get("/{contact_id}/attachments")
def read_attachments(
    request: HttpRequest, contact_id: str, cursor: str = "", limit: int = 50
) -> Json:
    contact = _one(request, contact_id)
    viewer = access.caller(request)
    rows = Attachment.objects.readable_by(viewer).of(contact)
    return access.page(rows, cursor, limit, shown.attachment)


def show(contact: Contact) -> Json:
    return shown.record(
        contact,
        email=contact.email,
        emails=[
            {"address": row.address, "label": row.label, "primary": row.primary}
            for row in contact.addresses.all()
        ],
        first_name=contact.first_name,
        last_name=contact.last_name,
        phone=contact.phone,
        time_zone=contact.time_zone,
        company_id=shown.opaque(contact.company_id),
    )


def _visible(request: HttpRequest) -> Any:
    return Contact.objects.visible_to(access.caller(request))


def _one(request: HttpRequest, contact_id: str) -> Contact:
    contact: Contact = access.one(_visible(request), contact_id)
    return contact


@transaction.atomic
def _write(contact: Contact, payload: ContactIn, request: HttpRequest) -> None:
    """Only what was sent is changed."""
    given = payload.dict(exclude_unset=True)
    for name in ("first_name", "last_name", "phone", "time_zone", "properties"):
        if name in given:
            setattr(contact, name, given[name])
    if "company_id" in given:
        companies = Company.objects.visible_to(access.caller(request))
        contact.company = access.related(companies, payload.company_id, "company_id")
    if "owner_id" in given:
        contact.owner = access.owner(payload.owner_id)
    contact.save()
    _write_addresses(contact, payload, given, access.caller(request))


def _write_addresses(contact: Contact, payload: ContactIn, given: Json, by: User) -> None:
    """`emails` is the whole list; `email` alone puts one first and keeps the others."""
    rows = [(row.address, row.label) for row in contact.addresses.all()]
    if payload.emails is not None:
        first = sorted(payload.emails, key=lambda row: not row.primary)
        rows = [(row.address, row.label) for row in first]
    if "email" in given:
        email = (payload.email or "").lower()
        labels = dict(rows)
        others = [row for row in rows if row[0].lower() != email]
        rows = [(email, labels.get(email, "")), *others] if email else others
    try:
        contact.set_addresses(rows)
    except AddressTaken as error:
        raise Problem(422, str(error), errors=[FieldError("email", str(error))]) from None
    strangers.take_up(contact, by=by)
