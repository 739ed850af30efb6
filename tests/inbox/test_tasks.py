"""A tick that was taken late finds the row as it is then."""

import pytest

from crm.models import User
from inbox import tasks
from inbox.models import Mailbox
from tests.factories import make_mailbox
from tests.servers.imap_script import ImapScript

pytestmark = pytest.mark.django_db


def test_ticks_that_piled_up_look_once_and_do_not_lock_an_account(hana: User) -> None:
    """F19, F21: each further login with a refused password brings the lock nearer."""
    refused = {"LOGIN": [b"%tag NO [AUTHENTICATIONFAILED] no\r\n"]}
    with ImapScript(refused) as server:
        make_mailbox(hana, imap_host="localhost", imap_port=server.port, imap_security="none")
        pk = Mailbox.objects.get().pk
        for _ in range(5):
            tasks.look(pk)
        assert sum(b"LOGIN" in command for command in server.commands()) == 1


def test_ticks_that_piled_up_look_at_a_mailbox_once(hana: User) -> None:
    with ImapScript() as server:
        make_mailbox(hana, imap_host="localhost", imap_port=server.port, imap_security="none")
        pk = Mailbox.objects.get().pk
        for _ in range(5):
            tasks.look(pk)
        assert sum(b"LOGIN" in command for command in server.commands()) == 1
