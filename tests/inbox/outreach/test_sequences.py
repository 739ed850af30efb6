"""The way through a sequence, against a real mailbox; what left is what the relay took (M25)."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from crm.models import Contact, Email, Task, User
from inbox.models import Enrolment, Mailbox, Outgoing, RawCopy, SendingHours, Sequence, Step
from inbox.models.opt_outs import mark_of
from inbox.outreach import building, sequences, steering, unsubscribing
from inbox.sending import outbox
from tests.inbox.outreach.conftest import Enrol, due_now, tick
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]


@pytest.mark.rule("M25")
@pytest.mark.rule("M29")
def test_a_step_is_an_e_mail_on_the_timeline_and_at_the_relay(
    enrol: Enrol, aoki: Contact, relay: Relay, always_open: SendingHours, settings: Settings
) -> None:
    settings.SITE_URL = "https://crm.example.test"
    [enrolment] = enrol(aoki)
    tick()
    [taken] = relay.accepted_by(aoki.email)
    message = message_from_bytes(taken.raw, policy=policy.default)
    assert message["Subject"] == "Our offer"
    assert "Dear Yuki Aoki, hello." in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert message["List-Unsubscribe"].startswith("<https://crm.example.test/unsubscribe/")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "No more of these, please." in message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    enrolment.refresh_from_db()
    assert enrolment.state == "active"
    assert enrolment.next_step_at > timezone.now() + timedelta(days=1)
    assert taken.raw.endswith(RawCopy.objects.get().text.encode("latin-1"))  # below Received


def test_the_next_step_answers_the_one_before_and_the_third_begins_anew(
    enrol: Enrol, aoki: Contact, relay: Relay, always_open: SendingHours
) -> None:
    [enrolment] = enrol(aoki)
    for _step in range(3):
        tick()
        due_now(enrolment)
    first, second, third = (
        message_from_bytes(each.raw, policy=policy.default)
        for each in relay.accepted_by(aoki.email)
    )
    assert (second["Subject"], second["In-Reply-To"]) == ("Re: Our offer", first["Message-ID"])
    assert (third["Subject"], third["In-Reply-To"]) == ("A call?", None)
    assert Email.objects.values("thread").distinct().count() == 2


def test_after_the_last_step_it_waits_for_an_answer_and_is_finished(
    enrol: Enrol, aoki: Contact, relay: Relay, always_open: SendingHours
) -> None:
    [enrolment] = enrol(aoki)
    for _step in range(4):
        tick()
        due_now(enrolment)
    assert enrolment.state == "finished"
    assert len(relay.accepted_by(aoki.email)) == 3


def test_what_was_refused_for_another_reason_waits_for_a_person(
    enrol: Enrol, aoki: Contact, relay: Relay, always_open: SendingHours
) -> None:
    relay.behave(refuse_data="554 5.7.1 this looks like spam")
    [enrolment] = enrol(aoki)
    tick()
    due_now(enrolment)
    tick()
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.delay) == ("active", "unsent")
    relay.behave()
    assert outbox.retry(Outgoing.objects.get())
    tick()
    due_now(enrolment)
    tick()
    assert len(relay.accepted_by(aoki.email)) == 2


def test_what_has_not_left_is_not_followed_by_another(
    enrol: Enrol, aoki: Contact, relay: Relay, always_open: SendingHours
) -> None:
    relay.behave(refuse_mail="451 4.7.1 later")
    [enrolment] = enrol(aoki)
    tick()
    due_now(enrolment)
    tick()
    assert enrolment.runs.count() == 1


def test_a_task_is_given_to_whoever_enrolled_them(
    enrol: Enrol, sequence: Sequence, aoki: Contact, hana: User, always_open: SendingHours
) -> None:
    step = Step(sequence=sequence, kind=Step.Kind.TASK, title="Call them")
    building.add_step(step, after=0, now=timezone.now())
    enrol(aoki)
    tick()
    task = Task.objects.get()
    assert (task.title, task.assignee) == ("Call them", hana)
    assert task.activity.associations.filter(contact=aoki).exists()
    assert not Outgoing.objects.exists()


def test_what_cannot_be_filled_in_is_not_sent(
    enrol: Enrol, sequence: Sequence, aoki: Contact, relay: Relay, always_open: SendingHours
) -> None:
    [enrolment] = enrol(aoki)
    sequence.steps.filter(position=1).update(html="<p>As {{ contact.job_title }} you know</p>")
    tick()
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.values) == ("stopped", {"fields": "contact.job_title"})
    assert not relay.accepted


def test_nobody_is_written_to_outside_of_the_hours(
    enrol: Enrol, aoki: Contact, hana: User, relay: Relay
) -> None:
    now = timezone.now()
    tomorrow = (timezone.localtime(now) + timedelta(days=1)).weekday()
    SendingHours.objects.create(user=hana, windows={str(tomorrow): ["09:00", "17:00"]})
    [enrolment] = enrol(aoki)
    due_now(enrolment)
    tick()
    enrolment.refresh_from_db()
    assert (enrolment.delay, enrolment.next_step_at.date() > now.date()) == ("hours", True)
    assert not relay.accepted


def test_a_mailbox_sends_so_many_a_day_and_not_two_at_once(
    enrol: Enrol, aoki: Contact, weber: Contact, relay: Relay, always_open: SendingHours
) -> None:
    always_open.change(spacing=60, daily_limit=1)
    with time_machine.travel("2026-11-24T12:00:00Z"):  # the day does not end meanwhile
        enrol(aoki, weber)
        tick()
        tick()
        assert len(relay.accepted) == 1
        tick(timezone.now() + timedelta(minutes=2))
    assert len(relay.accepted) == 1
    assert Enrolment.objects.filter(delay="limit").count() == 1


def test_a_disconnected_mailbox_pauses_and_keeps_the_place(
    enrol: Enrol, aoki: Contact, mailbox: Mailbox, relay: Relay, always_open: SendingHours
) -> None:
    [enrolment] = enrol(aoki)
    Mailbox.objects.filter(pk=mailbox.pk).delete()
    tick()
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.delay) == ("paused", "mailbox")
    assert not steering.resume(enrolment, timezone.now())


def test_who_was_paused_a_moment_ago_gets_no_step(
    enrol: Enrol, aoki: Contact, relay: Relay, always_open: SendingHours
) -> None:
    [enrolment] = enrol(aoki)
    assert enrolment.claim(timezone.now())
    assert steering.pause(enrolment)
    assert not enrolment.settle(next_step_at=timezone.now())
    tick()
    assert not relay.accepted
    assert steering.resume(enrolment, timezone.now())
    Enrolment.objects.update(claimed_until=timezone.now())
    tick()
    assert len(relay.accepted_by(aoki.email)) == 1


@pytest.mark.rule("M25")
def test_who_died_before_the_step_was_written_down_is_replaced_and_no_mail_is_doubled(
    enrol: Enrol,
    aoki: Contact,
    relay: Relay,
    always_open: SendingHours,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [enrolment] = enrol(aoki)

    def dies(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sequences, "_send", dies)
        with pytest.raises(KeyboardInterrupt):
            tick()
    assert not enrolment.runs.exists()
    tick()  # somebody holds it still
    assert not relay.accepted
    later = timezone.now() + timedelta(minutes=4)
    tick(later)
    tick(later)
    assert len(relay.accepted_by(aoki.email)) == 1
    assert enrolment.runs.count() == 1


@pytest.mark.rule("M52")
def test_who_may_not_use_the_mailbox_any_more_sends_nothing_from_it(
    enrol: Enrol,
    aoki: Contact,
    mailbox: Mailbox,
    rin: User,
    relay: Relay,
    always_open: SendingHours,
) -> None:
    [enrolment] = enrol(aoki)
    mailbox.change(owner=rin)
    tick()
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.delay, enrolment.mailbox) == ("paused", "mailbox", None)
    assert not Outgoing.objects.exists()


@pytest.mark.rule("M25")
def test_who_opts_out_while_a_letter_waits_does_not_get_it(
    enrol: Enrol, aoki: Contact, relay: Relay, always_open: SendingHours
) -> None:
    relay.behave(refuse_mail="451 4.7.1 later")
    [enrolment] = enrol(aoki)
    tick()
    assert Outgoing.objects.get().state == "queued"
    unsubscribing.unsubscribe(enrolment.pk, mark_of(aoki.email))
    relay.behave()
    tick(timezone.now() + timedelta(hours=2))
    enrolment.refresh_from_db()
    assert not relay.accepted_by(aoki.email)
    assert Outgoing.objects.get().state == "cancelled"
    assert (enrolment.why, enrolment.ended_after) == ("unsubscribed", None)


def test_who_was_stopped_while_a_letter_waited_gets_it_when_put_back(
    enrol: Enrol, aoki: Contact, hana: User, relay: Relay, always_open: SendingHours
) -> None:
    relay.behave(refuse_mail="451 4.7.1 later")
    [enrolment] = enrol(aoki)
    tick()
    assert steering.stop(enrolment, by=hana, now=timezone.now())
    assert steering.put_back(enrolment)
    relay.behave()
    due_now(enrolment)
    tick()
    assert len(relay.accepted_by(aoki.email)) == 1


def test_what_was_taken_back_is_not_answered_by_the_next(
    enrol: Enrol, aoki: Contact, relay: Relay, always_open: SendingHours
) -> None:
    relay.behave(refuse_mail="451 4.7.1 later")
    [enrolment] = enrol(aoki)
    tick()
    assert outbox.cancel(Outgoing.objects.get())
    relay.behave()
    due_now(enrolment)
    tick()
    [taken] = relay.accepted_by(aoki.email)
    message = message_from_bytes(taken.raw, policy=policy.default)
    assert (message["Subject"], message["In-Reply-To"]) == ("Our offer", None)


@pytest.mark.parametrize("way", ["stop", "archive"])
def test_who_was_paused_stays_so_when_a_stop_is_taken_back(
    enrol: Enrol, aoki: Contact, hana: User, sequence: Sequence, always_open: SendingHours, way: str
) -> None:
    [enrolment] = enrol(aoki)
    steering.pause(enrolment)
    if way == "stop":
        assert steering.stop(enrolment, by=hana, now=timezone.now())
        assert steering.put_back(enrolment)
    else:
        building.archive(sequence, by=hana, now=timezone.now())
        building.take_back(sequence)
    enrolment.refresh_from_db()
    assert enrolment.state == "paused"
    tick()
    assert not Outgoing.objects.exists()
