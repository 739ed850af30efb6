"""`manage.py backup FOLDER`: the database and all files into a folder, and its manifest."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from crm import backup


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Back up while everything runs. The keys in .env are not in it: keep them elsewhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="a new one, or that of an older backup")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        manifest = backup.write(folder)
        rows = sum(manifest["rows"].values())
        self.stdout.write(json.dumps({"rows": rows, "files": manifest["files"]}))
