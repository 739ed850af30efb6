"""What is stored on a contact as JSON values, as far as whoever asks may see it (M36, M53).

Of a private e-mail nobody but its owner and who was let in gets more than its day: administrators
neither. Its owner exports it, or lets them in first.
"""

from collections.abc import Iterator
from typing import Any

from crm.models import Activity, Contact, User

BATCH = 100


def about(contact: Contact, user: User) -> dict[str, Any]:
    """The record itself, its addresses, and the deals and the company that `user` may see."""
    company = contact.company
    shown = company and type(company).objects.visible_to(user).filter(pk=company.pk).exists()
    columns = (
        *("first_name", "last_name", "reading", "job_title", "phone", "time_zone", "properties"),
    )
    return {
        "id": contact.pk,
        **{name: getattr(contact, name) for name in columns},
        "addresses": [
            {"address": row.address, "label": row.label} for row in contact.addresses.all()
        ],
        "company": company.name if company and shown else "",
        "owner": contact.owner.name if contact.owner else "",
        "created_at": contact.created_at.isoformat(),
        "deals": list(contact.deals.visible_to(user).order_by("pk").values_list("name", flat=True)),
    }


def activities(contact: Contact) -> Iterator[list[Activity]]:
    """What stands on its timeline, the oldest first, in batches; what lies in the Trash as well."""
    rows = Activity.objects.filter(associations__contact=contact).order_by("pk")
    rows = rows.with_details().prefetch_related("email__participants", "email__readers", "files")
    after = 0
    while batch := list(rows.filter(pk__gt=after)[:BATCH]):
        yield batch
        after = batch[-1].pk


def line(activity: Activity, user: User) -> dict[str, Any]:
    """One of them: all of it, or that it is there."""
    known = {
        "id": activity.pk,
        "kind": activity.kind,
        "in_trash_since": activity.deleted_at and activity.deleted_at.isoformat(),
        "by": activity.by.name if activity.by else "",
    }
    if not activity.detail.seen_by(user):
        day = activity.at.date().isoformat()
        return {**known, "at": day, "not_shown": "Only its owner sees what it says."}
    return {**known, "at": activity.at.isoformat(), **activity.detail.export()}
