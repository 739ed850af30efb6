"""The lease of a mailbox, and what its state says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from crm.models import User
from inbox.models import Mailbox
from inbox.models.mailboxes import LEASE
from tests.factories import make_mailbox

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    return make_mailbox(hana)


def test_one_looker_at_a_time(mailbox: Mailbox) -> None:
    token = mailbox.claim(NOW)
    assert token
    assert mailbox.claim(NOW) is None
    assert mailbox.hold(token, NOW + timedelta(seconds=60))
    assert mailbox.claim(NOW + LEASE) is None
    mailbox.release(token, NOW)
    assert mailbox.claim(NOW)


def test_a_dead_ones_lease_runs_out_and_its_writes_are_refused(mailbox: Mailbox) -> None:
    dead = mailbox.claim(NOW)
    assert dead
    assert mailbox.claim(NOW + LEASE)
    assert not mailbox.hold(dead, NOW + LEASE)


def test_renewing_tells_which_leases_are_still_held(mailbox: Mailbox) -> None:
    token = mailbox.claim(NOW)
    assert token
    assert Mailbox.objects.renew([token, "lost"], NOW) == {token}
    assert mailbox.claim(NOW + LEASE - timedelta(seconds=1)) is None


def test_the_last_tick_before_the_end_of_a_poll_finds_it_due(
    mailbox: Mailbox, settings: Settings
) -> None:
    """Whatever the ticks' place in the poll, the next look begins within it."""
    settings.INBOX_POLL_SECONDS = 60
    mailbox.note_success(NOW)
    due = [s for s in range(120) if Mailbox.objects.due_a_look(NOW + timedelta(seconds=s))]
    assert due[0] == 60 - 5


@pytest.mark.rule("M37")
def test_a_transient_fault_is_tried_again_ever_later(mailbox: Mailbox) -> None:
    waits = []
    for _ in range(9):
        mailbox.note_fault("timeout", "", NOW, transient=True)
        waits.append((mailbox.next_look_at - NOW).total_seconds())
    assert mailbox.state == "degraded"
    nominal = [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert all(abs(was - said) <= said / 5 for was, said in zip(waits, nominal, strict=True))
    assert waits != nominal, "not all mailboxes of a server come back in the same second"


def test_a_lasting_fault_waits_for_its_owner(mailbox: Mailbox) -> None:
    mailbox.note_fault("authenticationfailed", "No.", NOW, transient=False)
    assert (mailbox.state, mailbox.state_since) == ("disconnected", NOW)
    later = NOW + timedelta(days=1)
    assert not Mailbox.objects.due_a_look(later).exists()
    assert not Mailbox.objects.free_to_watch(later).exists()
    mailbox.note_success(later)
    assert (mailbox.state, mailbox.state_reason, mailbox.failures) == ("connected", "", 0)


def test_a_fault_is_written_at_once_with_when_it_is_tried_again(mailbox: Mailbox) -> None:
    """Who reads the one reads the other; and a database that goes away between leaves neither."""
    mailbox.note_success(NOW)

    def goes_away(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and "next_look_at" in sql:
            raise OperationalError("server closed the connection unexpectedly")
        return execute(sql, *rest)

    with connection.execute_wrapper(goes_away), pytest.raises(OperationalError):
        mailbox.note_fault("timeout", "", NOW, transient=True)
    assert Mailbox.objects.get().state == "connected"


def test_look_now_makes_it_due_once(mailbox: Mailbox) -> None:
    mailbox.note_success(NOW)
    assert not mailbox.take_asked()
    mailbox.look_now()
    assert mailbox.take_asked()
    assert not mailbox.take_asked()


@pytest.mark.rule("M37")
def test_a_passing_fault_that_does_not_pass_counts_as_a_lasting_one(
    mailbox: Mailbox, settings: Settings
) -> None:
    settings.INBOX_TROUBLE_HOURS = 4
    mailbox.note_success(NOW)
    for minutes in (0, 60, 180, 239):
        mailbox.note_fault("timeout", "", NOW + timedelta(minutes=minutes), transient=True)
        assert mailbox.state == "degraded"
    mailbox.note_fault("timeout", "", NOW + timedelta(hours=4), transient=True)
    assert (mailbox.state, mailbox.state_since) == ("disconnected", NOW)
    mailbox.note_fault("refused", "", NOW + timedelta(hours=5), transient=True)
    assert mailbox.state == "disconnected"  # and is still tried again
    assert Mailbox.objects.due_a_look(NOW + timedelta(hours=7)).exists()


@pytest.mark.rule("M37")
def test_where_only_reading_has_trouble_sending_is_not_refused(mailbox: Mailbox) -> None:
    mailbox.note_fault("expired", "", NOW, transient=False, again=True)
    assert Mailbox.objects.working().exists() and not mailbox.waits_for_owner
    mailbox.note_fault("authenticationfailed", "", NOW, transient=False)
    assert not Mailbox.objects.working().exists() and mailbox.waits_for_owner
