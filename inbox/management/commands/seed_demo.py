"""`manage.py seed_demo`: fill an empty database with believable data."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inbox.demo.cast import HANA
from inbox.demo.story import NotEmpty, seed


class Command(BaseCommand):
    help = "Fills an empty database with believable data; the same seed gives the same data."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--contacts", type=int, default=60)
        parser.add_argument("--emails", type=int, default=240)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        password = secrets.token_urlsafe(9)
        wanted = {name: options[name] for name in ("contacts", "emails", "seed")}
        if wanted["contacts"] < 2 or wanted["emails"] < 0:
            raise CommandError("At least 2 contacts, and no fewer than 0 e-mails.", returncode=2)
        try:
            seed(**wanted, password=password)
        except NotEmpty as why:
            raise CommandError(str(why), returncode=2) from None
        self.stdout.write(f"Sign in as {HANA} with the password {password}")
