"""inbox/sync/filing.py: what a body becomes, against a real server."""

import os
import tracemalloc
from collections.abc import Callable

import pytest

from crm.models import Attachment, Contact, Email, User
from inbox.models import Mailbox, Outgoing
from inbox.sending import composer, outbox
from inbox.sync import chunks, engine
from tests.factories import connect_mailbox
from tests.inbox.letters import reply_to
from tests.inbox.mime.test_invitations import EVENT
from tests.inbox.mime.test_tnef import file, text, tnef
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]


@pytest.fixture
def mailbox(hana: User, trusted: Dovecot, mail_user: Callable[..., str]) -> Mailbox:
    return connect_mailbox(hana, trusted, mail_user("hana"))


@pytest.fixture
def sent(mailbox: Mailbox, aoki: Contact, relay: Relay) -> Email:
    draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], subject="Our offer", text="Hello.")
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    return email


@pytest.mark.rule("M18")
def test_an_invitation_is_kept_with_its_letter_and_nothing_answers_it(
    mailbox: Mailbox, sent: Email, aoki: Contact, trusted: Dovecot
) -> None:
    reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
    reply.add_alternative(EVENT.encode(), "text", "calendar", params={"method": "REQUEST"})
    trusted.deliver(mailbox.email, reply.as_bytes())
    engine.look(Mailbox.objects.get(pk=mailbox.pk))
    email = Email.objects.get(direction="incoming")
    assert email.invitation["title"] == "Kick-off, second floor"
    assert email.invitation["start"] == "2026-05-18 01:00:00+00:00"
    assert email.activity.files.get().content_type == "text/calendar"
    assert not Outgoing.objects.exclude(email=sent).exists()


@pytest.mark.rule("M18")
def test_what_is_packed_in_winmail_is_kept_file_by_file_and_each_content_once(
    mailbox: Mailbox, sent: Email, aoki: Contact, trusted: Dovecot
) -> None:
    for _number in range(2):
        reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
        box = tnef(file(b"%PDF of the offer", text(0x3707, "お見積り.pdf")))
        reply.add_attachment(box, "application", "ms-tnef", filename="winmail.dat")
        trusted.deliver(mailbox.email, reply.as_bytes())
    engine.look(Mailbox.objects.get(pk=mailbox.pk))
    files = list(Attachment.objects.all())
    assert [(found.name, found.content()) for found in files] == [
        ("お見積り.pdf", b"%PDF of the offer")
    ] * 2
    assert len({found.path for found in files}) == 1


@pytest.mark.rule("M18")
def test_the_files_of_one_message_are_put_away_before_the_next_is_decoded(
    mailbox: Mailbox, sent: Email, aoki: Contact, trusted: Dovecot
) -> None:
    for _number in range(5):
        reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
        reply.add_attachment(os.urandom(2_000_000), "application", "pdf", filename="plan.pdf")
        trusted.deliver(mailbox.email, reply.as_bytes())
    one = len(reply.as_bytes())
    assert chunks.BYTES_AT_ONCE * 0.75 < 5 * one < chunks.BYTES_AT_ONCE  # a single chunk
    tracemalloc.start()
    try:
        engine.look(Mailbox.objects.get(pk=mailbox.pk))
        _left, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert Attachment.objects.filter(size=2_000_000).exclude(path="").count() == 5
    assert peak < 5 * one + 5 * one  # the bodies of the chunk, and what decoding one takes
