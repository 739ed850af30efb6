"""Sending from another address, against real servers: proven first, and at every attempt (M52)."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.utils import timezone
from pytest_django import Settings

from crm.models import Contact, Email, User
from crm.rates import TooOften
from inbox.models import Identity, Mailbox, Outgoing
from inbox.models.identities import own_addresses
from inbox.sending import composer, identities, outbox
from tests.factories import make_mailbox
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.rule("M52")]
ALIAS = "sales@musubi.test"


@pytest.fixture
def identity(mailbox: Mailbox) -> Identity:
    return identities.add(mailbox, " Sales@musubi.test", "Musubi Sales")


def mailed(relay: Relay, address: str) -> EmailMessage:
    raw = relay.accepted_by(address)[-1].raw
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def written(mailbox: Mailbox, sender: str, to: str) -> Outgoing:
    draft = composer.NewEmail(mailbox=mailbox, to=[to], subject="s", text="t", sender=sender)
    outgoing: Outgoing = Outgoing.objects.get(email=composer.send(draft, by=mailbox.owner))
    return outgoing


def test_a_code_comes_to_the_address_from_the_address(
    identity: Identity, mailbox: Mailbox, relay: Relay
) -> None:
    identities.send_code(identity)
    letter = mailed(relay, ALIAS)
    assert letter["From"].addresses[0].addr_spec == ALIAS
    assert relay.accepted_by(ALIAS)[-1].sender == mailbox.email  # what bounces comes home
    found = re.search(r"\d{4} \d{4}", letter.get_content())
    assert found and identities.prove(identity, found[0])
    assert ALIAS in own_addresses()


def test_mail_leaves_from_a_proven_address_and_from_no_other(
    identity: Identity, mailbox: Mailbox, relay: Relay, aoki: Contact
) -> None:
    with pytest.raises(composer.NotSendable) as refused:
        written(mailbox, ALIAS, aoki.email)
    assert refused.value.field == "from"
    identity.change(proven_at=timezone.now())
    outgoing = written(mailbox, ALIAS, aoki.email)
    outbox.attempt(outgoing)
    assert mailed(relay, aoki.email)["From"].addresses[0].display_name == "Musubi Sales"
    assert mailed(relay, aoki.email)["From"].addresses[0].addr_spec == ALIAS
    assert relay.accepted_by(aoki.email)[-1].sender == mailbox.email


def test_what_was_removed_meanwhile_does_not_leave(
    identity: Identity, mailbox: Mailbox, relay: Relay, aoki: Contact
) -> None:
    identity.change(proven_at=timezone.now())
    outgoing = written(mailbox, ALIAS, aoki.email)
    identity.change(removed_at=timezone.now())
    outbox.attempt(outgoing)
    assert not relay.accepted_by(aoki.email)
    email = Email.objects.get(pk=outgoing.email_id)
    assert email.status == "failed" and ALIAS in email.error
    identity.change(removed_at=None)
    assert outbox.retry(Outgoing.objects.get(pk=outgoing.pk))


def test_a_server_that_refuses_the_address_is_quoted(
    identity: Identity, relay: Relay, mailbox: Mailbox
) -> None:
    relay.behave(refuse_data="550 5.7.60 not allowed to send as this sender")
    identities.send_code(identity)
    identity.refresh_from_db()
    assert "5.7.60" in identity.said and not identity.awaits_code
    assert not Identity.objects.code_due(timezone.now()).exists()


@pytest.mark.parametrize("again", [ALIAS, "own"])
def test_an_address_is_added_once(identity: Identity, mailbox: Mailbox, again: str) -> None:
    with pytest.raises(identities.NotAdded):
        identities.add(mailbox, mailbox.email if again == "own" else again, "")


def test_one_that_was_removed_is_proven_anew(identity: Identity, mailbox: Mailbox) -> None:
    identity.change(proven_at=timezone.now(), removed_at=timezone.now())
    added = identities.add(mailbox, ALIAS, "")
    assert added == identity and added.proven_at is None and added.removed_at is None


def test_so_many_codes_an_hour_go_to_an_address_whichever_mailboxes_ask(
    hana: User, ken: User, settings: Settings
) -> None:
    """Else a few mailboxes together flood an address that is somebody else's."""
    settings.RATES = settings.RATES | {"code_to": (3, 3600)}
    identity = identities.add(make_mailbox(hana), ALIAS, "")
    identities.ask_again(identity)
    other = identities.add(make_mailbox(ken), ALIAS, "")
    third = make_mailbox(hana, email="third@musubi.test")
    for ask in (
        lambda: identities.ask_again(identity),
        lambda: identities.ask_again(other),
        lambda: identities.add(third, ALIAS, ""),
    ):
        with pytest.raises(TooOften):
            ask()
    assert not third.identities.exists()
    identities.add(third, "another@musubi.test", "")
