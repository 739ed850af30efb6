"""Contacts, companies and deals: changed and moved to the Trash, each with the way back."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from crm import pipeline, strangers
from crm.models import Company, Contact, Deal, Stage, UndoEntry, User
from crm.undo import Step, addressed, changed, linked, remember, trashed

Noun = Contact | Company | Deal
MODELS: dict[str, Any] = {"contact": Contact, "company": Company, "deal": Deal}


@transaction.atomic
def edit(record: Noun, values: dict[str, Any], *, by: User, made: Sequence[Step] = ()) -> UndoEntry:
    """Set what differs: columns, the contacts of a deal, its stage, the addresses of a contact.

    `made` are steps of what came into being for it (its company). Raises AddressTaken.
    """
    row: Any = type(record)._default_manager.select_for_update().get(pk=record.pk)
    columns = dict(values)
    addresses, contacts = columns.pop("addresses", None), columns.pop("contacts", None)
    stage: Stage | None = columns.pop("stage", None)
    columns = {name: value for name, value in columns.items() if getattr(row, name) != value}
    steps = list(made)
    if columns:
        steps.append(changed(row, **columns))
    if stage is not None and stage.pk != row.stage_id:
        entry = pipeline.move(row, stage, by=by)
        steps.extend(entry.steps)
        entry.delete()  # one action, one way back
    if contacts is not None:
        steps.append(linked(row, "contacts", contacts))
    if addresses is not None:
        steps.append(addressed(row, addresses))
        strangers.take_up(row, by=by)
    return remember(by, *steps)


@transaction.atomic
def trash(record: Noun, *, by: User) -> UndoEntry:
    """To the Trash; its associations stay, so it comes back with them."""
    return remember(by, trashed(record))
