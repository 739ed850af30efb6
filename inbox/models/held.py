"""What of a mailbox a legal hold keeps when the mailbox itself goes (M35, M57)."""

from typing import Any

from django.db.models import CASCADE, SET_NULL, Field, QuerySet
from django.db.models.deletion import Collector

from crm.models import Hold


def keep_held(collector: Collector, field: "Field[Any, Any]", rows: Any, using: str) -> None:
    """As on_delete: rows of e-mails under a legal hold stay, without their mailbox or folder and
    with the address that it had; the others go with it."""
    kept = rows.filter(**{f"{rows.model.held_by}__in": Hold.objects.activities()})
    CASCADE(collector, field, rows.exclude(pk__in=kept.values("pk")), using)
    SET_NULL(collector, field, kept, using)
    if field.name == "mailbox":
        _keep_address(collector, kept)


def _keep_address(collector: Collector, kept: QuerySet[Any]) -> None:
    column = kept.model._meta.get_field("of_address")
    for row in kept.select_related("mailbox"):
        collector.add_field_update(column, row.mailbox.email, [row])
