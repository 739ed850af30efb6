"""The connection of a look cut after n bytes of the server: a clean look makes it good (F1, I1–I6).

Every reply of the sample is looked at through a proxy that resets the connection somewhere between
the greeting and the goodbye. `script/test-long` cuts at more points; here a sample of them.
"""

import os
from collections.abc import Iterator
from contextlib import suppress

import pytest

from crm.models import Attachment, Contact, Email
from inbox.models import Folder, HeadersRead, Mailbox, MailboxCopy, MessageId, Outgoing, Reading
from inbox.sending import composer, outbox
from inbox.sync import engine
from inbox.sync.visit import Receipt
from inbox.wire.faults import Fault
from tests.inbox.letters import letter, reply_to, rich_reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy

pytestmark = [pytest.mark.django_db, pytest.mark.live]
SAMPLE = int(os.environ.get("CUT_POINTS", "12"))


@pytest.fixture
def sent(mailbox: Mailbox, aoki: Contact) -> Email:
    draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], subject="Our offer", text="Hello.")
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    look(mailbox)
    return email


def look(mailbox: Mailbox) -> Receipt:
    receipt = engine.look(Mailbox.objects.get(pk=mailbox.pk), force=True)
    assert receipt is not None
    return receipt


def deliver(dovecot: Dovecot, mailbox: Mailbox, sent: Email, aoki: Contact) -> None:
    """Two replies with somebody else's letter between them."""
    for message in (
        rich_reply_to(sent, sender=aoki.email, to=mailbox.email),
        letter(sender="x@y.test", to=mailbox.email, subject="Private"),
        reply_to(sent, sender=aoki.email, to=mailbox.email),
    ):
        dovecot.deliver(mailbox.email, message.as_bytes())


def cut_points(size: int) -> Iterator[int]:
    """Spread over the whole session, the first byte and the last ones included."""
    yield from sorted({round(size * n / (SAMPLE - 1)) for n in range(SAMPLE)})


def stored(mailbox: Mailbox) -> list[int]:
    models = (Email, MailboxCopy, MessageId, Attachment, Reading.objects.exclude(email=None))
    counts = [getattr(model, "objects", model).count() for model in models]
    return [*counts, sum(Folder.objects.values_list("next_uid", flat=True))]


def test_a_look_that_is_cut_anywhere_ends_as_an_undisturbed_one(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    port = mailbox.imap_port
    before = stored(mailbox)
    deliver(dovecot, mailbox, sent, aoki)
    with Proxy(port) as proxy:
        mailbox.change(imap_port=proxy.port)
        assert look(mailbox).logged == 2
        size = proxy.passed
    undisturbed = [after - now for after, now in zip(stored(mailbox), before, strict=True)]
    for point in cut_points(size):
        before = stored(mailbox)
        deliver(dovecot, mailbox, sent, aoki)
        with Proxy(port, limit=point) as proxy, suppress(Fault):
            mailbox.change(imap_port=proxy.port)
            look(mailbox)
        mailbox.change(imap_port=port)
        look(mailbox)
        grown = [after - now for after, now in zip(stored(mailbox), before, strict=True)]
        assert grown == undisturbed, f"cut after {point} of {size} bytes"
        assert Mailbox.objects.get().state == "connected"
        again = look(mailbox)
        assert (again.headers_read, again.bodies_read) == (0, 0)
    counted = sum(HeadersRead.objects.values_list("count", flat=True))
    assert counted == 1 + 3 * (1 + len(list(cut_points(size))))
