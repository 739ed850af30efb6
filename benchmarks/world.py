"""What the programs measure in: the tests' Dovecot, a database of its own, mailboxes by size."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction

from benchmarks import letters
from crm.models import User
from inbox.models import Mailbox, MessageId
from tests.factories import make_contact, make_email, make_mailbox, make_user
from tests.servers.dovecot import Dovecot

FAR_BACK = 36_500  # days


@dataclass
class World:
    """`size` is how many messages the big folder has; `rounds`, how often each thing is timed."""

    dovecot: Dovecot
    owner: User
    size: int
    rounds: int

    def user(self, name: str) -> str:
        return f"{name}@example.test"

    def mailbox(self, name: str, *, port: int = 0, since_days: int = FAR_BACK) -> Mailbox:
        """As it is when it was connected just now: nothing of it was looked at."""
        email = self.user(name)
        Mailbox.objects.filter(email=email).delete()
        return make_mailbox(
            self.owner,
            email=email,
            imap_host="localhost",
            imap_port=port or self.dovecot.imap,
            imap_security=Mailbox.Security.NONE,
            since_days=since_days,
        )

    def fill(self, name: str, size: int) -> None:
        mails = letters.letters(size)
        letters.fill(self.dovecot.imap, self.user(name), "INBOX", mails, size)

    def know(self, ids: int) -> None:
        """Let the CRM hold so many ids."""
        first = MessageId.objects.count()
        rows = [(letters.other_id(number), MessageId.Origin.SEEN) for number in range(first, ids)]
        with transaction.atomic(), connection.cursor() as cursor:
            sql = "INSERT INTO inbox_messageid (value, origin) VALUES (%s, %s)"
            cursor.executemany(sql, rows)


@contextmanager
def world(size: int, rounds: int) -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="musubi-bench-"))
    server = Dovecot()
    try:
        server.start(folder)
        call_command("migrate", verbosity=0)
        customer = make_contact("customer@customer.test")
        for number in range(letters.KNOWN):
            make_email(customer, message_id=f"<{letters.known_id(number)}>")
        yield World(server, make_user("Owner"), size, rounds)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
