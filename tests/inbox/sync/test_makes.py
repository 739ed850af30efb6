"""The main job on servers of two makes, Dovecot and Cyrus: the same is found, by the same rules."""

import threading
from collections.abc import Callable

import pytest
from django.utils import timezone

from crm.models import Contact, Email, User
from inbox.connect import doors
from inbox.models import Folder, Mailbox, Outgoing, Reading
from inbox.reason import Reason
from inbox.sending import composer, outbox, sent_copy
from inbox.sync import engine
from inbox.sync.visit import Receipt
from tests.factories import connect_mailbox
from tests.inbox.letters import letter, reply_to, rich_reply_to
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot
from tests.servers.ordinary import MailServer
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]


@pytest.fixture(params=["dovecot", "cyrus"])
def server(request: pytest.FixtureRequest, trusted: Dovecot) -> MailServer:
    found: MailServer = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def mailbox(hana: User, server: MailServer, mail_user: Callable[..., str], relay: Relay) -> Mailbox:
    address = mail_user("hana")
    if isinstance(server, Cyrus):
        server.add_user(address)
        with server.session(address):
            pass  # who signs in first gets a mailbox
    return connect_mailbox(hana, server, address)


@pytest.fixture
def sent(mailbox: Mailbox, aoki: Contact) -> Email:
    draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], subject="Our offer", text="Hello.")
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    return email


def look(mailbox: Mailbox) -> Receipt:
    receipt = engine.look(Mailbox.objects.get(pk=mailbox.pk), force=True)
    assert receipt is not None
    return receipt


@pytest.mark.rule("M7")
@pytest.mark.rule("M6")
def test_a_reply_is_logged_and_other_mail_is_left_alone(
    mailbox: Mailbox, sent: Email, aoki: Contact, server: MailServer
) -> None:
    look(mailbox)
    reply = rich_reply_to(sent, sender=aoki.email, to=mailbox.email)
    for message in (letter(sender="x@y.test", to=mailbox.email), reply):
        server.deliver(mailbox.email, message.as_bytes())
    receipt = look(mailbox)
    assert (receipt.headers_read, receipt.bodies_read, receipt.logged) == (2, 1, 1)
    newest = Email.objects.latest("pk")
    assert newest.subject == "Re: 見積書の件"
    assert set(newest.activity.files.values_list("name", flat=True)) == {"見積書.pdf", "logo.png"}
    again = look(mailbox)
    assert (again.headers_read, again.bodies_read, again.round_trips) == (0, 0, 1)


@pytest.mark.rule("M8")
def test_reading_changes_nothing(
    mailbox: Mailbox, sent: Email, aoki: Contact, server: MailServer
) -> None:
    server.deliver(mailbox.email, reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes())
    before = server.flags(mailbox.email), server.counts(mailbox.email)
    assert look(mailbox).logged == 1
    assert (server.flags(mailbox.email), server.counts(mailbox.email)) == before
    assert before[0] == {1: set()}, "unread, as it came"


@pytest.mark.rule("M22")
def test_sent_is_found_by_its_flag_and_gets_one_copy(
    mailbox: Mailbox, sent: Email, aoki: Contact, server: MailServer
) -> None:
    assert mailbox.folders.get(role="sent").name == server.sent
    outgoing = Outgoing.objects.get(email=sent)
    for _ in range(2):
        if outgoing.claim(timezone.now()):
            sent_copy.settle(outgoing)
    [copy] = server.raw_messages(mailbox.email, server.sent)
    assert sent.message_id.encode() in copy
    own = reply_to(sent, sender=mailbox.email, to=aoki.email)
    server.append(mailbox.email, server.sent, own.as_bytes())
    assert look(mailbox).logged == 1


@pytest.mark.rule("M38")
def test_many_folders_with_names_of_every_kind(
    mailbox: Mailbox, sent: Email, aoki: Contact, server: MailServer
) -> None:
    names = ["Kunden", "Kunden/日本", "a & b", "Größe"]
    for name in names:
        server.create(mailbox.email, name)
        mailbox.folders.create(name=name, role="other", looked_at=timezone.now())
    look(mailbox)
    for name in names:
        reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
        server.append(mailbox.email, name, reply.as_bytes())
    assert look(mailbox).logged == len(names)
    assert look(mailbox).round_trips == 1


@pytest.mark.rule("M38")
def test_a_folder_renamed_deleted_and_made_anew(
    mailbox: Mailbox, sent: Email, aoki: Contact, server: MailServer
) -> None:
    """F8 and F9."""
    server.create(mailbox.email, "Kunden")
    mailbox.folders.create(name="Kunden", role="other", looked_at=timezone.now())
    raws = [reply_to(sent, sender=aoki.email, to=mailbox.email).as_bytes() for _ in range(4)]
    server.append(mailbox.email, "Kunden", raws[0])
    assert look(mailbox).logged == 1
    server.rename(mailbox.email, "Kunden", "Clients")
    server.append(mailbox.email, "Clients", raws[1])
    assert look(mailbox).logged == 1
    assert Folder.objects.filter(name="Clients", fault="").exists()
    server.delete_folder(mailbox.email, "Clients")
    server.deliver(mailbox.email, raws[2])
    assert look(mailbox).logged == 1
    assert Folder.objects.get(name="Clients").fault
    server.create(mailbox.email, "Clients")
    for raw in (raws[0], raws[3]):
        server.append(mailbox.email, "Clients", raw)
    assert look(mailbox).logged == 1
    assert Email.objects.count() == 5
    again = look(mailbox)
    assert (again.headers_read, again.bodies_read) == (0, 0)


def test_what_is_expunged_between_header_and_body_is_gone_and_not_empty(
    mailbox: Mailbox, sent: Email, aoki: Contact, server: MailServer
) -> None:
    """F10."""
    for _ in range(3):
        reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
        server.deliver(mailbox.email, reply.as_bytes())
    reason = Reason("reply", sent.message_id)
    with doors.reading(mailbox) as session:
        session.examine("INBOX")
        uids = [block.uid for block in session.headers(1, None)]
        server.expunge(mailbox.email, "INBOX", uids[1])
        for _ in range(2):
            bodies = dict(session.bodies([(uid, reason) for uid in uids]))
            assert [bool(bodies[uid]) for uid in uids] == [True, bodies[uids[1]] is not None, True]
            assert bodies[uids[1]] is None or sent.message_id.encode() in bodies[uids[1]]
    assert look(mailbox).logged == 2
    assert Reading.objects.count() == 2


@pytest.mark.rule("M60")
def test_mail_is_heard_of_while_idling(mailbox: Mailbox, server: MailServer) -> None:
    with doors.reading(mailbox) as session:
        assert "IDLE" in session.capabilities
        session.examine("INBOX")
        raw = letter(sender="x@y.test", to=mailbox.email).as_bytes()
        later = threading.Timer(0.3, server.deliver, (mailbox.email, raw))
        later.start()
        assert session.wait_for_news(10) is True
        later.join()


def test_a_large_number_of_headers_comes_in_batches(
    mailbox: Mailbox, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox.wire.imap.BATCH", 5)
    raw = letter(sender="x@y.test", to=mailbox.email).as_bytes()
    for _ in range(23):
        server.deliver(mailbox.email, raw)
    server.expunge(mailbox.email, "INBOX", 4)
    with doors.reading(mailbox) as session:
        session.examine("INBOX")
        uids = [block.uid for block in session.headers(1, None)]
    assert uids == server.uids(mailbox.email)
    assert len(uids) == 22
