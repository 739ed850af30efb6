"""What is kept of how an e-mail went out, also where that was found out later (M28, M31)."""

import pytest
from django.utils import timezone

from crm.models import Contact, Email
from inbox import deliveries
from inbox.models import HeaderBlock, Mailbox, Outgoing, TransportRecord
from inbox.sending import composer, outbox, sent_copy
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.rule("M28")]


@pytest.fixture
def unknown(mailbox: Mailbox, aoki: Contact, relay: Relay) -> Outgoing:
    """The server took it and was not heard."""
    relay.behave(drop_at="accepted")
    draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], subject="Offer", text="Hello.")
    email = composer.send(draft, by=mailbox.owner)
    outgoing: Outgoing = Outgoing.objects.get(email=email)
    outbox.attempt(outgoing)
    outgoing.refresh_from_db()
    assert outgoing.state == "unknown"
    return outgoing


@pytest.mark.parametrize("how", ["a person", "an answer"])
def test_a_letter_whose_fate_was_found_out_later_has_its_record(
    unknown: Outgoing, how: str
) -> None:
    if how == "a person":
        assert outbox.resolve(unknown, delivered=True)
    else:
        assert deliveries.confirm_delivery(Email.objects.get(), timezone.now())
    unknown.refresh_from_db()
    for _each in range(4):
        Outgoing.objects.update(copy_due_at=timezone.now())
        sent_copy.attempt(Outgoing.objects.get())
    assert Outgoing.objects.get().frozen is None
    assert TransportRecord.objects.get().size > 0
    assert HeaderBlock.objects.get().origin == "sent"
