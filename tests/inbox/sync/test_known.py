"""By which ids the CRM has (or had) a message: rewritten ones (M9), and tombstones (M48)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from crm import retention
from crm.models import Contact, Email, User
from inbox.models import Mailbox, MessageId, Outgoing
from inbox.sending import composer, outbox
from inbox.sync import engine
from inbox.sync.visit import Receipt
from tests.factories import connect_mailbox, make_email
from tests.inbox.letters import letter, reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]
MailUser = Callable[..., str]
ORIGINALS = [
    "X-Musubi-Message",
    "X-Microsoft-Original-Message-ID",
    "X-Google-Original-Message-ID",
    "X-Original-Message-ID",
]


@pytest.fixture
def mailbox(hana: User, trusted: Dovecot, mail_user: MailUser) -> Mailbox:
    """At a provider that files what is sent, under an id of its own."""
    found = connect_mailbox(hana, trusted, mail_user("hana"))
    found.change(files_sent_itself=True)
    look(found)
    return found


@pytest.fixture
def sent(mailbox: Mailbox, aoki: Contact, relay: Relay) -> Email:
    draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], subject="Our offer", text="Hello.")
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    return email


def look(mailbox: Mailbox) -> Receipt:
    receipt = engine.look(Mailbox.objects.get(pk=mailbox.pk))
    assert receipt is not None
    return receipt


def copy_of(sent: Email, field: str, original: str = "") -> bytes:
    """The copy in Sent of a provider that replaced the id."""
    copy = letter(
        sender=sent.activity.by.email,
        to="yuki@aoki.example",
        subject=sent.subject,
        message_id="<rewritten@provider.test>",
    )
    copy[field] = original or f"<{sent.message_id}>"
    return copy.as_bytes()


@pytest.mark.rule("M9")
@pytest.mark.parametrize("field", ORIGINALS)
def test_the_id_that_a_provider_gave_is_learnt_from_the_copy_in_sent(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, field: str
) -> None:
    dovecot.append(mailbox.email, "Sent", copy_of(sent, field))
    look(mailbox)
    answer = letter(sender=aoki.email, to=mailbox.email, answers="<rewritten@provider.test>")
    dovecot.deliver(mailbox.email, answer.as_bytes())
    assert look(mailbox).logged == 1
    assert Email.objects.filter(thread=sent.thread).count() == 2
    row = MessageId.objects.get(value="rewritten@provider.test")
    assert (row.email, row.origin) == (sent, MessageId.Origin.REWRITTEN)


@pytest.mark.rule("M9")
@pytest.mark.rule("M46")
@pytest.mark.parametrize("field", ORIGINALS)
def test_nothing_is_learnt_where_a_stranger_writes_or_of_an_id_that_we_did_not_sign(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, field: str
) -> None:
    theirs = make_email(aoki, by=mailbox.owner, message_id="unsigned@customer.test")
    dovecot.deliver(mailbox.email, copy_of(sent, field))
    dovecot.append(mailbox.email, "Sent", copy_of(sent, field, f"<{theirs.message_id}>"))
    receipt = look(mailbox)
    assert (receipt.headers_read, receipt.logged) == (2, 0)
    assert not MessageId.objects.filter(value="rewritten@provider.test").exists()


@pytest.mark.rule("M48")
def test_of_what_was_erased_nothing_readable_is_left_and_no_mailbox_brings_it_back(
    mailbox: Mailbox, sent: Email, aoki: Contact, trusted: Dovecot, mail_user: MailUser, mio: User
) -> None:
    reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
    trusted.deliver(mailbox.email, reply.as_bytes())
    look(mailbox)
    name = str(reply["Message-ID"]).strip("<>")
    Email.objects.get(message_id=name).activity.trash()
    retention.purge(retention.TRASH, timezone.now() + timedelta(days=91))
    assert not [row for row in everything_kept() if name in str(row)]
    other = connect_mailbox(mio, trusted, mail_user("mio"))
    look(other)
    with override_settings(MESSAGE_ID_KEYS=["a newer key", *settings.MESSAGE_ID_KEYS]):
        trusted.deliver(other.email, reply.as_bytes())
        receipt = look(other)
    assert (receipt.headers_read, receipt.bodies_read, receipt.logged) == (1, 0, 0)
    assert Email.objects.count() == 1


def everything_kept() -> list[dict[str, object]]:
    models = [
        model for name in ("crm", "inbox") for model in apps.get_app_config(name).get_models()
    ]
    return [row for model in models for row in model._default_manager.values()]


def test_ids_are_looked_up_in_one_query(
    aoki: Contact, hana: User, django_assert_num_queries: Callable[..., object]
) -> None:
    alive, gone = make_email(aoki, by=hana), make_email(aoki, by=hana)
    retention.erase(gone.activity)
    ids = [row.message_id.strip("<>") for row in (alive, gone)]
    with django_assert_num_queries(1):
        found = MessageId.objects.known(["else@x.test"], erased=[*ids, "new@x.test"])
    assert {name: row.email for name, row in found.items()} == {ids[0]: alive, ids[1]: None}
    assert MessageId.objects.known(ids).keys() == {ids[0]}
    assert not MessageId.objects.learn(ids[1], alive)
    assert MessageId.objects.learn("new@x.test", alive)
