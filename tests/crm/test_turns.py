"""Done, later, somebody else's: what people decide about conversations, and the ways back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm import notices, turns, undo
from crm.models import Contact, LastRead, Notice, Thread, User
from tests.factories import make_contact, make_email

NOW = timezone.now


def kept(*threads: Thread) -> list[Thread]:
    rows = Thread.objects.in_bulk([thread.pk for thread in threads])
    return [rows[thread.pk] for thread in threads]


def states(*threads: Thread) -> list[str]:
    return [thread.state for thread in kept(*threads)]


def test_done_until_somebody_writes(hana: User, aoki: Contact) -> None:
    threads = [make_email(aoki, by=hana).thread for _number in range(2)]
    entry = turns.finish(threads, by=hana)
    assert states(*threads) == ["done", "done"]
    assert undo.undo(entry) and states(*threads) == ["ours", "ours"]
    turns.finish(threads, by=hana)
    make_email(aoki, by=hana, thread=threads[0])
    assert states(*threads) == ["ours", "done"]
    assert undo.undo(turns.reopen(kept(threads[1]), by=hana))
    assert states(threads[1]) == ["done"]


def test_done_again_although_its_newest_goes(hana: User, aoki: Contact) -> None:
    first = make_email(aoki, by=hana, at=NOW() - timedelta(hours=1))
    second = make_email(aoki, by=hana, thread=first.thread)
    turns.finish([first.thread], by=hana)
    second.activity.trash()
    assert states(first.thread) == ["done"]


def test_snoozed_until_a_time(hana: User, aoki: Contact) -> None:
    thread = make_email(aoki, by=hana, direction="outgoing").thread
    until = NOW() + timedelta(days=1)
    entry = turns.snooze(kept(thread), until, by=hana)
    assert kept(thread)[0].snoozed_until == until
    assert list(Thread.objects.of(hana).needing_reply(until)) == [thread]
    assert undo.undo(entry)
    assert states(thread) == ["theirs"] and kept(thread)[0].snoozed_until is None


def test_what_was_done_can_be_snoozed_and_what_is_snoozed_done(hana: User, aoki: Contact) -> None:
    thread = make_email(aoki, by=hana).thread
    turns.finish([thread], by=hana)
    turns.snooze(kept(thread), NOW() + timedelta(days=1), by=hana)
    assert states(thread) == ["ours"]
    entry = turns.finish(kept(thread), by=hana)
    assert states(thread) == ["done"] and kept(thread)[0].snoozed_until is None
    assert undo.undo(entry)
    assert kept(thread)[0].snoozed_until and states(thread) == ["ours"]
    turns.wake(kept(thread), by=hana)
    assert kept(thread)[0].snoozed_until is None


def test_who_is_given_one_is_told(hana: User, ken: User, aoki: Contact) -> None:
    thread = make_email(aoki, by=hana, subject="Offer").thread
    turns.snooze([thread], NOW() + timedelta(days=1), by=hana)
    entry = turns.assign(kept(thread), ken, by=hana)
    [now_kens] = kept(thread)
    assert now_kens.whose == ken and now_kens.snoozed_until is None
    told = notices.shown(Notice.objects.get(user=ken))
    assert (told.title, told.body) == ("Hana gave you a conversation", "Offer")
    assert undo.undo(entry) and kept(thread)[0].whose == hana
    turns.assign(kept(thread), ken, by=ken)
    assert Notice.objects.count() == 1  # nobody is told what they did
    turns.assign(kept(thread), None, by=ken)
    assert kept(thread)[0].whose == hana


def test_many_that_are_given_are_told_once(hana: User, ken: User, aoki: Contact) -> None:
    turns.assign([make_email(aoki, by=hana).thread for _number in range(3)], ken, by=hana)
    assert notices.shown(Notice.objects.get(user=ken)).title == "Hana gave you 3 conversations"


@pytest.mark.rule("M53")
def test_nobody_is_given_what_they_may_not_see(hana: User, ken: User, aoki: Contact) -> None:
    thread = make_email(aoki, by=hana, private=True).thread
    with pytest.raises(turns.NotVisible):
        turns.assign([thread], ken, by=hana)
    assert kept(thread)[0].whose == hana


def test_the_trash_takes_what_one_sees(hana: User, ken: User, aoki: Contact) -> None:
    mine = make_email(aoki, by=hana)
    private = make_email(aoki, by=ken, private=True, thread=mine.thread)
    entry = turns.trash([mine.thread], by=hana)
    mine.refresh_from_db()
    private.refresh_from_db()
    assert mine.activity.deleted_at and not private.activity.deleted_at
    assert kept(mine.thread)[0].newest == private
    assert undo.undo(entry)
    mine.activity.refresh_from_db()
    assert mine.activity.deleted_at is None


def test_another_matter_still_waits(hana: User, aoki: Contact) -> None:
    asked = make_email(aoki, by=hana)
    aside = make_email(aoki, by=hana, thread=asked.thread, apart="unrelated")
    turns.settle(aside, by=hana)
    asked.refresh_from_db()
    aside.refresh_from_db()
    assert (asked.waits, aside.waits) == (True, False)


def test_read_and_unread(hana: User) -> None:
    future = NOW() + timedelta(minutes=9)
    thread = make_email(make_contact(owner=hana), by=hana, at=future).thread
    [thread] = kept(thread)
    turns.read(thread, hana)
    turns.read(thread, hana)
    assert LastRead.objects.get().at >= future
    assert not Thread.objects.with_unread(hana).get().unread
    turns.unread([thread], hana)
    assert Thread.objects.with_unread(hana).get().unread
