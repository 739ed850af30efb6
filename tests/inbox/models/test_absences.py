"""Absences: who is told of them, once; and the receipt of what was found when one is over."""

from datetime import UTC, datetime, timedelta

import pytest

from crm.models import Notice, User
from inbox.models import Absence, Mailbox
from tests.factories import make_mailbox

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 3, 1, 12, tzinfo=UTC)
REFUSED = ("authenticationfailed", "No.")


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    return make_mailbox(hana, last_synced_at=NOW - timedelta(minutes=1))


def told(user: User | None = None) -> list[str]:
    rows = Notice.objects.filter(user=user) if user else Notice.objects.all()
    kinds = rows.order_by("pk").values_list("kind", flat=True)
    return [kind.removeprefix("mailbox_") for kind in kinds]


def refuse(mailbox: Mailbox, now: datetime, fault: str = "authenticationfailed") -> None:
    """As a look that fails; all but a refused password is tried again."""
    again = fault != "authenticationfailed"
    mailbox.note_fault(fault, "No.", now, transient=False, again=again)


def tick(now: datetime) -> list[str]:
    """As the watchdog does."""
    for absence in Absence.objects.to_tell(now):
        absence.tell()
    return told()


def recover(mailbox: Mailbox, now: datetime) -> None:
    """As a look does that reaches the server."""
    if absence := mailbox.reached(now):
        absence.end(now)
    mailbox.note_success(now)


@pytest.mark.rule("M37")
def test_its_owner_is_told_once_an_incident_and_once_that_it_is_over(mailbox: Mailbox) -> None:
    mailbox.note_fault("timeout", "", NOW, transient=True)
    recover(mailbox, NOW)
    assert told() == []  # a passing fault is nobody's business
    refuse(mailbox, NOW)
    mailbox.note_fault(*("authenticationfailed", "Still no."), NOW, transient=False)
    mailbox.note_fault("timeout", "", NOW, transient=True)
    refuse(mailbox, NOW)
    assert told() == ["disconnected"]
    recover(mailbox, NOW)
    recover(mailbox, NOW)
    assert told() == ["disconnected", "recovered"]
    refuse(mailbox, NOW + timedelta(hours=2))
    assert told()[2:] == ["disconnected"]


@pytest.mark.rule("M37")
def test_what_may_pass_by_itself_is_told_when_it_has_not(mailbox: Mailbox) -> None:
    """A proxy that answers wrongly for a minute is nobody's business, though no fault of ours."""
    refuse(mailbox, NOW, "handshake")
    recover(mailbox, NOW + timedelta(minutes=1))
    assert tick(NOW + timedelta(days=1)) == []
    start = NOW + timedelta(hours=2)
    refuse(mailbox, start, "expired")
    refuse(mailbox, start + timedelta(minutes=10), "wrong_name")
    assert tick(start + timedelta(minutes=14)) == []
    assert tick(start + timedelta(minutes=15)) == ["disconnected"]
    refuse(mailbox, start + timedelta(hours=1), "expired")
    assert tick(start + timedelta(days=9)) == ["disconnected"]


@pytest.mark.rule("M37")
def test_what_flaps_is_told_again_only_when_it_lasts(mailbox: Mailbox) -> None:
    refuse(mailbox, NOW - timedelta(minutes=20), "expired")
    assert tick(NOW) == ["disconnected"]
    for minute in range(0, 50, 10):
        refuse(mailbox, NOW + timedelta(minutes=minute), "expired")
        recover(mailbox, NOW + timedelta(minutes=minute + 5))
        tick(NOW + timedelta(minutes=minute + 6))
    assert told() == ["disconnected", "recovered"]
    assert Absence.objects.count() == 1
    again = NOW + timedelta(minutes=50)
    refuse(mailbox, again, "expired")
    assert len(tick(again + timedelta(minutes=59))) == 2
    assert tick(again + timedelta(minutes=60))[2:] == ["disconnected"]
    assert len(tick(again + timedelta(days=9))) == 3


def test_a_fault_that_only_its_owner_can_end_is_told_at_once_whatever_was_before(
    mailbox: Mailbox,
) -> None:
    refuse(mailbox, NOW, "expired")
    refuse(mailbox, NOW)
    assert told() == ["disconnected"]
    refuse(mailbox, NOW, "wrong_name")
    refuse(mailbox, NOW)
    assert tick(NOW + timedelta(days=1)) == ["disconnected"]


@pytest.mark.rule("M49")
def test_the_receipt_counts_from_the_last_success_to_the_end(mailbox: Mailbox) -> None:
    refuse(mailbox, NOW)
    mailbox.note_reconnected(NOW + timedelta(days=3))
    absence = mailbox.reached(NOW + timedelta(days=3))
    assert absence is not None
    absence.add(headers=2000, found=4)
    again = mailbox.reached(NOW + timedelta(days=3))  # the worker was restarted meanwhile
    assert again is not None
    again.add(headers=418, found=7)
    again.end(NOW + timedelta(days=3, minutes=1))
    absence.refresh_from_db()
    assert (absence.headers, absence.found) == (2418, 11)
    assert absence.since == NOW - timedelta(minutes=1)
    assert absence.until == NOW + timedelta(days=3, minutes=1)
    values = Notice.objects.get(kind="mailbox_recovered").values
    assert (values["headers"], values["found"]) == (2418, 11)


@pytest.mark.rule("M49")
def test_a_machine_that_was_off_is_an_absence_without_a_fault(mailbox: Mailbox) -> None:
    assert mailbox.reached(NOW) is None
    recover(mailbox, NOW + timedelta(minutes=30))
    assert [row.fault for row in Absence.objects.all()] == ["silent"]
    assert told() == []  # half an hour is no news
    recover(mailbox, NOW + timedelta(days=2))
    assert told() == ["caught_up"]
    assert Notice.objects.get().mail_due_at is None


@pytest.mark.rule("M37")
def test_a_mail_that_had_not_left_when_it_was_over_is_not_sent(mailbox: Mailbox) -> None:
    refuse(mailbox, NOW)
    assert Notice.objects.exclude(mail_due_at=None).count() == 1
    recover(mailbox, NOW + timedelta(minutes=1))
    assert not Notice.objects.exclude(mail_due_at=None).exists()


@pytest.mark.rule("M37")
def test_of_a_shared_mailbox_the_admins_are_told_as_well(
    mailbox: Mailbox, hana: User, ken: User, mio: User
) -> None:
    mailbox.change(team=ken.team)
    refuse(mailbox, NOW)
    recover(mailbox, NOW + timedelta(hours=3))
    assert told(hana) == told(mio) == ["disconnected", "recovered"]
    assert told(ken) == []
