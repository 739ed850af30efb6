"""`manage.py replay_quarantine`: try again what could not be read, after an upgrade (M47)."""

from typing import Any

from django.core.management.base import BaseCommand

from inbox.models import Quarantined
from inbox.sync import quarantine


class Command(BaseCommand):
    help = "Try again to read and log the messages in quarantine."

    def handle(self, *args: Any, **options: Any) -> None:
        logged, left = quarantine.replay_all(Quarantined.objects.all())
        self.stdout.write(f"{logged} left the quarantine, {left} stay.")
