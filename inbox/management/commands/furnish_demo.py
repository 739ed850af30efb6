"""`manage.py furnish_demo FILE`: what `script/server --demo` does before it starts, each time."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Value
from django.db.models.functions import Replace

from crm.models import Email, User
from inbox.connect.joining import NotConnected
from inbox.demo.cast import HANA, HOST, KEN
from inbox.demo.joining import Servers, join
from inbox.demo.letters_en import PICTURES
from inbox.demo.story import NotEmpty, seed


class Command(BaseCommand):
    requires_system_checks = ()  # they read every page; `migrate` makes them
    help = "Fills the demo's database where it is empty, and connects the demo's mailboxes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the demo.json of its folder")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        kept = json.loads(file.read_text())
        try:
            if not User.objects.filter(email=HANA).exists():
                seed(contacts=60, emails=240, seed=1, password=kept["password"])
                self._place_pictures(f"https://{HOST}:{kept['pictures_port']}")
            self._let_in(kept["password"])
            join(Servers(HOST, kept["imap_port"], kept["smtp_port"], kept["mail_password"]))
        except NotEmpty as why:
            raise CommandError(str(why), returncode=2) from None
        except NotConnected as why:
            said = f"{why.failed.name}: {why.failed.server_said} {why.failed.advice}"
            raise CommandError(f"The demo's mailboxes cannot be connected: {said}") from None

    def _place_pictures(self, server: str) -> None:
        """A letter's pictures lie on a server of the demo's, so that they can be shown."""
        moved = Replace("html", Value(PICTURES), Value(server))
        Email.objects.filter(html__contains=PICTURES).update(html=moved)

    def _let_in(self, password: str) -> None:
        """The password that is printed is the one that is asked for."""
        for user in User.objects.filter(email__in=(HANA, KEN)):
            if not user.check_password(password):
                user.set_password(password)
                user.save(update_fields=["password"])
