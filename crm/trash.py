"""The Trash: what is in it, and how a thing comes back with its associations (M32)."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q

from crm.lib import keyset
from crm.models import Activity, Company, Contact, Deal, User

KINDS: dict[str, Any] = {
    "contact": Contact,
    "company": Company,
    "deal": Deal,
    "note": Activity,
    "email": Activity,
    "task": Activity,
}
MODELS: tuple[Any, ...] = (Activity, Deal, Company, Contact)


class Trashed(NamedTuple):
    kind: str
    row: Any

    @property
    def name(self) -> str:
        return self.row.detail.summary() if isinstance(self.row, Activity) else str(self.row)

    @property
    def mark(self) -> str:
        """How a form names it: "contact:5"."""
        return f"{self.kind}:{self.row.pk}"


def trash_of(
    user: User, *, cursor: str = "", limit: int = 50, kind: str = ""
) -> tuple[list[Trashed], str]:
    """A page of what is in the Trash for `user`, the last deleted first, and the next cursor.

    Of one `kind`, or of all. Raises ValueError for a cursor that is not one.
    """
    rows = [
        row
        for rank, model in enumerate(MODELS)
        if not kind or KINDS[kind] is model
        for row in _page(model, rank, user, cursor, limit, kind)
    ]
    rows.sort(key=_place, reverse=True)
    following = keyset.encode(*_mark(rows[limit - 1])) if len(rows) > limit else ""
    return [_trashed(row) for row in rows[:limit]], following


def _page(model: Any, rank: int, user: User, cursor: str, limit: int, kind: str) -> Any:
    """Its rows after the cursor: of one moment, the models stand in their order."""
    rows = model.objects.trash_of(user).order_by("-deleted_at", "-pk")
    if model is Activity:
        rows = rows.with_details().filter(**({"kind": kind} if kind else {}))
    if model is Contact:
        rows = rows.prefetch_related("addresses")
    if cursor:
        at, mark = keyset.decode(cursor)
        pk, marked = divmod(mark, len(MODELS))
        same = Q(pk__lt=pk) if rank == marked else Q(pk__gt=0) if rank < marked else Q(pk=0)
        rows = rows.filter(Q(deleted_at__lt=at) | Q(deleted_at=at) & same)
    return rows[: limit + 1]


def _place(row: Any) -> tuple[datetime, int, int]:
    return row.deleted_at, MODELS.index(type(row)), row.pk


def _mark(row: Any) -> tuple[datetime, int]:
    return row.deleted_at, row.pk * len(MODELS) + MODELS.index(type(row))


def _trashed(row: Any) -> Trashed:
    return Trashed(row.kind if isinstance(row, Activity) else type(row).__name__.lower(), row)


def find(user: User, kind: str, pk: int) -> Any | None:
    """The row of that kind in the Trash, where `user` may see it."""
    model = KINDS.get(kind)
    if model is None:
        return None
    rows = model.objects.trash_of(user).filter(pk=pk)
    if model is Activity:
        rows = rows.filter(kind=kind)
    return rows.first()
