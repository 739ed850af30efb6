"""Sent later: which times are offered and read, in which zone, and what holds a letter (M26)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from crm.models import Activity, Contact, Email, Notice, User
from inbox.models import Mailbox, Outgoing
from inbox.sending import composer, later, outbox
from inbox.sending.later import NotATime, offers, read_time
from tests.factories import make_email, make_mailbox
from tests.servers.relay import Relay

pytestmark = pytest.mark.rule("M26")
BERLIN, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")
TUESDAY = datetime(2027, 3, 16, 10, 30, tzinfo=BERLIN)


def at(local: datetime) -> dict[str, str]:
    """The offers, as the clock on the wall shows them there."""
    zone = local.tzinfo
    return {one.label: f"{one.at.astimezone(zone):%a %H:%M}" for one in offers(local)}


# --- times ----------------------------------------------------------------------------------------


def test_usual_times_on_a_morning() -> None:
    assert at(TUESDAY) == {
        "In an hour": "Tue 11:30",
        "This afternoon": "Tue 14:00",
        "Tomorrow morning": "Wed 09:00",
        "Monday morning": "Mon 09:00",
    }


def test_usual_times_late_on_a_sunday() -> None:
    assert at(datetime(2027, 3, 14, 23, 0, tzinfo=BERLIN)) == {
        "In an hour": "Mon 00:00",
        "Tomorrow morning": "Mon 09:00",
    }


def test_nine_is_nine_after_the_clock_was_put_forward() -> None:
    saturday = datetime(2027, 3, 27, 18, 0, tzinfo=BERLIN)  # in that night two becomes three
    assert at(saturday)["Tomorrow morning"] == "Sun 09:00"
    tomorrow = next(one for one in offers(saturday) if one.label == "Tomorrow morning")
    assert tomorrow.at == datetime(2027, 3, 28, 7, 0, tzinfo=UTC)


def test_their_next_working_morning_where_it_is_another_time_there() -> None:
    friday = datetime(2027, 3, 19, 10, 30, tzinfo=BERLIN)  # half past six in the evening there
    last = offers(friday, "Asia/Tokyo")[-1]
    assert last.label == "Their morning in Tokyo"
    assert last.at.astimezone(TOKYO) == datetime(2027, 3, 22, 9, 0, tzinfo=TOKYO)
    early = datetime(2027, 3, 18, 23, 30, tzinfo=BERLIN)  # half past seven on Friday there
    assert offers(early, "Asia/Tokyo")[-1].at == datetime(2027, 3, 19, 0, 0, tzinfo=UTC)
    assert len(offers(friday, "Europe/Paris")) == len(offers(friday))


@pytest.mark.parametrize(
    ("typed", "local"),
    [
        ("tomorrow 9:00", "2027-03-17 09:00"),
        ("tomorrow", "2027-03-17 09:00"),
        ("17:15", "2027-03-16 17:15"),
        ("明日10時", "2027-03-17 10:00"),
        ("3/20 14:30", "2027-03-20 14:30"),
        ("2027-03-20T14:30", "2027-03-20 14:30"),
        ("2027-03-28 02:30", "2027-03-28 03:30"),  # no such time in that night
        ("2027-10-31 02:30", "2027-10-31 02:30"),  # twice: the first of them
    ],
)
def test_a_typed_time_is_meant_in_ones_own_zone(typed: str, local: str) -> None:
    found = read_time(typed, TUESDAY)
    assert f"{found.astimezone(BERLIN):%Y-%m-%d %H:%M}" == local
    if typed.startswith("2027-10-31"):
        assert found == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed", ["", "soon", "call Aiko tomorrow", "2027-03-16 10:00", "2027-13-40", "2099-01-01", "9"]
)
def test_what_is_no_later_time_is_refused_with_words(typed: str) -> None:
    with pytest.raises(NotATime, match=r"\w+ \w+"):
        read_time(typed, TUESDAY)


# --- what waits -----------------------------------------------------------------------------------


def scheduled(mailbox: Mailbox, to: str, *, answers: Email | None = None) -> Outgoing:
    new = composer.NewEmail(
        mailbox=mailbox,
        to=[to],
        subject="Offer",
        text="Hello.",
        answers=answers,
        send_at=timezone.now() + timedelta(hours=1),
        holds=True,
    )
    outgoing: Outgoing = Outgoing.objects.get(email=composer.send(new, by=mailbox.owner))
    return outgoing


def test_it_waits_is_listed_and_can_be_moved(
    db: None, hana: User, ken: User, aoki: Contact
) -> None:
    outgoing = scheduled(make_mailbox(hana), aoki.email)
    assert not Outgoing.objects.due(timezone.now()).exists()
    assert list(Outgoing.objects.scheduled_by(hana)) == [outgoing]
    assert not Outgoing.objects.scheduled_by(ken).exists()
    then = timezone.now() + timedelta(days=2)
    assert later.move(outgoing, then)
    assert Activity.objects.get(email=outgoing.email).at == then
    assert Outgoing.objects.get().due_at == then
    assert outbox.cancel(outgoing) and not Outgoing.objects.scheduled_by(hana).exists()
    assert not later.move(outgoing, then)


@pytest.mark.live
def test_it_is_held_where_they_wrote_meanwhile_and_leaves_when_told_to(
    mailbox: Mailbox, aoki: Contact, relay: Relay, hana: User
) -> None:
    asked = make_email(aoki, by=hana)
    outgoing = scheduled(mailbox, aoki.email, answers=asked)
    answer = make_email(aoki, thread=asked.thread, text="Never mind.", by=hana)
    outbox.attempt(outgoing)
    outgoing.refresh_from_db()
    assert outgoing.state == Outgoing.State.HELD and not relay.accepted_by(aoki.email)
    email = Email.objects.get(pk=outgoing.email_id)
    assert email.status == "scheduled" and "Yuki Aoki" in email.error
    assert Notice.objects.get(kind="send_held").values["email"] == email.pk
    assert later.answer_to(outgoing) == answer
    assert later.move(outgoing, timezone.now())
    outbox.attempt(Outgoing.objects.get())
    assert len(relay.accepted_by(aoki.email)) == 1  # asked once


@pytest.mark.live
@pytest.mark.parametrize("what", ["machine", "before", "somebody else"])
def test_what_is_no_answer_holds_nothing(
    mailbox: Mailbox, aoki: Contact, weber: Contact, relay: Relay, hana: User, what: str
) -> None:
    asked = make_email(aoki, by=hana)
    outgoing = scheduled(mailbox, aoki.email, answers=asked)
    if what == "machine":
        make_email(aoki, thread=asked.thread, auto_reply=True)
    if what == "somebody else":
        make_email(weber)
    outbox.attempt(outgoing)
    assert len(relay.accepted_by(aoki.email)) == 1


@pytest.mark.live
def test_mail_from_whom_a_new_letter_is_for_holds_it(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    outgoing = scheduled(mailbox, aoki.email)
    make_email(aoki, subject="Something else")
    outbox.attempt(outgoing)
    assert not relay.accepted_by(aoki.email)
    assert outbox.cancel(outgoing)  # taken back instead


@pytest.mark.rule("M53")
def test_it_does_not_tell_who_wrote_to_somebody_else_in_private(
    db: None, hana: User, ken: User, aoki: Contact
) -> None:
    outgoing = scheduled(make_mailbox(ken), aoki.email)
    make_email(aoki, by=hana, private=True)
    outbox.attempt(outgoing)
    outgoing.refresh_from_db()
    assert outgoing.state == Outgoing.State.HELD
    said = Email.objects.get(pk=outgoing.email_id).error
    notice = Notice.objects.get(kind="send_held_privately")
    assert "Aoki" not in said and "Aoki" not in str(notice.values)
    assert said == "Held, since a private e-mail came meanwhile."
