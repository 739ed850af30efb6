"""The connection of a send cut after n bytes of either side: once, or a question (F28, F29, M23).

The relay is a real SMTP server, and its count is what counts. `script/test-long` cuts after every
byte; here a sample of them.
"""

import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from crm.models import Contact, Email, User
from inbox.models import Mailbox, Outgoing
from inbox.sending import composer, outbox
from tests.factories import make_mailbox
from tests.servers.proxy import Proxy
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.rule("M23")]
SAMPLE = int(os.environ.get("CUT_POINTS", "12"))
TO = "anna@elsewhere.test"


def written(mailbox: Mailbox) -> Outgoing:
    draft = composer.NewEmail(mailbox=mailbox, to=[TO], subject="Our offer", text="Hello.\n" * 5)
    return Outgoing.objects.get(email=composer.send(draft, by=mailbox.owner))


def attempt(outgoing: Outgoing) -> Outgoing:
    """As a tick does it, long after the last attempt."""
    past = timezone.now() - timedelta(minutes=1)
    Outgoing.objects.filter(pk=outgoing.pk).update(due_at=past, claimed_until=past)
    for row in Outgoing.objects.due(timezone.now()).filter(pk=outgoing.pk):
        outbox.attempt(row)
    return Outgoing.objects.get(pk=outgoing.pk)


def cut_points(size: int) -> Iterator[int]:
    """Spread over the whole conversation; half of them round the data and its answer, where it is
    undecided what has become of the message."""
    spread = {round(size * n / SAMPLE) for n in range(SAMPLE)}
    late = {size - n for n in range(1, SAMPLE // 2 + 1)}
    yield from sorted(point for point in spread | late if 0 <= point < size)


@pytest.mark.parametrize("of_client", [False, True], ids=["the server's bytes", "our bytes"])
def test_a_send_that_is_cut_anywhere_delivers_once_or_asks(
    hana: User, aoki: Contact, relay: Relay, of_client: bool
) -> None:
    values = {"smtp_host": "localhost", "smtp_security": "none", "username": ""}
    mailbox = make_mailbox(hana, **values, files_sent_itself=True)

    def delivered(outgoing: Outgoing) -> int:
        taken = relay.accepted_by(TO)
        return sum(one.message_id.strip("<>") == outgoing.token for one in taken)

    with Proxy(relay.port, of_client=of_client) as proxy:
        mailbox.change(smtp_port=proxy.port)
        assert attempt(written(mailbox)).state == "sent"
        size = proxy.passed
    states = set()
    for point in cut_points(size):
        with Proxy(relay.port, limit=point, of_client=of_client) as proxy:
            mailbox.change(smtp_port=proxy.port)
            outgoing = attempt(written(mailbox))
        where, states = f"cut after {point} of {size} bytes", states | {outgoing.state}
        assert outgoing.state in ("queued", "unknown", "sent"), where
        assert (outgoing.state == "sent") <= (delivered(outgoing) == 1), where
        assert (outgoing.state == "queued") <= (delivered(outgoing) == 0), where
        mailbox.change(smtp_port=relay.port)
        outgoing = attempt(outgoing)
        if outgoing.state == "unknown":
            assert Email.objects.get(pk=outgoing.email_id).status == "unknown"
            outbox.resolve(outgoing, delivered=bool(delivered(outgoing)))
            outgoing = attempt(outgoing)
        assert (outgoing.state, delivered(outgoing)) == ("sent", 1), where
    assert {"queued", "unknown"} <= states
