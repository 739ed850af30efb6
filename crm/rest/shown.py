"""What an outsider sees of records and engagements: the JSON of the API (M14), visibility obeyed
(M53)."""

from typing import Any

from django.urls import reverse

from crm.lib.html import sanitise
from crm.models import Activity, Attachment, Email, Participant, Record, User


def record(row: Record, **own: Any) -> dict[str, Any]:
    """A contact, a company or a deal: what each has, around what is its own."""
    return {
        "id": str(row.pk),
        **own,
        "owner_id": opaque(row.owner_id),
        "properties": row.properties,
        "created_at": row.created_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
    }


def opaque(pk: int | None) -> str | None:
    return str(pk) if pk else None


def activity(row: Activity, viewer: User) -> dict[str, Any]:
    """A timeline item: `{id, kind, at, …}`."""
    detail = row.detail
    if isinstance(detail, Email):
        return email(detail, viewer)
    return {**_head(row), **detail.export()}


def _head(row: Activity) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "kind": row.kind,
        "at": row.at.isoformat(),
        "by_id": str(row.by_id) if row.by_id else None,
    }


def email(row: Email, viewer: User) -> dict[str, Any]:
    """An e-mail as in docs; one that `viewer` may not read is shown without its content."""
    seen, named = row.seen_by(viewer), row.shows_people_to(viewer)
    people = list(row.participants.all()) if named else []
    role = Participant.Role
    return {
        **_head(row.activity),
        "direction": row.direction,
        "subject": row.subject if row.shows_subject_to(viewer) else None,
        "text": row.text if seen else None,
        "html": sanitise(row.html) if seen else None,
        "from": next((_address(p) for p in people if p.role == role.FROM), None),
        "to": [_address(p) for p in people if p.role == role.TO],
        "cc": [_address(p) for p in people if p.role == role.CC],
        "message_id": row.message_id if named else None,
        "thread_id": str(row.thread_id),
        "source": row.source,
        "reason": _reason(row) if named else None,
        "status": row.status,
        "error": row.error if named else "",
        "auto_reply": row.auto_reply,
        "new_participant": row.new_participant,
        "unproven": row.unproven,
        "recipients": [_recipient(p) for p in people if p.role in (role.TO, role.CC, role.BCC)],
        "attachments": [attachment(f) for f in row.activity.files.all()] if seen else [],
        "contact_ids": sorted({str(p.contact_id) for p in people if p.contact_id}),
        "private": not seen,
    }


def _address(row: Participant) -> dict[str, str]:
    return {"name": row.name, "email": row.address}


def _recipient(row: Participant) -> dict[str, str]:
    return {"email": row.address, "status": row.status, "server_said": row.server_said}


def _reason(row: Email) -> dict[str, str] | None:
    if not row.reason_rule:
        return None
    return {
        "rule": row.reason_rule,
        "text": row.reason_text,
        "message_id": row.reason_message_id,
    }


def attachment(row: Attachment) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "name": row.name,
        "size": row.size,
        "content_type": row.content_type,
        "inline": row.inline,
        "stored": row.stored,
        "reason": str(row.reason_not_stored),
        "email_id": str(row.activity_id),
        "url": reverse("api:attachment", args=[row.pk]) if row.stored else None,
    }
