"""REST: templates (M24)."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field, field_validator

from crm.rest import access
from crm.rest.inputs import Body, Text
from crm.rest.problems import FieldError, Problem
from inbox import merge_fields
from inbox.forms.templates import refuse_unknown_fields
from inbox.mime.text import text_of_html
from inbox.models import Template, TemplateUse
from inbox.models.templates import Counts
from inbox.outreach import templates as story

router = Router(tags=["templates"])
Json = dict[str, Any]
COLUMNS = ("name", "subject", "language", "shared")


class TemplateIn(Body):
    """Merge fields stand in the subject and in the body: `{{ contact.first_name|"there" }}`.

    `html` comes before `text`; `folder` is a name, and made where there is none of it.
    """

    name: str = Field(min_length=1, max_length=150)
    subject: str = Field("", max_length=900)
    html: str = Field("", max_length=500_000)
    text: str = Field("", max_length=200_000)
    language: str = ""
    folder: str = Field("", max_length=100)
    shared: bool = False

    @field_validator("language")
    @classmethod
    def _is_known(cls, value: str) -> str:
        known = dict(settings.LANGUAGES)
        if value and value not in known:
            raise ValueError(f"One of: {', '.join(known)}; or empty for any.")
        return value


class TemplateChange(TemplateIn):
    """Only what was sent is changed, so the defaults here never count."""

    name: str = Field("", min_length=1, max_length=150)


@router.get("")
def list_templates(
    request: HttpRequest, search: Text = "", cursor: str = "", limit: int = 50
) -> Json:
    rows = _visible(request).search(search)
    found = access.page(rows, cursor, limit, lambda row: {"row": row})
    items = [each["row"] for each in found["items"]]
    counts = TemplateUse.objects.counts(items, access.caller(request))
    return {**found, "items": [show(row, counts.get(row.pk)) for row in items]}


@router.post("", response={201: Json})
def create_template(request: HttpRequest, payload: TemplateIn) -> Status[Json]:
    given = payload.dict()
    _refuse(given)
    body = story.Body(given["html"], given["text"])
    if not (body.html.strip() or body.text.strip()):
        raise _invalid("text", "Give html or text.")
    columns = {name: given[name] for name in COLUMNS} | _folder(given)
    made = story.add(Template, body, by=access.caller(request), **columns)
    return Status(201, show(made, None))


@router.get("/{template_id}")
def read_template(request: HttpRequest, template_id: str) -> Json:
    return _show(request, _one(request, template_id))


@router.patch("/{template_id}")
def change_template(request: HttpRequest, template_id: str, payload: TemplateChange) -> Json:
    row = _mine(request, template_id)
    given = payload.dict(exclude_unset=True)
    _refuse(given)
    columns = {name: given[name] for name in COLUMNS if name in given} | _folder(given)
    body = story.Body(html=row.html)
    if given.get("html") or given.get("text"):
        body = story.Body(given.get("html", ""), given.get("text", ""))
    story.edit(row, body, by=access.caller(request), **columns)
    return _show(request, row)


@router.delete("/{template_id}", response={204: None})
def trash_template(request: HttpRequest, template_id: str) -> Status[None]:
    _mine(request, template_id).trash()
    return Status(204, None)


def show(row: Template, counts: Counts | None) -> Json:
    """`used` and `replied` are over the e-mails that the caller may read (M53)."""
    fields = merge_fields.parse(f"{row.subject}\n{row.text}")
    return {
        "id": str(row.pk),
        "name": row.name,
        "subject": row.subject,
        "html": row.html,
        "text": row.text,
        "language": row.language,
        "folder": row.folder.name if row.folder and not row.folder.deleted_at else "",
        "shared": row.shared,
        "owner_id": str(row.owner_id) if row.owner_id else None,
        "fields": list(dict.fromkeys(field.name for field in fields)),
        "attachments": [
            {"name": file.name, "size": file.size, "content_type": file.content_type}
            for file in row.files.all()
        ],
        "used": counts.used if counts else 0,
        "replied": counts.replied if counts else 0,
        "created_at": row.created_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
    }


def _show(request: HttpRequest, row: Template) -> Json:
    return show(row, TemplateUse.objects.counts([row], access.caller(request)).get(row.pk))


def _visible(request: HttpRequest) -> Any:
    rows = Template.objects.visible_to(access.caller(request))
    return rows.select_related("folder").prefetch_related("files")


def _one(request: HttpRequest, template_id: str) -> Template:
    row: Template = access.one(_visible(request), template_id)
    return row


def _mine(request: HttpRequest, template_id: str) -> Template:
    row = _one(request, template_id)
    if not row.changed_by(access.caller(request)):
        raise Problem(403, "Only its owner changes a template, and an admin one that is shared.")
    return row


def _folder(given: Json) -> Json:
    if "folder" not in given:
        return {}
    name = given["folder"].strip()
    return {"folder": story.add_folder(name) if name else None}


def _refuse(given: Json) -> None:
    """Fields that nobody knows, with what was meant."""
    for field in ("subject", "html", "text"):
        written = given.get(field, "")
        try:
            refuse_unknown_fields(text_of_html(written) if field == "html" else written)
        except ValidationError as wrong:
            raise _invalid(field, " ".join(wrong.messages)) from None


def _invalid(field: str, words: str) -> Problem:
    return Problem(422, "Some fields are not valid.", errors=[FieldError(field, words)])
