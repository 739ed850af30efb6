"""inbox/sync/filing.py: what a body becomes, against a real server."""

from collections.abc import Callable

import pytest

from crm.models import Contact, Email, User
from inbox.models import Mailbox, Outgoing
from inbox.sending import composer, outbox
from inbox.sync import engine
from tests.factories import connect_mailbox
from tests.inbox.letters import reply_to
from tests.inbox.mime.test_invitations import EVENT
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]


@pytest.mark.rule("M18")
def test_an_invitation_is_kept_with_its_letter_and_nothing_answers_it(
    hana: User,
    aoki: Contact,
    trusted: Dovecot,
    mail_user: Callable[..., str],
    relay: Relay,
) -> None:
    mailbox = connect_mailbox(hana, trusted, mail_user("hana"))
    draft = composer.Draft(mailbox=mailbox, to=[aoki.email], subject="Our offer", text="Hello.")
    sent = composer.send(draft, by=hana)
    outbox.attempt(Outgoing.objects.get(email=sent))
    reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
    reply.add_alternative(EVENT.encode(), "text", "calendar", params={"method": "REQUEST"})
    trusted.deliver(mailbox.email, reply.as_bytes())
    engine.look(Mailbox.objects.get(pk=mailbox.pk))
    email = Email.objects.get(direction="incoming")
    assert email.invitation["title"] == "Kick-off, second floor"
    assert email.invitation["start"] == "2026-05-18 01:00:00+00:00"
    assert email.activity.files.get().content_type == "text/calendar"
    assert not Outgoing.objects.exclude(email=sent).exists()
