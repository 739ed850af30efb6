"""A tick that was taken late finds the row as it is then."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from crm.models import PurgeReceipt, User
from inbox import tasks
from inbox.models import Mailbox
from inbox.retention import RULES
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


@pytest.mark.rule("M34")
def test_a_class_that_cannot_be_purged_keeps_the_others_from_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away() -> QuerySet[Any]:
        raise IntegrityError("a look has put something beside it meanwhile")

    first, *others = RULES
    broken = replace(first, parts=[replace(first.parts[0], rows=away)])
    monkeypatch.setattr(tasks, "RULES", (broken, *others))
    tasks.purge()
    ended = PurgeReceipt.objects.exclude(finished_at=None).values_list("rule", flat=True)
    assert set(ended) == {rule.name for rule in others}
