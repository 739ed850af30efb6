"""What is erased for good when its time is over: the Trash after 90 days (M32)."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction

from crm.models import Activity, Attachment, Company, Contact, Deal, Thread

BATCH = 200


def erase_trash(now: datetime) -> int:
    """Erase what has lain in the Trash long enough, files included; returns how many rows.

    Batch by batch, each in its own transaction, so an interruption loses nothing done.
    """
    cutoff = now - timedelta(days=settings.RETENTION_TRASH_DAYS)
    return sum(_erase_all(model, cutoff) for model in (Activity, Deal, Contact, Company))


def erase(row: Any) -> None:
    """Erase one row of the Trash now, its files included."""
    _delete_unused(_erase(type(row), [row.pk]))


def _erase_all(model: Any, cutoff: datetime) -> int:
    count = 0
    expired = model.objects.filter(deleted_at__lt=cutoff)
    while ids := list(expired.values_list("pk", flat=True)[:BATCH]):
        paths = _erase(model, ids)
        _delete_unused(paths)
        count += len(ids)
    return count


@transaction.atomic
def _erase(model: Any, ids: list[int]) -> set[str]:
    """Delete the rows; returns the paths of the files that were theirs."""
    paths: set[str] = set()
    if model is Activity:
        paths = set(Attachment.objects.filter(activity__in=ids).values_list("path", flat=True))
        threads = list(Thread.objects.filter(emails__in=ids).values_list("pk", flat=True))
    model.objects.filter(pk__in=ids).delete()
    if model is Activity:
        Thread.objects.filter(pk__in=threads, emails=None).delete()
    return paths - {""}


def _delete_unused(paths: set[str]) -> None:
    """Equal files of several e-mails are one file (its name is its content)."""
    used = set(Attachment.objects.filter(path__in=paths).values_list("path", flat=True))
    for path in paths - used:
        default_storage.delete(path)
