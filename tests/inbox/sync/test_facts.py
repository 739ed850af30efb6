"""Whom a never-log list is asked about: everybody whom the header names, wherever (M11)."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from crm.models import Contact, Email, User
from inbox.models import HeadersRead, Mailbox, NeverLog, Reading
from tests.factories import connect_mailbox
from tests.inbox.letters import letter, reply_to
from tests.inbox.sync.test_engine import look, send
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.rule("M11")]
LEA = "lea@bank.example"


@pytest.fixture
def mailbox(hana: User, trusted: Dovecot, mail_user: Callable[..., str]) -> Mailbox:
    return connect_mailbox(hana, trusted, mail_user("hana"))


@pytest.fixture
def sent(mailbox: Mailbox, aoki: Contact, relay: Relay) -> Email:
    return send(mailbox, aoki)


def test_who_got_a_blind_copy_of_what_lies_in_sent_counts(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    NeverLog.objects.create(entry="bank.example")
    own = reply_to(sent, sender=mailbox.email, to=aoki.email, Bcc=LEA)
    dovecot.append(mailbox.email, "Sent", own.as_bytes())
    look(mailbox)
    assert HeadersRead.objects.get(mailbox=mailbox).never_log == 1
    assert not Reading.objects.exists()


@pytest.mark.parametrize("field", ["From", "Sender"])
def test_who_wrote_with_somebody_or_for_somebody_counts(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, field: str
) -> None:
    NeverLog.objects.create(entry=LEA)
    theirs = reply_to(sent, sender=aoki.email, to=mailbox.email)
    del theirs[field]
    theirs[field] = f"{aoki.email}, {LEA}" if field == "From" else LEA
    dovecot.deliver(mailbox.email, theirs.as_bytes())
    look(mailbox)
    assert HeadersRead.objects.get(mailbox=mailbox).never_log == 1
    assert not Reading.objects.exists()


@pytest.mark.rule("M12")
def test_who_got_a_blind_copy_is_among_known_contacts(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    mailbox.change(scope=Mailbox.Scope.CONTACTS)
    own = letter(sender=mailbox.email, to="x@y.test", Bcc=aoki.email)
    dovecot.append(mailbox.email, "Sent", own.as_bytes())
    assert look(mailbox).logged == 1


@pytest.mark.rule("M11")
def test_the_domain_of_an_alias_is_the_firms_own(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    mailbox.identities.create(address="hana@firm.example", proven_at=timezone.now())
    NeverLog.objects.create(entry="firm.example")
    inside = letter(sender="ken@firm.example", to="hana@firm.example")
    for each in (reply_to(sent, sender=aoki.email, to="hana@firm.example"), inside):
        dovecot.deliver(mailbox.email, each.as_bytes())
    look(mailbox)
    assert Reading.objects.count() == 1
    assert HeadersRead.objects.get(mailbox=mailbox).never_log == 1
