"""Who waits for an answer, which deals went quiet, and the pipeline in three numbers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm import timeline, today, todo, undo
from crm.models import Activity, Audience, Contact, Deal, Note, Stage, User
from crm.models.activities import unanswered
from tests.factories import make_contact, make_deal, make_email, make_note, make_stage

NOW = timezone.localtime


def waiting(user: User, *, everyone: bool = False) -> list[str]:
    return [row.subject for row in today.waiting(user, NOW(), everyone=everyone, most=10)]


def test_whose_last_word_is_theirs_waits_the_oldest_first(hana: User, aoki: Contact) -> None:
    asked = NOW() - timedelta(days=3)
    make_email(aoki, by=hana, subject="Later", at=NOW() - timedelta(days=1))
    old = make_email(aoki, by=hana, subject="First", at=asked)
    answered = make_email(aoki, by=hana, subject="Answered", at=asked)
    make_email(aoki, by=hana, direction="outgoing", thread=answered.thread)
    make_email(aoki, by=hana, subject="Automatic", auto_reply=True)
    make_email(aoki, by=hana, subject="Long ago", at=NOW() - timedelta(days=120))
    gone = make_email(aoki, by=hana, subject="Gone")
    gone.activity.trash()
    assert waiting(hana) == ["First", "Later"]
    newer = make_email(aoki, by=hana, subject="Re: First", thread=old.thread)
    assert waiting(hana) == ["Later", "Re: First"]
    newer.activity.trash()
    assert waiting(hana) == ["First", "Later"]


def test_what_needs_no_reply_waits_again_with_the_next_email(hana: User, aoki: Contact) -> None:
    thanks = make_email(aoki, by=hana, subject="Thank you")
    undo.changed(thanks, settled=True)
    assert waiting(hana) == []
    assert not aoki.associations.filter(pk__in=unanswered("contact", NOW()).values("pk"))
    make_email(aoki, by=hana, subject="One more thing", thread=thanks.thread)
    assert waiting(hana) == ["One more thing"]
    assert aoki.associations.filter(pk__in=unanswered("contact", NOW()).values("pk"))


@pytest.mark.rule("M27")
def test_mail_about_something_else_is_no_answer(hana: User, aoki: Contact) -> None:
    """A forward of it to somebody new, that is; and what they answer waits by itself."""
    now = timezone.now()
    asked = make_email(aoki, by=hana, at=now - timedelta(hours=3))
    aside = {"thread": asked.thread, "by": hana, "apart": "unrelated"}
    make_email(aoki, direction="outgoing", at=now - timedelta(hours=2), **aside)
    assert today.waiting(hana, now, everyone=False, most=9) == [asked]
    assert [row.activity.email for row in unanswered("contact", now)] == [asked]
    theirs = make_email(aoki, at=now - timedelta(hours=1), **aside | {"apart": "follows"})
    assert today.waiting(hana, now, everyone=False, most=9) == [asked, theirs]
    make_email(aoki, by=hana, direction="outgoing", thread=asked.thread, at=now)
    assert today.waiting(hana, now, everyone=False, most=9) == [theirs]
    assert [row.activity.email for row in unanswered("contact", now)] == [theirs]


def test_a_snippet_ends_where_the_quotation_begins(hana: User, aoki: Contact) -> None:
    make_email(aoki, by=hana, text="It is paid.\n> Is it?", reply_length=11)
    [row] = today.waiting(hana, NOW(), everyone=False, most=10)
    assert row.snippet == "It is paid."


def test_what_came_to_colleagues_is_everyones(hana: User, ken: User, rin: User) -> None:
    seen = make_contact(owner=ken)
    hidden = make_contact(owner=ken, audience=Audience.OWNER)
    make_email(seen, by=ken, subject="Seen")
    make_email(hidden, by=ken, subject="Hidden")
    assert waiting(hana) == []
    assert waiting(hana, everyone=True) == ["Seen"]
    assert waiting(ken) == ["Seen", "Hidden"]


def stalled(user: User, *, everyone: bool = False) -> list[today.Stalled]:
    return today.stalled(user, NOW(), everyone=everyone, most=10)


def note_on(deal: Deal, days: int) -> None:
    at = NOW() - timedelta(days=days)
    activity = Activity.objects.create(kind="note", at=at)
    Note.objects.create(activity=activity, text="They called.")
    timeline.record(activity, deals=[deal])


def test_a_deal_needs_attention_for_each_of_three_reasons(hana: User, ken: User) -> None:
    yesterday = NOW().date() - timedelta(days=1)
    late = make_deal(name="Late", owner=hana, close_date=yesterday)
    quiet = make_deal(name="Quiet", owner=hana)
    bare = make_deal(name="Bare", owner=hana)
    fine = make_deal(name="Fine", owner=hana)
    for deal in (late, quiet, fine):
        task = todo.add("Call", assignee=hana, records=[deal], by=hana)
        at = NOW() - timedelta(days=20 if deal == quiet else 1)
        task.activity.associations.update(at=at)
    done = todo.add("Done", assignee=hana, records=[bare], by=hana)
    todo.finish(done, by=hana)
    make_deal(name="Won", owner=hana, stage=make_stage("won"), close_date=yesterday)
    make_deal(name="Ken's", owner=ken)
    found = {each.deal.name: each for each in stalled(hana)}
    assert set(found) == {"Late", "Quiet", "Bare"}
    assert found["Late"].close_passed and not found["Late"].unplanned
    assert found["Quiet"].quiet_since and not found["Quiet"].close_passed
    assert found["Bare"].unplanned and not found["Bare"].quiet_since
    note_on(quiet, 2)
    assert "Quiet" not in {each.deal.name for each in stalled(hana)}
    assert "Ken's" in {each.deal.name for each in stalled(hana, everyone=True)}


def test_the_pipeline_in_three_numbers(hana: User) -> None:
    stage = make_stage()
    today_ = NOW().date()
    make_deal(owner=hana, stage=stage, amount=100, currency="EUR", close_date=today_)
    make_deal(owner=hana, stage=stage, amount=50, currency="JPY")
    make_deal(owner=hana, stage=stage)  # without an amount
    won = make_stage(Stage.Outcome.WON)
    make_deal(owner=hana, stage=won, amount=7, currency="EUR")
    old = make_deal(owner=hana, stage=won, amount=9)
    Deal.objects.filter(pk=old.pk).update(stage_since=NOW() - timedelta(days=40))
    found = today.pipeline(hana, NOW(), everyone=False)
    assert (found.deals, found.closing, found.deals_won) == (3, 1, 1)
    assert {(row.currency, row.amount) for row in found.open} == {("EUR", 100), ("JPY", 50)}
    assert [row.amount for row in found.won] == [7]


def test_who_changed_lately(hana: User, aoki: Contact, weber: Contact) -> None:
    make_note(aoki, by=hana)
    assert today.changed_lately(hana, 5) == [aoki, weber]
