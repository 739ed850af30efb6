"""REST: the Trash (M32)."""

from typing import Any

from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest
from ninja import Router

from crm import trash
from crm.models import Activity, AddressTaken, Contact, Email, User
from crm.rest import access
from crm.rest.problems import Problem
from crm.strangers import take_up

router = Router(tags=["trash"])


@router.get("")
def list_trash(request: HttpRequest, cursor: str = "", limit: int = 50) -> dict[str, Any]:
    viewer = access.caller(request)
    limit = max(1, min(limit, access.MOST))
    try:
        found, following = trash.trash_of(viewer, cursor=cursor, limit=limit)
    except ValueError:
        raise access.bad_cursor() from None
    # a contact without a name is called by its address: one query for all of them
    contacts = [trashed.row for trashed in found if isinstance(trashed.row, Contact)]
    prefetch_related_objects(contacts, "addresses")
    return {"items": [_show(trashed, viewer) for trashed in found], "next": following or None}


@router.post("/{kind}/{row_id}/restore")
def restore(request: HttpRequest, kind: str, row_id: str) -> dict[str, Any]:
    caller = access.caller(request)
    row = trash.find(caller, kind, access.number(row_id))
    if row is None:
        raise Http404
    try:
        row.restore()
    except AddressTaken as error:
        raise Problem(409, str(error)) from None
    if isinstance(row, Contact):
        take_up(row, by=caller)
    return {"id": row_id, "kind": kind}


def _show(trashed: trash.Trashed, viewer: User) -> dict[str, Any]:
    row = trashed.row
    return {
        "id": str(row.pk),
        "kind": trashed.kind,
        "name": _name(trashed, viewer),
        "deleted_at": row.deleted_at.isoformat(),
        "erased_on": row.erased_on.isoformat(),
    }


def _name(trashed: trash.Trashed, viewer: User) -> str | None:
    """None where the subject of an e-mail is not for this viewer (M53)."""
    detail = trashed.row.detail if isinstance(trashed.row, Activity) else None
    if isinstance(detail, Email) and not detail.shows_subject_to(viewer):
        return None
    return trashed.name
