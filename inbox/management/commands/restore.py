"""`manage.py restore FOLDER`: a backup into an empty database and an empty MEDIA_ROOT."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm import backup, integrity
from inbox.integrity import QUESTIONS


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Restore with everything else stopped, then check that it holds together."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            backup.read(folder)
        except backup.NotRestorable as why:
            raise CommandError(str(why), returncode=2) from None
        except subprocess.CalledProcessError as why:
            raise CommandError(f"{why.cmd[0]} failed (see above).", returncode=2) from None
        found = integrity.check(QUESTIONS)
        self.stdout.write(json.dumps({"well": found.well, **asdict(found)}))
        if not found.well:
            sys.exit(1)
