"""A sequence, and the people who are put into it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from crm.models import Contact, User
from inbox.models import Enrolment, Mailbox, Outgoing, SendingHours, Sequence
from inbox.outreach import building, enrolling, sequences, waiting
from inbox.sending import outbox

STEPS: list[dict[str, Any]] = [
    {"subject": "Our offer", "html": "<p>Dear {{ contact.name }}, hello.</p>"},
    {"wait_days": 2, "html": "<p>Did you see it, {{ contact.name }}?</p>"},
    {"wait_days": 3, "html": "<p>One last time.</p>", "same_thread": False, "subject": "A call?"},
]
Enrol = Callable[..., list[Enrolment]]


@pytest.fixture
def always_open(hana: User) -> SendingHours:
    """She works day and night, so that a test need not say when it is."""
    windows = {str(day): ["00:00", "23:59:59.999999"] for day in range(7)}
    row: SendingHours = SendingHours.objects.create(user=hana, windows=windows, spacing=0)
    return row


@pytest.fixture
def sequence(hana: User) -> Sequence:
    """Three e-mails: the second answers the first, the third begins anew."""
    row = Sequence(name="Follow-up", owner=hana, farewell="No more of these, please.")
    return building.make(row, STEPS)


@pytest.fixture
def enrol(sequence: Sequence, mailbox: Mailbox, hana: User) -> Enrol:
    def put_in(*contacts: Contact, now: datetime | None = None) -> list[Enrolment]:
        now = now or timezone.now()
        found = enrolling.candidates(sequence, contacts, by=hana, mailbox=mailbox, now=now)
        return enrolling.enrol(sequence, found, mailbox=mailbox, by=hana, now=now)

    return put_in


def tick(now: datetime | None = None) -> None:
    """What the two ticks do: steps that are due, and e-mails that are due."""
    for enrolment in list(Enrolment.objects.due(now or timezone.now())):
        sequences.advance(enrolment, now or timezone.now())
    for outgoing in Outgoing.objects.due(now or timezone.now()):
        if waiting.may_leave(outgoing, now or timezone.now()):
            outbox.attempt(outgoing)


def due_now(enrolment: Enrolment) -> Enrolment:
    """The wait before its next step is over."""
    Enrolment.objects.filter(pk=enrolment.pk).update(next_step_at=timezone.now())
    enrolment.refresh_from_db()
    return enrolment
