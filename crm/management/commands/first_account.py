"""`first_account URL`: the one-time link that makes the first account."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from crm.accounts import setup_url


class Command(BaseCommand):
    help = "Prints the one-time link that makes the first account; nothing once there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "base_url", help="where people reach Musubi, e.g. https://crm.example.org"
        )

    def handle(self, *args: Any, base_url: str, **options: Any) -> None:
        if url := setup_url(base_url):
            self.stdout.write(f"Create the first account: {url}")
