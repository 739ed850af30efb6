"""Connecting again, and leaving: what was chosen stays, and what was asked goes."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from crm.models import Activity, Contact, Email, User
from inbox.connect import joining
from inbox.models import Mailbox, Outgoing, Reading
from inbox.sending import composer, outbox
from inbox.sync import engine
from tests.factories import connect_mailbox, make_mailbox
from tests.inbox.letters import reply_to
from tests.servers.dovecot import Dovecot

pytestmark = [pytest.mark.django_db, pytest.mark.live]


@pytest.fixture
def sent(mailbox: Mailbox, aoki: Contact) -> Email:
    draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], subject="Our offer", text="Hello.")
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    return email


def test_connecting_again_keeps_who_may_see_what(mailbox: Mailbox, dovecot: Dovecot) -> None:
    mailbox.change(visibility="metadata", team=mailbox.owner.team)
    again = connect_mailbox(mailbox.owner, dovecot, mailbox.email)
    assert again.pk == mailbox.pk
    again.refresh_from_db()
    assert (again.visibility, again.team) == ("metadata", mailbox.owner.team)


def test_connecting_again_keeps_what_is_not_chosen_anew(mailbox: Mailbox, dovecot: Dovecot) -> None:
    chosen = {"signature": "<p>Hana</p>", "most_a_day": 77, "most_a_minute": 5, "name": "Hana S."}
    mailbox.change(**chosen, scope="contacts")
    again = connect_mailbox(mailbox.owner, dovecot, mailbox.email)
    again.refresh_from_db()
    assert {name: getattr(again, name) for name in chosen} == chosen
    assert again.scope == "contacts"


@pytest.mark.rule("M16")
def test_connecting_it_again_the_logging_address_stays_one(
    mailbox: Mailbox, dovecot: Dovecot
) -> None:
    mailbox.change(logs_mail=True, authserv_id="mx.example.test")
    again = connect_mailbox(mailbox.owner, dovecot, mailbox.email)
    again.refresh_from_db()
    assert (again.logs_mail, again.authserv_id) == (True, "mx.example.test")


def test_what_came_between_two_connections_is_found(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot
) -> None:
    mailbox.note_fault("refused", "", mailbox.created_at, transient=False)
    reply = reply_to(sent, sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    again = connect_mailbox(mailbox.owner, dovecot, mailbox.email)
    receipt = engine.look(again)
    assert receipt is not None
    assert receipt.logged == 1
    again.refresh_from_db()
    assert (again.state, again.fault) == ("connected", "")


@pytest.mark.rule("M35")
def test_its_emails_go_to_the_trash_where_that_was_asked(
    mailbox: Mailbox, sent: Email, aoki: Contact
) -> None:
    """Also one that no look has seen in the Sent folder yet."""
    joining.disconnect(mailbox, keep_emails=False)
    assert Activity.objects.get(pk=sent.pk).deleted_at


@pytest.mark.rule("M35")
def test_what_another_mailbox_holds_as_well_stays(
    mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot, ken: User, mail_user: Callable
) -> None:
    other = connect_mailbox(ken, dovecot, mail_user("ken"))
    reply = reply_to(sent, sender=aoki.email, to=f"{mailbox.email}, {other.email}")
    for each in (mailbox, other):
        dovecot.deliver(each.email, reply.as_bytes())
        engine.look(each)
    joining.disconnect(mailbox, keep_emails=False)
    assert [row.email.subject for row in Activity.objects.kept()] == [str(reply["Subject"])]


@pytest.mark.rule("M35")
@pytest.mark.django_db(transaction=True)
def test_it_leaves_while_a_look_writes_down_what_it_reads(hana: User) -> None:
    mailbox = make_mailbox(hana)
    token = mailbox.claim(timezone.now())
    assert token
    held, left = threading.Event(), threading.Event()

    def leave() -> None:
        held.wait(10)
        try:
            joining.disconnect(Mailbox.objects.get(pk=mailbox.pk), keep_emails=True)
        finally:
            connection.close()
            left.set()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(leave)
        with transaction.atomic():
            assert mailbox.hold(token, timezone.now())
            held.set()
            left.wait(1)
            Reading.objects.create(mailbox=mailbox, message_id="x", rule="reply", at=timezone.now())
        done.result()
    assert not Mailbox.objects.exists() and not Reading.objects.exists()
