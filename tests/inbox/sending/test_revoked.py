"""Letters that wait while their recipient, their writer or their mailbox goes: they stop, in words,
and leave when somebody says so, on real servers (M23, M26, M52)."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.test import Client
from django.utils import timezone

from crm import notices, retention
from crm.models import Contact, Email, Hold, Notice, User
from inbox.models import Mailbox, Outgoing, Redelivery
from inbox.retention import RULES
from inbox.sending import again, composer, outbox
from tests.factories import make_contact
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.rule("M23")]


class World(NamedTuple):
    mailbox: Mailbox
    writer: User
    contact: Contact


def trash_contact(world: World) -> None:
    world.contact.trash()


def restore_contact(world: World) -> None:
    Contact.objects.get(pk=world.contact.pk).restore()


def deactivate(world: World) -> None:
    world.writer.change(is_active=False)


def activate(world: World) -> None:
    world.writer.change(is_active=True)


def take_mailbox(world: World) -> None:
    Mailbox.objects.filter(pk=world.mailbox.pk).update(team=None)


def give_mailbox(world: World) -> None:
    Mailbox.objects.filter(pk=world.mailbox.pk).update(team=world.writer.team)


@pytest.fixture
def world(mailbox: Mailbox, ken: User, aoki: Contact) -> World:
    """Ken writes to Aoki from hana's mailbox, which their team shares."""
    mailbox.change(team=ken.team)
    return World(mailbox, ken, aoki)


def written(world: World, *more: str, **values: object) -> Outgoing:
    new = composer.NewEmail(
        mailbox=world.mailbox,
        to=[world.contact.email, *more],
        subject="Our offer",
        text="Hello.",
        **values,  # type: ignore[arg-type]
    )
    found: Outgoing = Outgoing.objects.get(email=composer.send(new, by=world.writer))
    return found


def tick(moment: timedelta = timedelta(0)) -> None:
    now = timezone.now() + moment
    for outgoing in Outgoing.objects.due(now):
        outbox.attempt(outgoing)
    for row in Redelivery.objects.due(now):
        again.attempt(row)


@pytest.mark.rule("M26")
@pytest.mark.rule("M52")
@pytest.mark.parametrize(
    ("lose", "give_back", "said"),
    [
        (trash_contact, restore_contact, "Yuki Aoki is in the Trash."),
        (deactivate, activate, "Ken wrote it and has no account any more."),
        (take_mailbox, give_mailbox, "Ken may not send from"),
    ],
)
@pytest.mark.parametrize("values", [{"undo_seconds": 10}, {"send_at": timedelta(hours=1)}])
def test_it_stops_with_a_reason_and_leaves_when_a_person_says_so(
    world: World,
    relay: Relay,
    lose: Callable[[World], None],
    give_back: Callable[[World], None],
    said: str,
    values: dict[str, object],
) -> None:
    if "send_at" in values:
        values = {"send_at": timezone.now() + timedelta(hours=1)}
    outgoing = written(world, **values)
    lose(world)
    tick(timedelta(hours=2))
    email = Email.objects.get()
    assert email.status == "failed" and email.error.startswith(said)
    give_back(world)
    tick(timedelta(hours=9))
    assert not relay.accepted, "what is given back sends nothing by itself"
    outgoing.refresh_from_db()
    assert outbox.retry(outgoing)
    tick()
    assert len(relay.accepted_by(world.contact.email)) == 1
    assert Email.objects.get().status == "sent"


def test_what_is_given_back_in_time_leaves_as_it_was_to(world: World, relay: Relay) -> None:
    written(world, send_at=timezone.now() + timedelta(hours=1))
    trash_contact(world)
    restore_contact(world)
    tick(timedelta(hours=2))
    assert Email.objects.get().status == "sent" and len(relay.accepted) == 1


