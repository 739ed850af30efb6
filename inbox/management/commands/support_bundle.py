"""`manage.py support_bundle`: versions, states, timings, counts as JSON; no content (M59)."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from inbox.diagnosis import bundle


class Command(BaseCommand):
    requires_system_checks = ()  # they read every page; `migrate` makes them
    help = "Print what helps to find a fault. No address, name, host or text is in it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--ask-servers", action="store_true", help="with their capabilities")

    def handle(self, *args: Any, ask_servers: bool, **options: Any) -> None:
        told = bundle.made(timezone.now(), ask_servers=ask_servers)
        self.stdout.write(json.dumps(told, indent=1, default=str))
