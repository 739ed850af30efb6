"""`manage.py doctor`: what is wrong with this installation, and what to change (M59)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from inbox.diagnosis import doctor

MARKS = {"ok": "ok     ", "warning": "warning", "wrong": "WRONG  "}


class Command(BaseCommand):
    requires_system_checks = ()  # they read every page; `migrate` makes them
    help = "Look at clocks, keys, storage, parts, mailboxes, DNS and certificates."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--offline", action="store_true", help="ask no mail server")

    def handle(self, *args: Any, offline: bool, **options: Any) -> None:
        wrong = 0
        for found in doctor.findings(timezone.now(), ask_servers=not offline):
            wrong += found.state == "wrong"
            self.stdout.write(f"{MARKS[found.state]}  {found.about}: {found.said}")
            if found.change:
                self.stdout.write(f"         → {found.change}")
        if wrong:
            raise CommandError(f"{wrong} to be put right.", returncode=1)