def test_its_writer_is_told_else_the_owner_else_the_administrators(
    world: World, hana: User, mio: User
) -> None:
    for gone in ((), (world.writer,), (world.writer, hana)):
        User.objects.update(is_active=True)
        written(world)
        trash_contact(world)
        for user in gone:
            user.change(is_active=False)
        tick()
        restore_contact(world)
    told = list(Notice.objects.order_by("pk").values_list("user__name", flat=True))
    assert told == ["Ken", "Hana", "Mio"]
    first = notices.shown(Notice.objects.earliest("pk"))
    assert first.title == "An e-mail was not sent: “Our offer”"
    assert first.body == "Yuki Aoki is in the Trash. Restore the contact, then send it again."


def test_who_is_gone_from_a_private_conversation_does_not_show_it_to_others(
    world: World, hana: User
) -> None:
    outgoing = written(world)
    Email.objects.update(private=True)
    world.writer.change(is_active=False)
    outbox.attempt(outgoing)
    notice = Notice.objects.get(user=hana)
    assert notice.values["subject"] == "…"


def test_an_address_that_is_another_contacts_by_now_is_reached(world: World, relay: Relay) -> None:
    written(world)
    address = world.contact.email
    trash_contact(world)
    make_contact(address)
    tick()
    assert len(relay.accepted_by(address)) == 1


def test_one_of_several_in_the_trash_stops_it_for_all(world: World, relay: Relay) -> None:
    """Whoever wrote it decides: without them it might be another letter."""
    written(world, "kenji@x.test")
    trash_contact(world)
    tick()
    assert Email.objects.get().status == "failed" and not relay.accepted


def test_a_second_delivery_stops_for_whom_it_is_for_alone(
    world: World, weber: Contact, relay: Relay
) -> None:
    relay.behave(refuse_rcpt={weber.email: "451 4.7.1 come back"})
    written(world, weber.email)
    tick()
    trash_contact(world)  # who has it already
    relay.behave()
    tick(timedelta(hours=1))
    assert len(relay.accepted_by(weber.email)) == 1


def test_a_second_delivery_to_who_is_in_the_trash_is_refused_in_words(
    world: World, weber: Contact, relay: Relay
) -> None:
    relay.behave(refuse_rcpt={weber.email: "451 4.7.1 come back"})
    outgoing = written(world, weber.email)
    tick()
    weber.trash()
    relay.behave()
    tick(timedelta(hours=1))
    row = outgoing.email.participants.get(address=weber.email)
    assert row.status == "refused" and row.server_said.startswith("Anna Weber is in the Trash.")
    assert not relay.accepted_by(weber.email)
    Contact.objects.get(pk=weber.pk).restore()
    outgoing.refresh_from_db()
    assert again.send_again(outgoing, row)
    tick()
    assert len(relay.accepted_by(weber.email)) == 1


@pytest.mark.rule("M32")
@pytest.mark.parametrize("held", [False, True])
def test_who_is_erased_after_90_days_gets_nothing_that_was_written_for_later(
    world: World, relay: Relay, hana: User, *, held: bool
) -> None:
    """Nobody would know afterwards that the letter was to somebody who was deleted."""
    written(world, send_at=timezone.now() + timedelta(days=200))
    trash_contact(world)
    if held:
        Hold.place(world.contact, by=hana, reason="a lawsuit")
    trash = next(rule for rule in RULES if rule.name == "trash")
    retention.purge(trash, timezone.now() + timedelta(days=91))
    assert Contact.objects.filter(pk=world.contact.pk).exists() == held
    tick(timedelta(days=201))
    email = Email.objects.get()
    assert email.status == "failed" and email.error.startswith("Yuki Aoki ")
    assert Notice.objects.get().user == world.writer and not relay.accepted


def test_the_page_says_why_and_offers_the_retry(world: World, client: Client) -> None:
    outgoing = written(world)
    world.contact.trash()
    tick()
    client.force_login(world.writer)
    html = client.get(f"/emails/{outgoing.email_id}/").content.decode()
    assert "Yuki Aoki is in the Trash. Restore the contact" in html
    assert f'action="/emails/{outgoing.email_id}/retry/"' in html
