"""`manage.py rotate_keys`: encrypt whatever is ciphertext with the first of FERNET_KEYS (M39).

It also says what hangs on the older of MESSAGE_ID_KEYS, which cannot be made anew.
"""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import transaction

from crm import second_factor
from crm.models.fields import EncryptedTextField
from inbox.diagnosis import hashes


class Command(BaseCommand):
    requires_system_checks = ()  # they read every page; `migrate` makes them
    help = "Re-encrypt with the newest key; the older FERNET_KEYS can be dropped afterwards."

    def handle(self, *args: Any, **options: Any) -> None:
        for model in apps.get_models():
            fields = _encrypted(model)
            if not fields:
                continue
            rows = model._default_manager.values_list("pk", flat=True)
            count = sum(_rotate(model, pk, fields) for pk in rows)
            called = model._meta.verbose_name_plural
            self.stdout.write(f"{count} {called} are encrypted with the first key.")
        count = second_factor.rotate()
        self.stdout.write(f"{count} rows of second factors are encrypted with the first key.")
        found = hashes.hanging()
        for numbers, words in (
            (found.on_old, "hang on the older MESSAGE_ID_KEYS: keep those keys."),
            (found.unknown, "hang on one of MESSAGE_ID_KEYS, not known which: keep all of them."),
            (found.on_none, "hang on a key that MESSAGE_ID_KEYS does not have: put it back."),
        ):
            if numbers:
                self.stdout.write(f"{hashes.in_words(numbers)} {words}")


def _encrypted(model: Any) -> list[str]:
    return [field.name for field in model._meta.fields if isinstance(field, EncryptedTextField)]


@transaction.atomic
def _rotate(model: Any, pk: Any, fields: list[str]) -> bool:
    row = model._default_manager.select_for_update().filter(pk=pk).first()
    if row:
        row.save(update_fields=fields)
    return row is not None
