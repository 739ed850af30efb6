"""`manage.py sync_mailbox EMAIL`: one pass over one mailbox in the foreground, as JSON."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inbox.connect.advice import advice_for_fault
from inbox.models import Mailbox
from inbox.sync import engine
from inbox.sync.visit import LeaseLost
from inbox.wire.faults import Fault


class Command(BaseCommand):
    requires_system_checks = ()  # they read every page; `migrate` makes them
    help = "Look at one mailbox now and print what was read and logged."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        mailbox = Mailbox.objects.select_related("owner").filter(email__iexact=email).first()
        if mailbox is None:
            raise CommandError(f"No mailbox {email} is connected.", returncode=2)
        try:
            receipt = engine.look(mailbox, force=True)
        except Fault as fault:
            said = f"{fault.server_said} " if fault.server_said else ""
            message = f"{email} could not be looked at: {said}{advice_for_fault(mailbox, fault)}"
            raise CommandError(message.strip(), returncode=2) from None
        except LeaseLost:
            message = f"Somebody else began to look at {email} meanwhile. Try again."
            raise CommandError(message, returncode=2) from None
        assert receipt is not None  # the lease was taken by force
        self.stdout.write(json.dumps(asdict(receipt)))
