"""Undo: what an action changed, remembered as steps that take it back (docs/house.md, Undo).

set      {model, pk, before, after}   columns go back, those that nobody has changed since
restore  {model, pk}                  out of the Trash
trash    {model, pk}                  what was made goes to the Trash
links    {model, pk, field, before}   a many-to-many holds again what it held
addresses {model, pk, before}         a contact has again the addresses it had
conversation {from, to, rows}         e-mails go back to the thread they came from

and of many rows at once, by the batch:
set_all      {model, column, after, before: [[value, pks], …]}
restore_all  {model, pks}
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone

from crm import conversations, strangers
from crm.models import Activity, AddressTaken, Contact, Email, Thread, UndoEntry, User
from crm.timeline import touch

Step = dict[str, Any]
BATCH = 500  # rows in one query


class Erased(Exception):
    """What a row belonged to before is gone for good."""


class _Exact(DjangoJSONEncoder):
    """Times to the microsecond: Django's own encoder cuts them to milliseconds."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


def changed(row: models.Model, **values: Any) -> Step:
    """Set columns of `row` and return the step that sets them back."""
    before = {name: getattr(row, _column(row, name)) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    _save(row, values)
    row.refresh_from_db(fields=list(values))  # 48000 is 48000.00 by now
    after = {name: getattr(row, _column(row, name)) for name in values}
    _count(type(row), [row.pk])
    return {"do": "set", **_named(row), "before": before, "after": after}


def trashed(row: Any) -> Step:
    """Move `row` to the Trash and return the step that brings it back."""
    row.trash()
    return {"do": "restore", **_named(row)}


def made(row: models.Model) -> Step:
    """The step that takes back the making of `row`."""
    return {"do": "trash", **_named(row)}


def linked(row: models.Model, field: str, others: Iterable[models.Model]) -> Step:
    """Set a many-to-many of `row` and return the step that sets it back."""
    manager = getattr(row, field)
    before = list(manager.values_list("pk", flat=True))
    manager.set(others)
    return {"do": "links", **_named(row), "field": field, "before": before}


def changed_all(model: Any, pks: Sequence[int], **values: Any) -> list[Step]:
    """Set columns of many rows, a few queries for each batch, and return the steps back."""
    steps = []
    for batch in _batches(pks):
        rows = model._default_manager.select_for_update().filter(pk__in=batch)
        for name, value in values.items():
            column = model._meta.get_field(name).attname
            before: dict[Any, list[int]] = {}
            for pk, old in rows.values_list("pk", column):
                before.setdefault(old, []).append(pk)
            after = getattr(value, "pk", value)
            rows.update(**{column: after}, **_stamp(model))
            what = {"model": model._meta.label_lower, "column": column}
            steps.append({"do": "set_all", **what, "after": after, "before": [*before.items()]})
        _count(model, batch)
    return steps


def trashed_all(model: Any, pks: Sequence[int]) -> list[Step]:
    """Move many records to the Trash and return the steps that bring them back."""
    steps = []
    for batch in _batches(pks):
        model._default_manager.filter(pk__in=batch).trash()
        steps.append({"do": "restore_all", "model": model._meta.label_lower, "pks": batch})
    return steps


def _batches(pks: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(pks), BATCH):
        yield [*pks[start : start + BATCH]]


def addressed(contact: Contact, rows: list[tuple[str, str]]) -> Step:
    """Set the addresses of `contact` and return the step that sets them back; may be refused
    with AddressTaken."""
    before = [(row.address, row.label) for row in contact.addresses.all()]
    contact.set_addresses(rows)
    return {"do": "addresses", **_named(contact), "before": before}


def remember(by: User, *steps: Step) -> UndoEntry:
    return UndoEntry.objects.create(by=by, steps=_plain(steps))


@transaction.atomic
def undo(entry: UndoEntry) -> bool:
    """Take the action back, once. False where it was taken back already, or no longer can be."""
    now = timezone.now()
    unused = UndoEntry.objects.filter(pk=entry.pk, used_at=None, expires_at__gt=now)
    if unused.update(used_at=now) != 1:
        return False
    try:
        with transaction.atomic():
            for step in reversed(entry.steps):
                _take_back(step)
            strangers.take_up_what_came(_returned(entry), since=entry.made_at, by=entry.by)
    except (AddressTaken, Erased):  # a contact stays in the Trash, whose page says what can be done
        return False
    return True


def _returned(entry: UndoEntry) -> set[int]:
    """The contacts that are back from the Trash, or have an address back."""
    contact = Contact._meta.label_lower
    theirs = [step for step in entry.steps if step.get("model") == contact]
    one = {step["pk"] for step in theirs if step["do"] in ("restore", "addresses")}
    return one.union(*(step["pks"] for step in theirs if step["do"] == "restore_all"))


def _take_back(step: Step) -> None:
    if step["do"] == "conversation":
        conversations.put_back(step)
        return
    model: Any = apps.get_model(step["model"])
    if step["do"] == "set_all":
        _set_all_back(model, step)
    elif step["do"] == "restore_all":
        model._default_manager.filter(pk__in=step["pks"]).restore()
    else:
        _take_one_back(model, step)


def _take_one_back(model: Any, step: Step) -> None:
    row: Any = model._default_manager.select_for_update().filter(pk=step["pk"]).first()
    if row is None:
        return  # erased meanwhile
    match step["do"]:
        case "set":
            _set_back(row, step)
        case "restore":
            row.restore()
        case "trash":
            row.trash()
        case "links":
            others = model._meta.get_field(step["field"]).related_model._default_manager
            getattr(row, step["field"]).set(others.filter(pk__in=step["before"]))
        case "addresses":
            row.set_addresses([(address, label) for address, label in step["before"]])
    if isinstance(row, Activity):
        touch(row)
    _count(model, [row.pk])


def _count(model: Any, pks: Sequence[int]) -> None:
    """Whose turn it is hangs on what is settled, snoozed and assigned (crm/lib/turns.py)."""
    if model is Email:
        Thread.objects.filter(emails__in=pks).recount()
    elif model is Thread:
        Thread.objects.filter(pk__in=pks).recount()


def _set_all_back(model: Any, step: Step) -> None:
    """Those that nobody has changed since; a query for each value that they had."""
    column = step["column"]
    for before, pks in step["before"]:
        _refuse_erased(model._meta.get_field(column), before)
        rows = model._default_manager.filter(pk__in=pks, **{column: step["after"]})
        rows.update(**{column: before}, **_stamp(model))
        _count(model, pks)


def _set_back(row: Any, step: Step) -> None:
    names = []
    for name, before in step["before"].items():
        field, column = row._meta.get_field(name), _column(row, name)
        if _plain(getattr(row, column)) == step["after"][name]:
            _refuse_erased(field, before)
            setattr(row, column, before if field.is_relation else field.to_python(before))
            names.append(name)
    _save(row, names)


def _refuse_erased(field: Any, before: Any) -> None:
    if not field.is_relation or before is None:
        return
    if not field.related_model._default_manager.filter(pk=before).exists():
        raise Erased


def _save(row: models.Model, names: Iterable[str]) -> None:
    stamped = ["updated_at"] if hasattr(row, "updated_at") else []
    row.save(update_fields=[*names, *stamped])


def _stamp(model: Any) -> dict[str, datetime]:
    stamped = any(field.name == "updated_at" for field in model._meta.fields)
    return {"updated_at": timezone.now()} if stamped else {}


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, cls=_Exact))


def _named(row: models.Model) -> Step:
    return {"model": row._meta.label_lower, "pk": row.pk}


def _column(row: models.Model, name: str) -> str:
    return str(row._meta.get_field(name).attname)  # type: ignore[union-attr]
