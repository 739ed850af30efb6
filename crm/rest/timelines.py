"""A page of the timeline of a contact, a company or a deal, as its caller sees it."""

from typing import Any

from django.http import HttpRequest

from crm import timeline
from crm.models import Company, Contact, Deal
from crm.rest import access, shown


def page(
    request: HttpRequest, subject: Contact | Company | Deal, kind: str, cursor: str, limit: int
) -> dict[str, Any]:
    """`{"items", "next"}`, newest first; 422 for a cursor that is not one."""
    viewer, limit = access.caller(request), max(1, min(limit, access.MOST))
    try:
        rows, following = timeline.activities_of(
            subject, viewer, cursor=cursor, kind=kind, limit=limit
        )
    except ValueError:
        raise access.bad_cursor() from None
    return {"items": [shown.activity(row, viewer) for row in rows], "next": following or None}
