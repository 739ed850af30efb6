"""How a mailbox does, in words; and the watchdog: silence is itself a fault that is told (M50)."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from crm.models import Heartbeat, Notice, User
from inbox.health import health_of, watch_over
from inbox.models import Absence, Mailbox
from tests.factories import make_mailbox

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    return make_mailbox(hana, last_synced_at=NOW, state_since=NOW - timedelta(days=9))


def run_the_worker(start: float, end: float) -> None:
    """Its heartbeat, from `start` to `end` minutes after NOW."""
    for second in range(int(start * 60), int(end * 60) + 1, 30):
        with time_machine.travel(NOW + timedelta(seconds=second), tick=False):
            Heartbeat.beat("worker")


def watch(minutes: float) -> list[str]:
    watch_over(NOW + timedelta(minutes=minutes))
    return list(Notice.objects.order_by("pk").values_list("kind", flat=True))


@pytest.mark.rule("M50")
def test_no_success_for_a_while_is_told_once_to_its_owner_and_the_admins(
    mailbox: Mailbox, hana: User, mio: User
) -> None:
    run_the_worker(0, 17)
    assert watch(14) == []
    assert watch(16) == ["mailbox_silent", "mailbox_silent"]
    assert {notice.user for notice in Notice.objects.all()} == {hana, mio}
    assert len(watch(17)) == 2
    absence = Absence.objects.get()
    absence.end(NOW + timedelta(minutes=20))
    assert Notice.objects.filter(kind="mailbox_recovered").count() == 2


@pytest.mark.rule("M50")
def test_a_machine_that_was_off_is_given_time_to_look(mailbox: Mailbox) -> None:
    run_the_worker(0, 2)
    run_the_worker(600, 616)
    assert watch(601) == []
    assert watch(614) == []
    assert watch(616) == ["mailbox_silent"]


def test_what_has_a_fault_is_told_by_it_and_not_by_the_watchdog(mailbox: Mailbox) -> None:
    mailbox.note_fault("timeout", "", NOW, transient=True)
    run_the_worker(0, 30)
    assert watch(30) == []
    run_the_worker(30, 400)
    assert watch(400) == ["mailbox_silent"]  # nobody even tries


@pytest.mark.rule("M50")
def test_an_absence_that_is_due_is_told(mailbox: Mailbox) -> None:
    Absence.objects.create(mailbox=mailbox, since=NOW, fault="expired", tell_at=NOW)
    assert watch(1) == ["mailbox_disconnected"]
    assert watch(2) == ["mailbox_disconnected"]


@pytest.mark.rule("M37")
def test_a_folder_that_cannot_be_opened_for_a_while_is_told_once(mailbox: Mailbox) -> None:
    folder = mailbox.folders.get(role="sent")
    folder.change(fault="nonexistent", fault_since=NOW)
    assert watch(14) == []
    assert watch(16) == watch(17) == ["folder_lost"]
    assert Notice.objects.get().values["folder"] == "Sent"
    later = timezone.now() + timedelta(hours=5)  # it was there in between
    folder.change(fault_since=later)
    watch_over(later + timedelta(minutes=16))
    assert Notice.objects.count() == 2
    folder.change(watched=False, fault_since=later + timedelta(hours=1))
    watch_over(later + timedelta(hours=2))
    assert Notice.objects.count() == 2


@pytest.mark.rule("M38")
@pytest.mark.parametrize(
    ("values", "hue", "words"),
    [
        ({}, "tokiwa", "Connected"),
        ({"state": "degraded", "fault": "timeout"}, "yamabuki", "trying again"),
        ({"state": "disconnected", "fault": "login"}, "shu", "action needed"),
        ({"state": "disconnected", "fault": "expired"}, "shu", "Disconnected, trying again"),
        ({"last_synced_at": None}, "asagi", "first look"),
        ({"last_synced_at": NOW - timedelta(days=3)}, "yamabuki", "worker running"),
        (
            {"last_synced_at": NOW - timedelta(days=3), "state_since": NOW},
            "asagi",
            "Connected again, catching up",
        ),
    ],
)
def test_the_health_of_a_mailbox(
    mailbox: Mailbox, values: dict[str, object], hue: str, words: str
) -> None:
    mailbox.change(**values)
    health = health_of(mailbox, NOW)
    assert (health.hue, words in health.words) == (hue, True)


@pytest.mark.rule("M50")
def test_the_health_of_the_system_counts_the_states(mailbox: Mailbox, client: Client) -> None:
    mailbox.change(last_synced_at=NOW - timedelta(hours=1))
    answer = client.get("/api/v1/health").json()
    assert answer["mailboxes"]["connected"] == answer["mailboxes"]["silent"] == 1
    assert set(answer["parts"]) == {"database", "broker", "worker", "beat", "watcher", "storage"}
