"""`manage.py rotate_keys`: encrypt what is ciphertext with the first of FERNET_KEYS (M39)."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from inbox.models import Credential, HeaderBlock, RawCopy

ENCRYPTED: tuple[tuple[Any, list[str], str], ...] = (
    (Credential, ["password", "updated_at"], "credentials"),
    (HeaderBlock, ["text"], "header blocks"),
    (RawCopy, ["text"], "raw copies"),
)


class Command(BaseCommand):
    help = "Re-encrypt with the newest key; the older keys can be dropped afterwards."

    def handle(self, *args: Any, **options: Any) -> None:
        for model, fields, called in ENCRYPTED:
            count = sum(
                _rotate(model, pk, fields) for pk in model.objects.values_list("pk", flat=True)
            )
            self.stdout.write(f"{count} {called} are encrypted with the first key.")


@transaction.atomic
def _rotate(model: Any, pk: int, fields: list[str]) -> bool:
    row = model.objects.select_for_update().filter(pk=pk).first()
    if row:
        row.save(update_fields=fields)
    return row is not None
