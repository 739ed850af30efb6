"""Two workers at one enrolment, and at one mailbox: each step once, and not two at a time (M25)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from crm.models import Contact, User
from inbox.models import Enrolment, Mailbox, Outgoing, SendingHours, Sequence, StepRun
from inbox.outreach import enrolling, sequences
from tests.inbox.outreach.conftest import Enrol
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live]


def advance(enrolment_id: int) -> None:
    """What a worker does with a row that a tick has found."""
    try:
        row = Enrolment.objects.filter(pk=enrolment_id).first()
        assert row is not None
        sequences.advance(row, timezone.now())
    finally:
        connection.close()


@pytest.mark.rule("M25")
def test_two_workers_take_a_step_once(
    enrol: Enrol, aoki: Contact, relay: Relay, always_open: SendingHours
) -> None:
    [enrolment] = enrol(aoki)
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(advance, [enrolment.pk] * 4))
    assert StepRun.objects.count() == 1
    assert Outgoing.objects.count() == 1


def test_two_workers_do_not_send_from_one_mailbox_at_once(
    enrol: Enrol, aoki: Contact, weber: Contact, relay: Relay, always_open: SendingHours
) -> None:
    always_open.change(spacing=60)
    rows = enrol(aoki, weber)
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(advance, [row.pk for row in rows]))
    assert StepRun.objects.count() == 1
    waiting = Enrolment.objects.filter(runs=None).get()
    assert waiting.next_step_at > timezone.now()


def test_two_who_enrol_the_same_person_at_once_make_one_enrolment(
    sequence: Sequence, aoki: Contact, hana: User, mailbox: Mailbox, always_open: SendingHours
) -> None:
    now = timezone.now()
    found = enrolling.candidates(sequence, [aoki], by=hana, mailbox=mailbox, now=now)

    def put_in(_n: int) -> int:
        try:
            return len(enrolling.enrol(sequence, found, mailbox=mailbox, by=hana, now=now))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(put_in, range(4))) == 1
    assert Enrolment.objects.count() == 1
