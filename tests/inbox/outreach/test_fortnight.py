"""A fortnight in December with five customers: each gets the mails that they should, no more.

The clock is moved, to the past, since no server keeps a mail that came tomorrow; Dovecot and the
relay are real, and what counts is what the relay took (M25, M56).
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from crm.models import Contact, Email, Note, User
from inbox.models import Enrolment, Mailbox, SendingHours, StepRun
from inbox.sync import engine
from tests.factories import connect_mailbox, make_contact
from tests.inbox.letters import bounce_of, letter, reply_to
from tests.inbox.outreach.conftest import Enrol, tick
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]
BERLIN = ZoneInfo("Europe/Berlin")
BEGIN, END = (
    datetime(2025, 12, 15, 8, 0, tzinfo=BERLIN),
    datetime(2025, 12, 31, 20, 0, tzinfo=BERLIN),
)
FREE = {date(2025, 12, 24), date(2025, 12, 25), date(2025, 12, 26)}
OUT_OF_OFFICE = {
    "subject": "Automatic reply: Our offer",
    "text": "I am out of the office and will be back on 29 December.",
    "Auto_Submitted": "auto-replied",
}
Event = tuple[datetime, Callable[[], None]]


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(BEGIN.astimezone(UTC), tick=True) as traveller:
        yield traveller


@pytest.fixture
def mailbox(
    clock: time_machine.Traveller,
    hana: User,
    trusted: Dovecot,
    mail_user: Callable[..., str],
    relay: Relay,
) -> Mailbox:
    return connect_mailbox(hana, trusted, mail_user("hana"))


@pytest.fixture
def hours(hana: User) -> SendingHours:
    hana.change(time_zone="Europe/Berlin")
    row: SendingHours = SendingHours.objects.create(
        user=hana, country="DE", days_off=["2025-12-24"], spacing=600
    )
    return row


def berlin(day: int, hour: int) -> datetime:
    return datetime(2025, 12, day, hour, tzinfo=BERLIN)


def live(clock: time_machine.Traveller, events: list[Event]) -> None:
    """From one moment at which something is due or happens to the next."""
    while True:
        waiting = Enrolment.objects.filter(state="active").order_by("next_step_at").first()
        moments = [at for at, _what in events[:1]]
        moments += [waiting.next_step_at] if waiting else []
        moment = min(moments, default=END)
        if moment >= END:
            return
        clock.move_to(max(moment, timezone.now()).astimezone(UTC) + timedelta(minutes=1))
        while events and events[0][0] <= timezone.now():
            events.pop(0)[1]()
        tick()


@pytest.fixture
def people(clock: time_machine.Traveller, hana: User) -> dict[str, Contact]:
    """Named after what they do."""
    return {
        name: make_contact(
            f"{name.lower()}@customer.test", first_name=name, last_name="", owner=hana
        )
        for name in ("Silent", "Answers", "Writes", "Away", "Gone")
    }


@pytest.fixture
def events(
    people: dict[str, Contact], mailbox: Mailbox, dovecot: Dovecot, relay: Relay
) -> list[Event]:
    """What they and their servers write; it is made when its time has come."""

    def arrives(at: datetime, make: Callable[[], bytes]) -> Event:
        def happen() -> None:
            dovecot.append(mailbox.email, "INBOX", make(), at=at)
            engine.look(Mailbox.objects.get(pk=mailbox.pk))

        return at, happen

    def bounce() -> bytes:
        gone = people["Gone"].email
        [taken] = relay.accepted_by(gone)
        return bounce_of(taken.raw, recipient=gone, to=mailbox.email)

    return [
        arrives(berlin(15, 12), bounce),
        arrives(berlin(16, 7), lambda: answer(people["Away"], mailbox, **OUT_OF_OFFICE)),
        arrives(berlin(16, 11), lambda: answer(people["Answers"], mailbox)),
        arrives(berlin(18, 20), lambda: unasked(people["Writes"], mailbox)),
    ]


def answer(contact: Contact, mailbox: Mailbox, **more: str) -> bytes:
    first = Email.objects.filter(participants__contact=contact).earliest("pk")
    return reply_to(first, sender=contact.email, to=mailbox.email, **more).as_bytes()


def unasked(contact: Contact, mailbox: Mailbox) -> bytes:
    return letter(sender=contact.email, to=mailbox.email, subject="A question").as_bytes()


@pytest.mark.once
@pytest.mark.rule("M25")
@pytest.mark.rule("M56")
def test_each_gets_the_mails_that_they_should(
    clock: time_machine.Traveller,
    enrol: Enrol,
    hours: SendingHours,
    people: dict[str, Contact],
    events: list[Event],
    relay: Relay,
) -> None:
    enrol(*people.values())
    live(clock, events)
    assert {name: subjects_to(contact, relay) for name, contact in people.items()} == {
        "Silent": ["Our offer", "Re: Our offer", "A call?"],
        "Answers": ["Our offer"],
        "Writes": ["Our offer", "Re: Our offer"],
        "Away": ["Our offer", "Re: Our offer"],
        "Gone": ["Our offer"],
    }
    ended = dict(Enrolment.objects.values_list("contact__first_name", "why"))
    assert ended == {
        "Silent": "",
        "Answers": "reply",
        "Writes": "mail",
        "Away": "",
        "Gone": "bounce",
    }
    sent = sorted(run.at.astimezone(BERLIN) for run in StepRun.objects.all())
    assert all(time(9) <= at.time() < time(17) for at in sent)
    assert all(at.weekday() < 5 and at.date() not in FREE for at in sent)
    assert all(b - a >= timedelta(minutes=10) for a, b in zip(sent, sent[1:], strict=False))
    assert day_of_step(2, people["Away"]) == date(2025, 12, 30)
    assert day_of_step(3, people["Silent"]) == date(2025, 12, 22)
    assert Note.objects.count() == 3
    assert not Email.objects.filter(subject="A question").exists()  # it is not ours to read


def subjects_to(contact: Contact, relay: Relay) -> list[str]:
    """Of what the relay took for them."""
    return [
        message_from_bytes(each.raw, policy=policy.default)["Subject"]
        for each in relay.accepted_by(contact.email)
    ]


def day_of_step(position: int, contact: Contact) -> date:
    run = StepRun.objects.get(enrolment__contact=contact, step__position=position)
    return run.at.astimezone(BERLIN).date()
