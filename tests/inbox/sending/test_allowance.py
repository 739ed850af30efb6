"""Within what the provider allows: counted, held back, and sent when there is room (M58)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from crm.models import Contact, Email, User
from inbox.models import Mailbox, Outgoing, Redelivery
from inbox.sending import again, allowance, composer, outbox, sent_copy
from inbox.sending.allowance import DAY, MINUTE, Room, remaining
from tests.factories import make_mailbox
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M58")]
START = datetime(2027, 3, 1, 9, tzinfo=UTC)


def written(mailbox: Mailbox, *to: str) -> Outgoing:
    draft = composer.NewEmail(mailbox=mailbox, to=to or ["a@b.test"], subject="s", text="t")
    outgoing: Outgoing = Outgoing.objects.get(email=composer.send(draft, by=mailbox.owner))
    return outgoing


def sent(mailbox: Mailbox, at: datetime, *to: str) -> Outgoing:
    outgoing = written(mailbox, *to)
    Outgoing.objects.filter(pk=outgoing.pk).update(
        state=Outgoing.State.SENT, counted_at=at, copy_state=Outgoing.CopyState.FILED
    )
    return outgoing


def taken(outgoing: Outgoing, now: datetime) -> allowance.Wait | None:
    assert outgoing.claim(now)
    return allowance.take(outgoing, now)


@pytest.fixture
def small(hana: User) -> Mailbox:
    """A mailbox that may send three a day."""
    return make_mailbox(hana, most_a_day=3)


# --- the arithmetic -------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(0, 86_399), st.integers(1, 9)), max_size=30),
    st.integers(1, 30),
    st.integers(1, 60),
    st.integers(0, 3),
    st.integers(1, 9),
)
def test_there_is_room_once_the_last_one_is_forgotten_and_not_before(
    seconds: list[tuple[int, int]], messages: int, recipients: int, ahead: int, number: int
) -> None:
    sent = sorted((START + timedelta(seconds=second), n) for second, n in seconds)
    room = Room(messages, recipients)
    last = room.last_to_forget(sent, ahead, number)

    def holds(left: list[tuple[datetime, int]]) -> bool:
        total = sum(n for _at, n in left)
        return len(left) + ahead + 1 <= messages and total + ahead + number <= recipients

    if last is None:
        assert holds(sent) or not sent
        return
    before = [row for row in sent if row[0] >= last]
    after = [row for row in sent if row[0] > last]
    assert not holds(before)
    assert holds(after) or not after


def test_an_unknown_limit_holds_everything() -> None:
    assert Room().last_to_forget([(START, 9_999)] * 100, 50, 500) is None


# --- what is left ---------------------------------------------------------------------------------


def test_nothing_is_asked_where_no_limit_is_known(
    hana: User, django_assert_num_queries: object
) -> None:
    mailbox = make_mailbox(hana)
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert remaining(mailbox, timezone.now()) == allowance.Allowance()


def test_what_left_a_day_ago_counts_no_more(small: Mailbox) -> None:
    now = timezone.now()
    sent(small, now - DAY)
    sent(small, now - DAY + MINUTE)
    found = remaining(small, now)
    assert (found.today, found.a_day, found.next_at) == (2, 3, None)


def test_what_waits_in_the_queue_is_taken_off_before_it_leaves(small: Mailbox) -> None:
    """Or whoever plans a hundred letters in one go would plan all of them for today."""
    written(small)
    assert remaining(small, timezone.now()).today == 2


def test_recipients_count_where_the_provider_counts_them(hana: User) -> None:
    box = make_mailbox(hana, email="a@gmail.com", imap_host="imap.gmail.com")
    sent(box, timezone.now(), *(f"p{n}@b.test" for n in range(90)))
    assert remaining(box, timezone.now()).today == 410


def test_it_says_when_the_next_one_may_leave(small: Mailbox) -> None:
    now = timezone.now()
    for hours in (20, 10, 5):
        sent(small, now - timedelta(hours=hours))
    found = remaining(small, now)
    assert (found.today, found.next_at) == (0, now + timedelta(hours=4))
    assert found.low


def test_the_questions_do_not_grow_with_what_was_sent(
    small: Mailbox, django_assert_max_num_queries: object
) -> None:
    for _n in range(3):
        sent(small, timezone.now())
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        remaining(small, timezone.now())


# --- leaving or waiting ---------------------------------------------------------------------------


def test_the_fourth_of_three_waits_for_the_first_to_be_a_day_old(small: Mailbox) -> None:
    one, two = written(small), written(small)
    now = timezone.now()
    for hours in (20, 10, 5):
        sent(small, now - timedelta(hours=hours))
    assert taken(one, now) == (Outgoing.Waits.DAY, now + timedelta(hours=4))
    one.settle(state=Outgoing.State.QUEUED, waits="day", claimed_until=now)
    assert taken(two, now) == (Outgoing.Waits.DAY, now + timedelta(hours=14))  # behind it


def test_the_minute_is_counted_by_itself(hana: User) -> None:
    box = make_mailbox(hana, most_a_minute=1)
    one, now = written(box), timezone.now()
    sent(box, now - timedelta(seconds=20))
    assert taken(one, now) == (Outgoing.Waits.MINUTE, now + timedelta(seconds=40))


def test_no_more_sessions_at_once_than_it_allows(hana: User) -> None:
    box = make_mailbox(hana)
    first, second, third, fourth = (written(box) for _n in range(4))
    now = timezone.now()
    assert [taken(row, now) for row in (first, second, third)] == [None, None, None]
    assert taken(fourth, now) == ("", now + allowance.SOON)
    first.settle(state=Outgoing.State.SENT, claimed_until=now)  # its copy is due, nobody has it
    assert allowance.has_session(first, now)
    fourth.settle(claimed_until=now)
    assert taken(fourth, now) is None
    sent_copy.attempt(first)
    first.refresh_from_db()
    assert first.copy_attempts == 0  # three others have the server's attention


@pytest.mark.live
def test_what_has_no_room_stays_in_the_queue_and_says_so(
    mailbox: Mailbox, aoki: Contact, relay: Relay, client: Client, hana: User
) -> None:
    mailbox.change(most_a_day=1)
    first, second = written(mailbox, aoki.email), written(mailbox, aoki.email)
    for row in (first, second):
        outbox.attempt(row)
    assert len(relay.accepted_by(aoki.email)) == 1
    second.refresh_from_db()
    assert (second.state, second.waits, second.attempts) == ("queued", "day", 0)
    assert second.due_at == Outgoing.objects.get(pk=first.pk).counted_at + DAY
    assert Email.objects.get(pk=second.email_id).status == "queued"
    client.force_login(hana)
    assert "daily limit until" in client.get(f"/emails/{second.email_id}/").content.decode()
    Outgoing.objects.filter(pk=first.pk).update(counted_at=timezone.now() - DAY)
    outbox.attempt(second)
    assert len(relay.accepted_by(aoki.email)) == 2


@pytest.mark.live
def test_what_the_server_did_not_take_is_not_counted(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    mailbox.change(most_a_day=1)
    relay.behave(refuse_data="452 busy")
    outgoing = written(mailbox, aoki.email)
    outbox.attempt(outgoing)
    assert Outgoing.objects.get(pk=outgoing.pk).counted_at is None
    assert remaining(mailbox, timezone.now()).today == 1


def test_more_recipients_than_it_takes_are_refused_when_written(hana: User) -> None:
    box = make_mailbox(hana, email="a@gmail.com", imap_host="imap.gmail.com")
    with pytest.raises(composer.NotSendable, match="100 recipients"):
        written(box, *(f"p{n}@b.test" for n in range(101)))


# --- to those who were refused the first time -----------------------------------------------------


def delivered_again(box: Mailbox, at: datetime, *to: str) -> Redelivery:
    row: Redelivery = Redelivery.objects.create(
        outgoing=sent(box, at - timedelta(days=2)),
        addresses=list(to),
        state=Redelivery.State.DONE,
        counted_at=at,
        due_at=at,
        claimed_until=at,
    )
    return row


def test_what_is_delivered_again_counts_as_what_it_is(small: Mailbox, hana: User) -> None:
    now = timezone.now()
    delivered_again(small, now - timedelta(hours=3), "a@b.test", "c@b.test")
    delivered_again(small, now - timedelta(hours=30), "a@b.test")
    assert remaining(small, now).today == 2
    gmail = make_mailbox(hana, email="a@gmail.com", imap_host="imap.gmail.com")
    before = remaining(gmail, now).today
    delivered_again(gmail, now, *(f"p{n}@b.test" for n in range(9)))
    after = remaining(gmail, now).today
    assert before is not None and after == before - 9
    for hours in (20, 10):
        sent(small, now - timedelta(hours=hours))
    one = written(small)
    assert taken(one, timezone.now()) == (Outgoing.Waits.DAY, now + timedelta(hours=4))


def test_it_has_a_session_as_any_other(hana: User) -> None:
    box = make_mailbox(hana)
    one, now = written(box), timezone.now()
    for _n in range(3):
        row = delivered_again(box, now)
        Redelivery.objects.filter(pk=row.pk).update(
            state="sending", claimed_until=now + timedelta(minutes=1)
        )
    assert taken(one, now) == ("", now + allowance.SOON)


@pytest.mark.live
def test_what_is_delivered_again_waits_for_room_and_is_counted_once_it_left(
    mailbox: Mailbox, aoki: Contact, relay: Relay
) -> None:
    mailbox.change(most_a_day=1)
    relay.behave(refuse_rcpt={"kenji@x.test": "451 4.7.1 come back"})
    outbox.attempt(written(mailbox, aoki.email, "kenji@x.test"))
    relay.behave()
    row = Redelivery.objects.get()
    again.attempt(row)
    row.refresh_from_db()
    kenji = row.outgoing.email.participants.get(address="kenji@x.test")
    assert (row.state, row.attempts, row.counted_at) == ("queued", 1, None)
    assert kenji.status == "deferred" and "daily limit until" in kenji.server_said
    assert row.due_at == row.outgoing.counted_at + DAY
    Outgoing.objects.update(counted_at=timezone.now() - DAY)
    relay.behave(refuse_data="452 busy")
    again.attempt(row)
    assert remaining(mailbox, timezone.now()).today == 1  # nothing was taken
    relay.behave()
    again.attempt(Redelivery.objects.get())
    assert len(relay.accepted_by("kenji@x.test")) == 1
    assert remaining(mailbox, timezone.now()).today == 0
