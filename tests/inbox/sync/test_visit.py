"""A folder whose cursor waits for what the INBOX may tell, and that cannot be read itself."""

from collections.abc import Callable

import pytest

from crm.models import Contact, Email, User
from inbox.models import Folder, Mailbox
from inbox.sync import engine
from inbox.wire.faults import ProtocolFault
from inbox.wire.imap import ReadingSession
from tests.factories import connect_mailbox
from tests.inbox.letters import letter, reply_to
from tests.inbox.sync.test_engine import MailUser, look, send
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]


@pytest.fixture
def mailbox(hana: User, trusted: Dovecot, mail_user: MailUser) -> Mailbox:
    return connect_mailbox(hana, trusted, mail_user("hana"))


@pytest.fixture
def sent(mailbox: Mailbox, aoki: Contact, relay: Relay) -> Email:
    email = send(mailbox, aoki)
    look(mailbox)
    return email


@pytest.fixture
def in_sent(mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot) -> None:
    """An answer to somebody we do not know, and one of ours below it."""
    other = letter(sender=mailbox.email, to="x@y.test", answers="<private@y.test>")
    own = reply_to(sent, sender=mailbox.email, to=aoki.email)
    for message in (other, own):
        dovecot.append(mailbox.email, "Sent", message.as_bytes())


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A server that gives no body out of this folder; "": it gives all."""
    really = ReadingSession.bodies

    def in_folder(name: str) -> None:
        def bodies(session: ReadingSession, wanted: object):  # type: ignore[no-untyped-def]
            assert session._examined is not None
            if session._examined.name == name:
                raise ProtocolFault("no")
            return really(session, wanted)  # type: ignore[arg-type]

        monkeypatch.setattr(ReadingSession, "bodies", bodies)

    return in_folder


@pytest.mark.rule("M38")
def test_a_folder_that_could_not_be_read_keeps_its_place(
    mailbox: Mailbox, in_sent: None, refused: Callable[[str], None]
) -> None:
    before = Folder.objects.get(role="sent").next_uid
    refused("Sent")
    look(mailbox)
    row = Folder.objects.get(role="sent")
    assert (row.next_uid, row.fault) == (before, "no")
    refused("")
    assert look(mailbox).logged == 1


@pytest.mark.rule("M38")
def test_a_folder_that_cannot_be_read_keeps_nobody_from_the_others_when_there_is_news(
    mailbox: Mailbox,
    sent: Email,
    aoki: Contact,
    dovecot: Dovecot,
    refused: Callable[[str], None],
) -> None:
    theirs = reply_to(sent, sender=aoki.email, to=mailbox.email)
    own = letter(sender=mailbox.email, to=aoki.email, answers=str(theirs["Message-ID"]))
    dovecot.deliver(mailbox.email, theirs.as_bytes())
    dovecot.append(mailbox.email, "Sent", own.as_bytes())
    refused("Sent")
    assert engine.look(Mailbox.objects.get(pk=mailbox.pk)) is not None
    mailbox.refresh_from_db()
    assert (mailbox.state, Folder.objects.get(role="sent").fault) == ("connected", "no")
    refused("")
    assert look(mailbox).logged == 1
