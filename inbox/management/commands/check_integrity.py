"""`manage.py check_integrity`: does what is stored hold together? JSON, and exit code 1 if not."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from crm import integrity
from inbox.integrity import QUESTIONS


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Read every file, secret and row, and print what is missing, damaged or contradictory."

    def handle(self, *args: Any, **options: Any) -> None:
        found = integrity.check(QUESTIONS)
        self.stdout.write(json.dumps({"well": found.well, **asdict(found)}))
        if not found.well:
            sys.exit(1)
