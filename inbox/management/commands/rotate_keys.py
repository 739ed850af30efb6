"""`manage.py rotate_keys`: encrypt every credential with the first of FERNET_KEYS (M39)."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from inbox.models import Credential


class Command(BaseCommand):
    help = "Re-encrypt credentials with the newest key; the older keys can be dropped afterwards."

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for pk in Credential.objects.values_list("pk", flat=True):
            with transaction.atomic():
                row = Credential.objects.select_for_update().filter(pk=pk).first()
                if row:
                    row.save(update_fields=["password", "updated_at"])
                    count += 1
        self.stdout.write(f"{count} credentials are encrypted with the first key.")
