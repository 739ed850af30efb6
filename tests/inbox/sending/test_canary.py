"""A mail to oneself, once a day: what it proves, what it says, and what it leaves alone (M50)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import Email, Notice, User
from inbox import tasks
from inbox.models import Canary, HeadersRead, Mailbox, MessageId, Reading
from inbox.models.canaries import PATIENCE
from inbox.sending import canary
from inbox.sync import engine
from tests.factories import make_mailbox
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.rule("M50")]


@pytest.fixture
def bird(mailbox: Mailbox) -> Canary:
    return Canary.objects.create(mailbox=mailbox)


def step(bird: Canary) -> Canary:
    """What the tick does, as if its time had come."""
    Canary.objects.update(due_at=timezone.now())
    canary.step(Canary.objects.get(pk=bird.pk))
    return Canary.objects.get(pk=bird.pk)


def test_it_leaves_arrives_and_is_known(bird: Canary, relay: Relay, dovecot: Dovecot) -> None:
    address = bird.mailbox.email
    flying = step(bird)
    [sent] = relay.accepted_by(address)
    assert flying.token.encode() in sent.raw and len(dovecot.uids(address)) == 1
    back = step(bird)
    assert (back.token, back.fault) == ("", "") and back.seen_at is not None
    assert back.due_at > timezone.now() + timedelta(hours=23)
    assert not Notice.objects.exists()
    assert HeadersRead.objects.get(mailbox=bird.mailbox).count == 1


@pytest.mark.rule("M8")
@pytest.mark.rule("M6")
def test_it_stands_on_no_timeline_and_stays_as_it_came(
    bird: Canary, relay: Relay, dovecot: Dovecot
) -> None:
    step(bird)
    step(bird)
    engine.look(Mailbox.objects.get())
    assert not (Email.objects.exists() or Reading.objects.exists() or MessageId.objects.exists())
    assert dovecot.flags(bird.mailbox.email) == {1: set()}


@pytest.mark.rule("M9")
def test_one_whose_id_was_replaced_is_known_by_its_mark(bird: Canary, relay: Relay) -> None:
    relay.behave(rewrite_id=lambda _old: "<new@provider.test>")
    step(bird)
    assert step(bird).seen_at is not None


def test_who_owns_it_is_told_once_that_it_is_lost_and_that_it_is_back(
    bird: Canary, relay: Relay, dovecot: Dovecot, hana: User
) -> None:
    for _time in range(2):
        step(bird)
        for uid in dovecot.uids(bird.mailbox.email):
            dovecot.expunge(bird.mailbox.email, "INBOX", uid)
        waiting = step(bird)
        assert waiting.token, "looked for again"
        Canary.objects.update(sent_at=timezone.now() - PATIENCE)
        assert step(bird).fault == "lost"
    assert [(row.user, row.kind) for row in Notice.objects.all()] == [(hana, "canary_lost")]
    step(bird)
    assert step(bird).fault == ""
    assert Notice.objects.filter(kind="canary_back").count() == 1


def test_what_the_server_refuses_for_good_is_told_and_what_passes_is_waited_for(
    bird: Canary, relay: Relay
) -> None:
    relay.behave(refuse_data="451 4.7.1 later")
    waits = step(bird)
    assert (waits.token, waits.fault) == ("", "") and waits.due_at > timezone.now()
    relay.behave(refuse_data="554 5.7.1 no")
    assert step(bird).fault
    assert Notice.objects.get().kind == "canary_lost"


def test_two_workers_send_one(bird: Canary, relay: Relay) -> None:
    one, other = Canary.objects.get(), Canary.objects.get()
    canary.step(one)
    canary.step(other)
    assert len(relay.accepted_by(bird.mailbox.email)) == 1
    tasks.fly(bird.pk)  # a tick that was taken late
    assert len(relay.accepted_by(bird.mailbox.email)) == 1


def test_a_refused_password_is_not_tried(hana: User) -> None:
    box = make_mailbox(hana)
    Canary.objects.create(mailbox=box)
    assert Canary.objects.due(timezone.now()).exists()
    box.note_fault("authenticationfailed", "no", timezone.now(), transient=False)
    assert not Canary.objects.due(timezone.now()).exists()


def test_its_owner_switches_it_on_and_off(client: Client, hana: User, ken: User) -> None:
    box = make_mailbox(hana, team=ken.team)
    path = f"/mailboxes/{box.pk}/canary/"
    client.force_login(ken)
    assert client.post(path, {"on": "yes"}).status_code == 404
    client.force_login(hana)
    assert "deletes nothing there" in client.get(f"/mailboxes/{box.pk}/").content.decode()
    page = client.post(path, {"on": "yes"}, follow=True).content.decode()
    assert Canary.objects.get().mailbox == box and "on its way" in page
    Canary.objects.update(seen_at=timezone.now(), seconds=3)
    assert "within 3 seconds" in client.get(f"/mailboxes/{box.pk}/").content.decode()
    Canary.objects.update(fault="lost", failed_at=timezone.now())
    assert "did not come back" in client.get(f"/mailboxes/{box.pk}/").content.decode()
    client.post(path, {"on": "no"})
    assert not Canary.objects.exists()
