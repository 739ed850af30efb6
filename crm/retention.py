"""What is erased for good when its time is over: one evaluator for every class (M28 to M34, M57).

A Rule says who is in a class and when the time of each is over; `expired` counts them for a dry
run, and `purge` erases exactly those, batch by batch. A batch, its count on the receipt and the
names of its files are one transaction, so an interruption loses nothing and leaves nothing over.
The rules of mail stand in `inbox.retention`; that of the Trash stands here.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import F, Min
from django.utils import timezone

from crm import hiding, traces
from crm.models import (
    Activity,
    Association,
    Attachment,
    Company,
    Contact,
    Deal,
    DoomedFile,
    Email,
    Hold,
    PurgeReceipt,
    Thread,
)
from crm.models.attachments import let_go
from crm.races import again

BATCH = 200
_logger = logging.getLogger(__name__)

Rows = models.QuerySet[Any]


class OnHold(Exception):
    """A legal hold forbids to erase it (M57)."""


@dataclass(frozen=True)
class Part:
    """Rows of one model: which are in the class at all, and the column their age is told by."""

    rows: Callable[[], Rows]
    since: str
    erase: Callable[[Sequence[int]], Collection[str]]  # returns the paths of the files it leaves


@dataclass(frozen=True)
class Rule:
    """A class of data: `name` on receipts, `number` of the rule, and what is erased of it."""

    name: str
    number: str
    cutoff: Callable[[datetime], datetime]
    parts: Sequence[Part]

    def oldest(self) -> datetime | None:
        """Since when the oldest of the class lies there."""
        each = (part.rows().aggregate(at=Min(part.since))["at"] for part in self.parts)
        return min((at for at in each if at), default=None)

    def count(self) -> int:
        return sum(part.rows().count() for part in self.parts)


def expired(rule: Rule, now: datetime) -> int:
    """How many a purge at `now` would erase."""
    cutoff = rule.cutoff(now)
    return sum(_expired(part, cutoff).count() for part in rule.parts)


def purge(rule: Rule, now: datetime) -> int:
    """Erase those whose time is over at `now`, files included; returns how many rows."""
    receipt = PurgeReceipt.objects.create(
        rule=rule.name, cutoff=rule.cutoff(now), started_at=timezone.now()
    )
    for part in rule.parts:
        while again(partial(_erase_some, part, receipt)):
            pass
    PurgeReceipt.objects.filter(pk=receipt.pk).update(finished_at=timezone.now())
    sweep()
    receipt.refresh_from_db()
    return receipt.count


def _expired(part: Part, cutoff: datetime) -> Rows:
    return part.rows().filter(**{f"{part.since}__lt": cutoff})


@transaction.atomic
def _erase_some(part: Part, receipt: PurgeReceipt) -> int:
    locked = _expired(part, receipt.cutoff).select_for_update(skip_locked=True, of=("self",))
    ids = [row.pk for row in locked.only("pk")[:BATCH]]
    if ids:
        doom(part.erase(ids))
        PurgeReceipt.objects.filter(pk=receipt.pk).update(count=F("count") + len(ids))
    return len(ids)


# --- the Trash ------------------------------------------------------------------------------------


def erase(row: Any) -> None:
    """Erase one row of the Trash now, its files included; one that is gone already stays gone.
    Raises OnHold."""
    sweep(again(partial(_erase_one, row)))


@transaction.atomic
def _erase_one(row: Any) -> Collection[str]:
    model = type(row)
    if not _locked(model, [row.pk]):
        return ()
    if is_held(row):
        raise OnHold
    paths = _erase(model, [row.pk])
    doom(paths)
    return paths


def _locked(model: Any, ids: Sequence[int]) -> list[int]:
    """Those that are there; what a look refers to them with waits, and finds them gone."""
    rows = model.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def standing_alone(row: Any) -> Rows:
    """What stands on this record and on no other: once that is erased nobody would find it."""
    here = Association.objects.filter(**{row.noun: row}).values("activity")
    others = Association.objects.filter(activity__in=here).exclude(**{row.noun: row})
    return Activity.objects.filter(pk__in=here).exclude(pk__in=others.values("activity"))


# Records that stand on another record: by which way, and which noun that is.
_BESIDE: dict[Any, dict[str, str]] = {
    Contact: {"deals": "deal"},
    Company: {"contacts": "contact", "deals": "deal"},
    Deal: {"contacts": "contact"},
}


def is_held(row: Any) -> bool:
    """Whether a hold forbids to erase this record or engagement."""
    return not _not_held(type(row)).filter(pk=row.pk).exists()


def _not_held(model: Any) -> Rows:
    """Neither held itself nor part of what is: of the record that is held, or of its timeline."""
    rows: Rows = model.objects.all()
    if model is Activity:
        return rows.exclude(pk__in=Hold.objects.activities())
    noun = model._meta.model_name
    beside = Association.objects.filter(activity__in=Hold.objects.activities())
    rows = rows.exclude(pk__in=beside.exclude(**{noun: None}).values(noun))
    for path, other in _BESIDE.get(model, {}).items():
        rows = rows.exclude(**{f"{path}__in": Hold.objects.records(other)})
    return rows.exclude(pk__in=Hold.objects.records(noun))


def _in_trash(model: Any) -> Rows:
    return _not_held(model).exclude(deleted_at=None)


def _erase(model: Any, ids: Sequence[int]) -> set[str]:
    """Delete the rows, and what tells of them; returns the paths of the files that were theirs."""
    paths: set[str] = set()
    threads: list[int] = []
    if model is Contact:
        hiding.keep_hidden(ids)
    if model is Activity:
        _locked(Email, ids)
        paths = set(Attachment.objects.filter(activity__in=ids).values_list("path", flat=True))
        threads = list(Thread.objects.filter(emails__in=ids).values_list("pk", flat=True))
    model.objects.filter(pk__in=ids).delete()
    empty = list(Thread.objects.filter(pk__in=threads, emails=None).values_list("pk", flat=True))
    Thread.objects.filter(pk__in=empty).delete()
    traces.forget(model, ids)
    traces.forget(Thread, empty)
    return paths - {""}


def _trash_cutoff(now: datetime) -> datetime:
    return now - timedelta(days=settings.RETENTION_TRASH_DAYS)


TRASH = Rule(
    name="trash",
    number="M32",
    cutoff=_trash_cutoff,
    parts=[
        Part(partial(_in_trash, model), "deleted_at", partial(_erase, model))
        for model in (Activity, Deal, Contact, Company)
    ],
)


# --- files: equal ones of several e-mails are one (its name is its content) -----------------------


def doom(paths: Iterable[str]) -> None:
    """Files that no row names any more are to go, at the next sweep."""
    rows = [DoomedFile(path=path) for path in paths]
    DoomedFile.objects.bulk_create(rows, ignore_conflicts=True)


def sweep(paths: Collection[str] | None = None) -> None:
    """Delete the files that are to go, these or all, unless a row names them again by now. One
    that the storage does not let go stays to be deleted, and keeps nothing else from going."""
    doomed = (
        DoomedFile.objects.all() if paths is None else DoomedFile.objects.filter(path__in=paths)
    )
    for path in list(doomed.values_list("path", flat=True)):
        try:
            _delete_file(path)
        except OSError as why:
            _logger.error("a file is not deleted yet", extra={"error_code": type(why).__name__})


@transaction.atomic
def _delete_file(path: str) -> None:
    taken, _by_model = DoomedFile.objects.filter(path=path).delete()
    if taken and let_go(path):
        default_storage.delete(path)
