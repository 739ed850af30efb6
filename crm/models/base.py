"""What every noun of the CRM shares: times, and the soft delete (M32)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone


class Timestamped(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def change(self, **values: Any) -> None:
        """Set and save just these columns, so that two writers never undo one another."""
        for name, value in values.items():
            setattr(self, name, value)
        fields: Iterable[str] = [*values, "updated_at"]
        self.save(update_fields=fields)


class TrashableQuerySet(models.QuerySet[Any]):
    def kept(self) -> Self:
        return self.filter(deleted_at=None)

    def trashed(self) -> Self:
        return self.exclude(deleted_at=None)


class Trashable(models.Model):
    """A row that goes to the Trash first and is erased for good after RETENTION_TRASH_DAYS."""

    deleted_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        abstract = True

    def trash(self) -> None:
        self.deleted_at = timezone.now()
        self.save(update_fields=["deleted_at"])

    def restore(self) -> None:
        self.deleted_at = None
        self.save(update_fields=["deleted_at"])

    @property
    def erased_on(self) -> datetime | None:
        """When it will be gone for good; None while it is not in the Trash."""
        if self.deleted_at is None:
            return None
        return self.deleted_at + timedelta(days=settings.RETENTION_TRASH_DAYS)
