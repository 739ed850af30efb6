"""The watcher against a real Dovecot: a reply within seconds of its arrival (M60)."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from statistics import median

import pytest
from django.db import connection
from django.utils import timezone

from crm.models import Contact, Email, Heartbeat, Notice, User
from inbox.models import Credential, Mailbox, Outgoing
from inbox.models.mailboxes import LEASE
from inbox.sending import composer, outbox
from inbox.sync import engine
from inbox.sync.watcher import HOUSEKEEPING, WORKERS, Watcher
from tests.factories import connect_mailbox, make_mailbox, scripted_mailbox
from tests.inbox.letters import reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.imap_script import ImapScript
from tests.servers.proxy import Proxy
from tests.servers.relay import Relay
from tests.servers.script import Answers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live]


@pytest.fixture
def watcher(mailbox: Mailbox) -> Iterator[Watcher]:
    with watching() as running:
        yield running


@contextmanager
def watching() -> Iterator[Watcher]:
    """A watcher that holds the mailbox of the test."""
    running = Watcher()
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        wait_until(lambda: Mailbox.objects.get().last_synced_at is not None)
        yield running
    finally:
        running.stop.set()
        thread.join(20)
        assert not thread.is_alive()


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> float:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - began


def sent(mailbox: Mailbox, contact: Contact) -> Email:
    draft = composer.NewEmail(mailbox=mailbox, to=[contact.email], subject="Offer", text="Hello.")
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    return email


@pytest.mark.rule("M60")
def test_a_reply_is_logged_within_two_seconds(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot, watcher: Watcher
) -> None:
    email = sent(mailbox, aoki)
    delays = []
    for _ in range(5):
        reply = reply_to(email, sender=aoki.email, to=mailbox.email)
        dovecot.deliver(mailbox.email, reply.as_bytes())
        name = str(reply["Message-ID"]).strip("<>")
        delays.append(wait_until(Email.objects.filter(message_id=name).exists))
    assert median(delays) < 2
    assert Heartbeat.fresh("watcher")


@pytest.mark.rule("M49")
def test_what_came_while_the_machine_was_off_has_its_receipt(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot
) -> None:
    email = sent(mailbox, aoki)
    engine.look(mailbox)
    before = timezone.now() - timedelta(days=2)
    Mailbox.objects.update(last_synced_at=before, state_since=before)
    reply = reply_to(email, sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    with watching():
        wait_until(lambda: mailbox.absences.filter(until__isnull=False).exists())
    absence = mailbox.absences.get()
    assert (absence.fault, absence.since, absence.headers, absence.found) == (
        "silent",
        before,
        1,
        1,
    )
    assert Notice.objects.filter(kind="mailbox_caught_up").count() == 1


def test_look_now_reaches_the_watcher(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot, watcher: Watcher
) -> None:
    email = sent(mailbox, aoki)
    own = reply_to(email, sender=mailbox.email, to=aoki.email)
    dovecot.append(mailbox.email, "Sent", own.as_bytes())  # IDLE hears of the INBOX alone
    Mailbox.objects.get().look_now()
    wait_until(lambda: Email.objects.count() == 2)


@pytest.mark.rule("M60")
def test_a_mailbox_that_somebody_else_looked_at_is_taken_back_at_once(
    mailbox: Mailbox,
    aoki: Contact,
    dovecot: Dovecot,
    watcher: Watcher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("inbox.sync.watcher.HOUSEKEEPING", 60.0)
    email = sent(mailbox, aoki)
    wait_until(lambda: watcher._housekeeping_at > time.monotonic() + 30)
    engine.look(mailbox, force=True)  # sync_mailbox
    reply = reply_to(email, sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    wait_until(lambda: Email.objects.count() == 2)


def test_it_frees_its_leases_when_it_stops(mailbox: Mailbox, watcher: Watcher) -> None:
    watcher.stop.set()
    wait_until(lambda: Mailbox.objects.get().looking_by == "")
    assert Mailbox.objects.get().claim(timezone.now())


def test_a_connection_that_breaks_is_made_anew(
    hana: User, aoki: Contact, trusted: Dovecot, relay: Relay, mail_user: Callable[..., str]
) -> None:
    mailbox = connect_mailbox(hana, trusted, mail_user("hana"))
    email = sent(mailbox, aoki)
    with Proxy(trusted.imaps) as proxy:
        mailbox.change(imap_port=proxy.port)
        with watching():
            proxy.cut()
            wait_until(lambda: Mailbox.objects.get().failures == 1)
            reply = reply_to(email, sender=aoki.email, to=mailbox.email)
            trusted.deliver(mailbox.email, reply.as_bytes())
            assert Mailbox.objects.get().state == "degraded"
            Mailbox.objects.update(next_look_at=timezone.now())  # the pause is over
            wait_until(lambda: Email.objects.count() == 2, seconds=20)
            wait_until(lambda: Mailbox.objects.get().state == "connected")


def test_what_the_owner_changed_since_counts_for_the_next_mail(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot, watcher: Watcher
) -> None:
    email = sent(mailbox, aoki)
    mailbox.change(visibility="metadata")
    reply = reply_to(email, sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    wait_until(lambda: Email.objects.count() == 2)
    assert Email.objects.latest("pk").visibility == "metadata"


def test_a_server_that_announces_the_same_mail_again_and_again_is_not_hammered(
    hana: User,
) -> None:
    with ImapScript({"IDLE": [b"+ idling\r\n* 3 EXISTS\r\n"]}) as server:
        mailbox = make_mailbox(
            hana,
            imap_host="localhost",
            imap_port=server.port,
            imap_security="none",
            folders=["inbox"],
        )
        mailbox.folders.update(uidvalidity=7, next_uid=10)
        with watching():
            time.sleep(1)
            assert 0 < sum(b"EXAMINE" in command for command in server.commands()) < 10


def test_it_outlives_a_database_that_goes_away_for_a_moment(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot, watcher: Watcher
) -> None:
    """F35. SQLite's is a file, which does not go away."""
    email = sent(mailbox, aoki)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    watcher._renewal_at = watcher._housekeeping_at = 0.0  # at once, not within 20 s
    time.sleep(0.5)
    reply = reply_to(email, sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    wait_until(lambda: Email.objects.count() == 2, seconds=20)


@pytest.mark.rule("M37")
def test_a_password_that_is_changed_while_it_watches_is_tried_once_and_then_asked_for(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot, watcher: Watcher
) -> None:
    """F23: the session lives on, until it is lost. What came meanwhile is found afterwards."""
    email = sent(mailbox, aoki)
    wait_until(lambda: watcher._watched and not any(w.busy for w in watcher._watched.values()))
    dovecot.set_password(mailbox.email, "changed by its provider")
    dovecot.kick(mailbox.email)
    wait_until(lambda: Mailbox.objects.get().state == "degraded")
    Mailbox.objects.update(next_look_at=timezone.now())  # a minute later
    wait_until(lambda: Mailbox.objects.get().state == "disconnected", seconds=20)
    tried = dovecot.refused(mailbox.email)
    for _ in range(2):
        reply = reply_to(email, sender=aoki.email, to=mailbox.email)
        dovecot.deliver(mailbox.email, reply.as_bytes())
        watcher._renewal_at = watcher._housekeeping_at = 0.0
        time.sleep(0.3)
    assert Mailbox.objects.get().waits_for_owner
    assert (tried, dovecot.refused(mailbox.email)) == (1, 1), "it would lock the account"
    Credential.objects.update(password="changed by its provider")
    Mailbox.objects.get().note_reconnected(timezone.now())
    wait_until(lambda: Email.objects.count() == 3, seconds=20)


def test_a_mailbox_that_is_disconnected_is_let_go(mailbox: Mailbox, watcher: Watcher) -> None:
    """F47."""
    mailbox.delete()
    watcher._renewal_at = 0.0
    wait_until(lambda: not watcher._watched)


# --- many, and several ----------------------------------------------------------------------------


def scripted(owner: User, server: ImapScript, number: int) -> Mailbox:
    mailbox = scripted_mailbox(owner, server, email=f"{number}@many.test")
    mailbox.folders.update(uidvalidity=7, next_uid=10)
    return mailbox


def idling(server: ImapScript) -> int:
    return sum(command.endswith(b"IDLE") for command in server.commands())


@pytest.mark.rule("M60")
def test_a_hundred_sessions_are_held_by_a_few_threads(
    hana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox.sync.watcher.AT_ONCE", 40)
    with ImapScript() as server:
        for number in range(100):
            scripted(hana, server, number)
        before = threading.active_count()
        running = Watcher()
        thread = threading.Thread(target=running.run)
        thread.start()
        try:
            wait_until(lambda: idling(server) == 100, seconds=40)
            mine = [t for t in threading.enumerate() if t.name.startswith("look")]
            assert len(mine) <= WORKERS
            time.sleep(1)
            assert idling(server) == 100, "nothing happens while nothing happens"
        finally:
            running.stop.set()
            thread.join(40)
        assert not Mailbox.objects.exclude(looking_by="").exists()
        assert threading.active_count() <= before + 100  # those of the scripted server


@pytest.mark.rule("M60")
def test_a_second_watcher_takes_what_the_first_one_has_no_room_for(
    hana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox.sync.watcher.MOST", 2)
    with ImapScript() as server:
        for number in range(3):
            scripted(hana, server, number)
        watchers = [Watcher(), Watcher()]
        threads = [threading.Thread(target=watcher.run) for watcher in watchers]
        for thread in threads:
            thread.start()
        try:
            wait_until(lambda: idling(server) == 3)
            assert sorted(len(watcher._watched) for watcher in watchers) == [1, 2]
            assert Mailbox.objects.exclude(looking_by="").count() == 3
        finally:
            for watcher, thread in zip(watchers, threads, strict=True):
                watcher.stop.set()
                thread.join(20)


@pytest.mark.rule("M60")
def test_what_a_dead_watcher_held_is_taken_over_within_a_minute(hana: User) -> None:
    assert LEASE.total_seconds() + HOUSEKEEPING < 60
    with ImapScript() as server:
        mailbox = scripted(hana, server, 1)
        soon = timezone.now() + timedelta(seconds=3)
        Mailbox.objects.update(looking_by="dead", looking_until=soon)
        assert not Mailbox.objects.free_to_watch(timezone.now()).exists()
        with watching():
            wait_until(lambda: idling(server) == 1, seconds=15)
            assert timezone.now() > soon
            mailbox.refresh_from_db()
            assert mailbox.looking_by not in ("", "dead")


def test_a_server_without_idle_is_left_to_the_polls(hana: User) -> None:
    answers: Answers = {"CAPABILITY": [b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", b"%tag OK\r\n"]}
    with ImapScript(answers) as server:
        scripted(hana, server, 1)
        running = Watcher()
        thread = threading.Thread(target=running.run)
        thread.start()
        try:
            wait_until(lambda: any(b"LOGOUT" in command for command in server.commands()))
            wait_until(lambda: Mailbox.objects.get().looking_by == "")
            assert Mailbox.objects.due_a_look(timezone.now()).exists()
            assert idling(server) == 0
        finally:
            running.stop.set()
            thread.join(20)
