"""`manage.py rotate_keys`: encrypt whatever is ciphertext with the first of FERNET_KEYS (M39)."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import transaction

from crm.models.fields import EncryptedTextField


class Command(BaseCommand):
    help = "Re-encrypt with the newest key; the older keys can be dropped afterwards."

    def handle(self, *args: Any, **options: Any) -> None:
        for model in apps.get_models():
            fields = _encrypted(model)
            if not fields:
                continue
            rows = model._default_manager.values_list("pk", flat=True)
            count = sum(_rotate(model, pk, fields) for pk in rows)
            called = model._meta.verbose_name_plural
            self.stdout.write(f"{count} {called} are encrypted with the first key.")


def _encrypted(model: Any) -> list[str]:
    return [field.name for field in model._meta.fields if isinstance(field, EncryptedTextField)]


@transaction.atomic
def _rotate(model: Any, pk: Any, fields: list[str]) -> bool:
    row = model._default_manager.select_for_update().filter(pk=pk).first()
    if row:
        row.save(update_fields=fields)
    return row is not None
