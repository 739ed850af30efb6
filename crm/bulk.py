"""What is done to many records at once, each with one way back for all of them."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from crm import undo
from crm.models import UndoEntry, User

MOST = 10_000  # records in one go


@transaction.atomic
def assign(model: Any, pks: Sequence[int], owner: User | None, *, by: User) -> UndoEntry:
    return undo.remember(by, *undo.changed_all(model, pks, owner=owner))


@transaction.atomic
def trash(model: Any, pks: Sequence[int], *, by: User) -> UndoEntry:
    return undo.remember(by, *undo.trashed_all(model, pks))
