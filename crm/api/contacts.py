"""REST: contacts, their timeline and their attachments."""

from typing import Annotated, Any

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status
from pydantic import BeforeValidator, Field, field_validator

from crm import strangers
from crm.lib import zones
from crm.models import AddressTaken, Attachment, Company, Contact
from crm.models.companies import company_seen_by
from crm.rest import access, shown, timelines
from crm.rest.inputs import Address, Body, PartOfName, Text

router = Router(tags=["contacts"])
Json = dict[str, Any]


CALLED = {"first_name", "last_name", "email", "emails"}


def _nothing_is_none(value: Any) -> Any:
    """Who has no address is shown with "", and may be sent back like that."""
    return None if value == "" else value


class AddressIn(Body):
    address: Address
    label: str = Field("", max_length=40)
    primary: bool = False


class ContactIn(Body):
    """`emails` is the whole list. Without it, `email` puts one first and keeps the others; null
    takes the primary one away."""

    email: Annotated[Address | None, BeforeValidator(_nothing_is_none)] = None
    emails: list[AddressIn] | None = None
    first_name: PartOfName = ""
    last_name: PartOfName = ""
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
    if company_id:  # one that is hidden from the caller confirms nothing
        rows = rows.filter(company__in=Company.objects.visible_to(access.caller(request)))
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
    """With the company that was loaded for whoever looks: see `_visible`."""
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
        company_id=shown.opaque(contact.company.pk) if contact.company else None,
    )


def _visible(request: HttpRequest) -> Any:
    viewer = access.caller(request)
    return Contact.objects.visible_to(viewer).prefetch_related(company_seen_by(viewer))


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
        company = access.related(companies, payload.company_id, "company_id")
        if company or contact.company:  # one that the caller does not see stays
            contact.company = company
    if "owner_id" in given:
        contact.owner = access.owner(payload.owner_id)
    rows = _addresses(contact, payload, given)
    named = contact.first_name or contact.last_name or rows
    if not named and (contact.pk is None or CALLED & given.keys()):
        raise access.wrong("email", "Give a name or an e-mail address.")
    contact.save()
    try:
        contact.set_addresses(rows)
    except AddressTaken as error:
        field = "email" if error.address == (payload.email or "").lower() else "emails"
        raise access.wrong(field, str(error)) from None
    if {"email", "emails"} & given.keys():
        strangers.take_up(contact, by=access.caller(request))


def _addresses(contact: Contact, payload: ContactIn, given: Json) -> list[tuple[str, str]]:
    """(address, label), the primary one first."""
    rows = [(row.address, row.label) for row in contact.addresses.all()] if contact.pk else []
    if payload.emails is not None:
        first = sorted(payload.emails, key=lambda row: not row.primary)
        rows = [(row.address, row.label) for row in first]
    elif "email" in given and payload.email is None:
        return rows[1:]
    if payload.email is None:
        return rows
    email, labels = payload.email.lower(), {row[0].lower(): row[1] for row in rows}
    return [(email, labels.get(email, "")), *(row for row in rows if row[0].lower() != email)]
