"""`manage.py purge_expired`: apply the rules of retention and print the counts as JSON (M34)."""

import json
from argparse import ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from crm import retention
from inbox.retention import RULES

FIRST, LAST = 1970, 9000  # years that can be counted back from, and with an offset


class Command(BaseCommand):
    help = "Erase what has had its time (M28 to M32), and print how much of each class it was."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")
        parser.add_argument("--now", type=_moment, help="as if it were then (ISO 8601)")

    def handle(self, *args: Any, dry_run: bool, now: datetime | None, **options: Any) -> None:
        run = retention.expired if dry_run else retention.purge
        counts = {rule.name: run(rule, now or timezone.now()) for rule in RULES}
        self.stdout.write(json.dumps(counts))


def _moment(text: str) -> datetime:
    """Without an offset it is a time of the organisation (TIME_ZONE)."""
    try:
        moment = parse_datetime(text)
    except ValueError:  # well formed, but no day there is
        moment = None
    if moment is None or not FIRST <= moment.year < LAST:
        raise ArgumentTypeError(f"{text} is no time: write it as 2026-03-01T00:00:00+09:00.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
