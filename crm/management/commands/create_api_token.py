"""`manage.py create_api_token EMAIL`: print one token, and nothing else."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.models import ApiToken, User


class Command(BaseCommand):
    requires_system_checks = ()  # they read every page; `migrate` makes them
    help = "Make an API token for a user. It is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
        if user is None:
            raise CommandError(f"There is no user {email}.", returncode=2)
        self.stdout.write(ApiToken.issue(user))
