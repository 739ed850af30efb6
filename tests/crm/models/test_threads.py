"""What a conversation keeps of its e-mails, and who sees it in a list."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm import conversations, undo
from crm.models import Audience, Contact, LastRead, Reader, Thread, User
from tests.factories import make_contact, make_email

NOW = timezone.now


def kept(thread: Thread) -> Thread:
    found: Thread = Thread.objects.get(pk=thread.pk)
    return found


def seen(user: User) -> list[Thread]:
    return list(Thread.objects.visible_to(user).order_by("pk"))


def test_it_counts_when_something_comes_or_goes(hana: User, aoki: Contact) -> None:
    asked = make_email(aoki, by=hana, at=NOW() - timedelta(hours=1))
    thread = kept(asked.thread)
    assert (thread.state, thread.newest, thread.whose) == ("ours", asked, hana)
    assert thread.stands_at == asked.activity.at
    answer = make_email(aoki, by=hana, direction="outgoing", thread=thread)
    assert (kept(thread).state, kept(thread).newest) == ("theirs", answer)
    answer.activity.trash()
    assert (kept(thread).state, kept(thread).newest) == ("ours", asked)
    answer.activity.restore()
    assert kept(thread).state == "theirs"
    entry = undo.remember(hana, undo.trashed(answer.activity))
    asked.refresh_from_db()
    assert asked.waits and undo.undo(entry)
    asked.refresh_from_db()
    assert not asked.waits


def test_split_and_join_count_on_both_sides(hana: User, aoki: Contact) -> None:
    asked = make_email(aoki, by=hana, at=NOW() - timedelta(hours=2))
    more = make_email(aoki, by=hana, thread=asked.thread, direction="outgoing", answers=asked)
    step = conversations.split(more)
    more.refresh_from_db()
    assert kept(asked.thread).state == "ours" and kept(more.thread).state == "theirs"
    conversations.put_back(step)
    assert kept(asked.thread).state == "theirs" and kept(more.thread).newest is None
    other = make_email(aoki, by=hana)
    joined = conversations.join(other.thread, asked.thread)
    assert kept(asked.thread).newest == other and kept(other.thread).state == ""
    conversations.put_back(joined)
    assert kept(asked.thread).state == "theirs" and kept(other.thread).state == "ours"


def test_who_answered_what_is_split_off_goes_on(hana: User, ken: User, aoki: Contact) -> None:
    first = make_email(aoki, by=hana)
    first.thread.change(assignee=ken)
    second = make_email(aoki, by=hana, thread=first.thread, answers=first)
    conversations.split(second)
    second.refresh_from_db()
    assert kept(second.thread).whose == ken


def test_what_was_there_before_is_counted_by_the_tick(hana: User, aoki: Contact) -> None:
    thread = make_email(aoki, by=hana).thread
    Thread.objects.update(counted=False, state="", newest=None, stands_at=None)
    assert Thread.objects.count_some(10) == 1 and kept(thread).state == "ours"
    assert Thread.objects.count_some(10) == 0


def test_many_are_counted_in_few_queries(
    hana: User, aoki: Contact, django_assert_num_queries: object
) -> None:
    for _number in range(5):
        make_email(aoki, by=hana)
    with django_assert_num_queries(4):  # type: ignore[operator]
        Thread.objects.all().recount()  # nothing is new: nothing is written
    Thread.objects.update(counted=False, state="")
    with django_assert_num_queries(5):  # type: ignore[operator]
        Thread.objects.all().recount()


@pytest.mark.rule("M53")
def test_private_ones_are_their_owners(hana: User, ken: User, mio: User, aoki: Contact) -> None:
    email = make_email(aoki, by=hana, private=True)
    assert seen(hana) == [email.thread]
    assert seen(ken) == seen(mio) == []
    Reader.objects.create(email=email, user=ken, let_in=True)
    assert seen(ken) == [email.thread]


def test_only_on_visible_contacts_that_are_kept(hana: User, ken: User, rin: User) -> None:
    hidden = make_contact(owner=ken, audience=Audience.OWNER)
    thread = make_email(hidden).thread
    assert seen(hana) == [] and seen(ken) == [thread]
    open_to_all = make_contact(owner=ken)
    shown = make_email(open_to_all).thread
    assert seen(rin) == [shown]
    open_to_all.trash()
    assert seen(rin) == []


def test_a_snooze_ends_at_its_time_or_when_somebody_writes(hana: User, aoki: Contact) -> None:
    thread, now = make_email(aoki, by=hana, direction="outgoing").thread, NOW()
    later = now + timedelta(days=2)
    thread.change(snoozed_until=later, snoozed_at=now)
    Thread.objects.all().recount()
    assert not Thread.objects.needing_reply(now) and list(Thread.objects.asleep(now)) == [thread]
    assert kept(thread).stands_at == later
    assert list(Thread.objects.needing_reply(later)) == [thread]
    make_email(aoki, by=hana, thread=thread)
    assert kept(thread).snoozed_until is None
    assert list(Thread.objects.needing_reply(NOW())) == [thread]


def test_it_is_unread_until_it_is_opened(hana: User, ken: User, aoki: Contact) -> None:
    thread = make_email(aoki, by=hana, at=NOW() - timedelta(hours=1)).thread
    LastRead.objects.create(user=hana, thread=thread, at=NOW())

    def unread(user: User) -> list[bool]:
        return list(Thread.objects.with_unread(user).values_list("unread", flat=True))

    assert unread(hana) == [False] and unread(ken) == [True]
    make_email(aoki, by=hana, thread=thread, at=NOW() + timedelta(seconds=5))
    assert unread(hana) == [True]
