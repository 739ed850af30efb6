"""`manage.py watch_mailboxes`: the push watcher, until it is stopped (M60)."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from inbox.sync.watcher import Watcher


class Command(BaseCommand):
    requires_system_checks = ()  # they read every page; `migrate` makes them
    help = "Hold IDLE sessions to the connected mailboxes and look as soon as a server speaks."

    def handle(self, *args: Any, **options: Any) -> None:
        watcher = Watcher()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: watcher.stop.set())
        watcher.run()
