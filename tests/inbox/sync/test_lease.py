"""The lease of a look (M10): who lost it writes nothing; it is held as long as the look goes on."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from crm.models import Contact, User
from inbox.models import Folder, Mailbox, Reading
from inbox.models.mailboxes import LEASE
from inbox.sync import engine
from inbox.sync.visit import LeaseLost
from inbox.wire.faults import Fault
from tests.factories import make_email, scripted_mailbox
from tests.servers.imap_script import ImapScript
from tests.servers.script import Answers, Close, Pause

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live]


@contextmanager
def looking(mailbox: Mailbox) -> Iterator[list[BaseException]]:
    """A look in another thread; what it raises is in the list afterwards."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            engine.look(Mailbox.objects.get(pk=mailbox.pk), force=True)
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield raised
    finally:
        thread.join(20)


def await_command(server: ImapScript, word: bytes) -> None:
    until = time.monotonic() + 10
    while not any(word in command for command in server.commands()):
        assert time.monotonic() < until
        time.sleep(0.01)


SLOW_END: Answers = {"EXAMINE": [Pause(0.5), Close()]}


def test_who_lost_the_lease_says_nothing_about_the_mailbox(hana: User) -> None:
    """F34: a successor may have found out better."""
    with ImapScript(SLOW_END) as server:
        mailbox = scripted_mailbox(hana, server)
        with looking(mailbox) as raised:
            await_command(server, b"EXAMINE")
            assert mailbox.claim(timezone.now(), force=True)
    assert isinstance(raised[0], Fault)
    mailbox.refresh_from_db()
    assert (mailbox.state, mailbox.failures) == ("connected", 0)


@pytest.mark.parametrize("answers", [SLOW_END, {"EXAMINE": [Pause(0.5), b"%tag OK\r\n"]}])
def test_a_mailbox_deleted_meanwhile_ends_the_look(hana: User, answers: Answers) -> None:
    """F47."""
    with ImapScript(answers) as server:
        mailbox = scripted_mailbox(hana, server)
        with looking(mailbox) as raised:
            await_command(server, b"EXAMINE")
            mailbox.delete()
    assert all(isinstance(error, Fault | LeaseLost) for error in raised)
    assert Mailbox.objects.count() == Folder.objects.count() == Reading.objects.count() == 0


def test_the_lease_is_held_while_a_slow_server_brings_a_large_message(
    hana: User, aoki: Contact
) -> None:
    known = make_email(aoki, message_id="known@customer.test")
    header = f"From: {aoki.email}\r\nMessage-ID: <r@x>\r\nIn-Reply-To: <{known.message_id}>\r\n\r\n"
    first = f"* 1 FETCH (UID 9 RFC822.SIZE 9000000 BODY[HEADER.FIELDS (FROM)] {{{len(header)}}}\r\n"
    answers: Answers = {
        "UID SEARCH": [b"* SEARCH 9\r\n%tag OK\r\n"],
        "UID FETCH": [
            [f"{first}{header})\r\n%tag OK\r\n".encode()],
            [Pause(0.5), Close()],
        ],
    }
    with ImapScript(answers) as server:
        mailbox = scripted_mailbox(hana, server)
        mailbox.folders.update(uidvalidity=7, next_uid=9)
        with looking(mailbox):
            await_command(server, b"BODY.PEEK[])")
            assert mailbox.claim(timezone.now() + LEASE + timedelta(minutes=5)) is None
