"""What of an erased row lies elsewhere: notifications of it, and steps of Undo, which hold what it
was (M32, M36). No row here refers to it by the database, so none goes by itself."""

from collections.abc import Collection, Iterable
from typing import Any

from crm.models import Activity, Contact, Notice, Thread, UndoEntry

NAMED: dict[Any, str] = {Activity: "email", Contact: "contact", Thread: "thread"}  # in a notice
DETAILS = [f"crm.{kind}" for kind in Activity.Kind.values]  # they have the key of their activity


def forget(model: Any, pks: Collection[int]) -> None:
    """A row that is erased is told of no more, and cannot be changed back."""
    if model in NAMED:
        Notice.objects.filter(**{f"values__{NAMED[model]}__in": list(pks)}).delete()
    labels = {model._meta.label_lower, *(DETAILS if model is Activity else ())}
    entries = UndoEntry.objects.values_list("pk", "steps").iterator(chunk_size=500)
    gone = {*pks}
    theirs = [pk for pk, steps in entries if any(_of(step, labels) & gone for step in steps)]
    UndoEntry.objects.filter(pk__in=theirs).delete()


def _of(step: dict[str, Any], labels: Collection[str]) -> set[int]:
    """The rows of those models that a step of `crm.undo` names."""
    if step.get("model") not in labels:
        return set()
    before = step.get("before") if step["do"] == "set_all" else ()
    batches: Iterable[list[int]] = (pks for _value, pks in before or ())
    return {*step.get("pks", ()), *(pk for pks in batches for pk in pks), step.get("pk", 0)}
