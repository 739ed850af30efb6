"""Out of the Trash: rows come back with Undo or are erased; what cannot says why (M32, M57)."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import transaction

from crm import retention
from crm.models import Activity, AddressTaken, Contact, UndoEntry, User
from crm.strangers import take_up
from crm.timeline import touch
from crm.trash import Trashed, find
from crm.undo import made, remember


class Refused(NamedTuple):
    """A contact that cannot come back as it was: somebody else has an address of it by now."""

    contact: Contact
    taken: AddressTaken


class Restored(NamedTuple):
    rows: list[Any]
    refused: list[Refused]
    undo: UndoEntry | None


def chosen(user: User, marks: Iterable[str]) -> list[Trashed]:
    """The rows that a form names ("contact:5"), as far as `user` may see them in the Trash."""
    found = []
    for mark in dict.fromkeys(marks):
        kind, _colon, pk = mark.partition(":")
        row = find(user, kind, int(pk)) if pk.isdecimal() and len(pk) < 19 else None
        if row is not None:
            found.append(Trashed(kind, row))
    return found


@transaction.atomic
def restore(rows: Iterable[Trashed], *, by: User, without_taken: bool = False) -> Restored:
    """Bring rows back; with `without_taken` a contact leaves the addresses that others have now."""
    back: list[Any] = []
    refused: list[Refused] = []
    for trashed in rows:
        try:
            if without_taken and isinstance(trashed.row, Contact):
                _leave_taken(trashed.row)
            trashed.row.restore()
        except AddressTaken as taken:
            refused.append(Refused(trashed.row, taken))
            continue
        if isinstance(trashed.row, Activity):
            touch(trashed.row)
        if isinstance(trashed.row, Contact):
            take_up(trashed.row, by=by)
        back.append(trashed.row)
    undo = remember(by, *(made(row) for row in back)) if back else None
    return Restored(back, refused, undo)


def erase(rows: Iterable[Trashed]) -> list[Trashed]:
    """Erase rows for good, and what stands on nothing but such a record; returns those that a legal
    hold keeps, placed however late."""
    held = []
    for trashed in rows:
        try:
            _erase(trashed.row)
        except retention.OnHold:
            held.append(trashed)
    return held


def _erase(row: Any) -> None:
    if not isinstance(row, Activity) and not retention.is_held(row):
        for activity in list(retention.standing_alone(row)):
            retention.erase(activity)
    retention.erase(row)


def _leave_taken(contact: Contact) -> None:
    addresses = [row.address for row in contact.addresses.all()]
    contact.addresses.filter(address__in=Contact.objects.with_addresses(addresses)).delete()
