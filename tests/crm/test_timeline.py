"""The timeline: where an engagement is put, and its pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm import timeline
from crm.models import Activity, Audience, Contact, Stage, User
from tests.factories import make_contact, make_deal, make_email, make_note, make_stage

pytestmark = pytest.mark.django_db


def test_contacts_stand_in_the_order_they_were_given(aoki: Contact, weber: Contact) -> None:
    """Who wrote comes first: a notice of an answer by somebody unknown leads there."""
    for order in ([weber, aoki], [aoki, weber]):
        activity = make_note(make_contact()).activity
        timeline.record(activity, contacts=order)
        placed = activity.associations.filter(contact__in=order).order_by("pk")
        assert [row.contact for row in placed] == order


@pytest.mark.rule("M14")
def test_it_stands_with_the_company_and_the_five_newest_open_deals(aoki: Contact) -> None:
    won = make_deal(aoki, stage=make_stage(Stage.Outcome.WON))
    deals = [make_deal(aoki) for _ in range(7)]
    places = make_note(aoki).activity.associations
    assert places.filter(company=aoki.company).count() == 1
    on_deals = set(places.exclude(deal=None).values_list("deal", flat=True))
    assert on_deals == {deal.pk for deal in deals[-5:]}
    assert won.pk not in on_deals


def test_recording_twice_changes_nothing(aoki: Contact) -> None:
    activity = make_note(aoki).activity
    timeline.record(activity, contacts=[aoki])
    assert activity.associations.count() == 2


def test_a_conversation_is_one_card_at_its_newest_message(aoki: Contact) -> None:
    now = timezone.now()
    first = make_email(aoki, subject="One", at=now - timedelta(hours=3))
    note = make_note(aoki, at=now - timedelta(hours=2))
    second = make_email(aoki, subject="Re: One", thread=first.thread, at=now)
    page = timeline.timeline_for(aoki)
    assert [line.activity for line in page.lines] == [second.activity, note.activity]
    assert [earlier for earlier in page.lines[0].earlier] == [first.activity]
    second.activity.trash()
    lines = timeline.timeline_for(aoki).lines
    assert [line.activity for line in lines] == [note.activity, first.activity]


def test_a_long_conversation_takes_nothing_from_the_others(
    aoki: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "MOST_EARLIER", 3)
    now = timezone.now()
    short = make_email(aoki, at=now - timedelta(hours=9))
    make_email(aoki, thread=short.thread, at=now - timedelta(hours=8))
    long = make_email(aoki, at=now - timedelta(hours=7))
    for hour in range(6):
        make_email(aoki, thread=long.thread, at=now - timedelta(hours=hour))
    assert [line.count for line in timeline.timeline_for(aoki).lines] == [4, 2]


def test_pages_follow_one_another_without_gap_or_double(aoki: Contact) -> None:
    at = timezone.now()
    notes = [make_note(aoki, str(n), at=at) for n in range(7)]  # all of one moment
    seen: list[Activity] = []
    cursor = ""
    while True:
        page = timeline.timeline_for(aoki, cursor=cursor, limit=3)
        seen += [line.activity for line in page.lines]
        if not page.next:
            break
        cursor = page.next
    assert seen == [note.activity for note in reversed(notes)]


def test_its_queries_do_not_grow(aoki: Contact, django_assert_num_queries: Any) -> None:
    def fill(count: int) -> None:
        for _ in range(count):
            thread = make_email(aoki).thread
            make_email(aoki, thread=thread)
            make_note(aoki)

    fill(2)
    with django_assert_num_queries(11):
        page = timeline.timeline_for(aoki)
    fill(8)
    with django_assert_num_queries(11):
        page = timeline.timeline_for(aoki)
    assert len(page.lines) == 20


@pytest.mark.parametrize(
    "cursor", ["x", "MTIz", "é", "/" * 50, "MS4yLjM", "MS4xMDAwMDAwMDAwMDAwMDAwMDAwMDA"]
)
def test_a_cursor_of_somebody_elses_is_refused(aoki: Contact, cursor: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        timeline.timeline_for(aoki, cursor=cursor)


def test_news_are_told_once(aoki: Contact) -> None:
    since = Contact.objects.get().news_at
    assert not timeline.news_since(aoki, since)
    make_note(aoki)
    assert timeline.news_since(aoki, since)


@pytest.mark.rule("M41")
def test_an_engagement_is_seen_by_who_sees_its_record(
    aoki: Contact, hana: User, ken: User, rin: User, mio: User
) -> None:
    note = make_note(aoki)
    aoki.change(audience=Audience.TEAM)

    def sees(user: User) -> bool:
        return Activity.objects.visible_to(user).filter(pk=note.pk).exists()

    assert [sees(user) for user in (hana, ken, rin, mio)] == [True, True, False, True]
    make_contact("other@x.test")
    assert not sees(rin)
