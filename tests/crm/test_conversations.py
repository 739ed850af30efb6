"""Conversations by hand: what moves, what stays, and how it goes back (M27)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm import conversations, timeline, undo
from crm.models import Association, Contact, Email, User
from tests.factories import make_deal, make_email

pytestmark = pytest.mark.django_db

_minutes = iter(range(10_000))


def answer(to: Email, contact: Contact, **values: Any) -> Email:
    at = timezone.now() + timedelta(minutes=next(_minutes))
    return make_email(contact, thread=to.thread, answers=to, at=at, **values)


def threads(*emails: Email) -> list[int]:
    found = Email.objects.in_bulk([email.pk for email in emails])
    return [found[email.pk].thread_id for email in emails]


@pytest.mark.rule("M27")
def test_an_email_is_split_off_with_the_answers_to_it(hana: User, aoki: Contact) -> None:
    first = make_email(aoki, subject="Offer")
    side, other = answer(first, aoki), answer(first, aoki)
    below = answer(side, aoki)
    entry = undo.remember(hana, conversations.split(side))
    old, new = threads(first, side)
    assert old != new and threads(other, below) == [old, new]
    lines = timeline.timeline_for(aoki).lines
    assert [line.count for line in lines] == [2, 2]
    late = answer(Email.objects.get(pk=below.pk), aoki)
    assert undo.undo(entry)
    assert set(threads(first, side, other, below, late)) == {old}
    assert [line.count for line in timeline.timeline_for(aoki).lines] == [5]


def test_the_first_of_a_conversation_cannot_be_split_off(aoki: Contact) -> None:
    first = make_email(aoki)
    below = answer(first, aoki)
    assert not conversations.can_split(first)
    assert conversations.can_split(below)


@pytest.mark.rule("M27")
def test_two_are_joined_and_part_again(hana: User, aoki: Contact, weber: Contact) -> None:
    """Nobody sees more of an e-mail than before: each stands on the records it stood on."""
    deal = make_deal(aoki)
    one, two = make_email(aoki), make_email(weber)
    before = set(Association.objects.values_list("activity", "contact", "deal"))
    entry = undo.remember(hana, conversations.join(two.thread, one.thread))
    late = answer(Email.objects.get(pk=two.pk), aoki)
    assert len(set(threads(one, two, late))) == 1
    assert (
        set(
            Association.objects.exclude(activity=late.pk).values_list("activity", "contact", "deal")
        )
        == before
    )
    assert [line.count for line in timeline.timeline_for(deal).lines] == [2]
    assert undo.undo(entry)
    assert threads(one, two, late) == [one.thread_id, two.thread_id, two.thread_id]


def test_what_was_moved_on_since_stays(hana: User, aoki: Contact) -> None:
    first = make_email(aoki)
    side = answer(first, aoki)
    entry = undo.remember(hana, conversations.split(side))
    conversations.join(Email.objects.get(pk=side.pk).thread, make_email(aoki).thread)
    there = threads(side)
    assert undo.undo(entry)
    assert threads(side) == there


def test_what_is_about_something_else_is_shown_apart(hana: User, aoki: Contact) -> None:
    first = make_email(aoki, subject="Offer")
    foreign = answer(first, aoki, subject="Party", apart="unrelated")
    follows = answer(foreign, aoki, apart="follows")
    newest = answer(first, aoki)
    (line,) = timeline.timeline_for(aoki).lines
    assert line.head == newest.activity
    assert list(line.before) == [first.activity]
    assert [list(group) for group in line.apart] == [[foreign.activity, follows.activity]]
    entry = undo.remember(hana, conversations.keep_together(foreign))
    (line,) = timeline.timeline_for(aoki).lines
    assert len(line.main) == 4 and not line.apart
    assert undo.undo(entry)
    (line,) = timeline.timeline_for(aoki).lines
    assert len(line.main) == 2


def test_where_all_is_apart_nothing_is(aoki: Contact, weber: Contact) -> None:
    """On the page of whom only the other matter is about."""
    first = make_email(aoki)
    foreign = answer(first, weber, apart="unrelated")
    (line,) = timeline.timeline_for(weber).lines
    assert list(line.main) == [foreign.activity] and not line.apart


def test_other_conversations_of_its_records_are_offered(
    hana: User, rin: User, aoki: Contact, weber: Contact
) -> None:
    here, there = make_email(aoki), make_email(aoki)
    below = answer(there, aoki)
    make_email(weber)
    assert conversations.others(here, hana) == [below.activity]
    aoki.change(audience="owner")
    assert conversations.others(here, rin) == []
