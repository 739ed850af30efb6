"""The board: lanes and their sums, what needs attention, and a deal that is moved."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import (
    Activity,
    Association,
    Audience,
    Contact,
    Deal,
    Pipeline,
    Stage,
    Task,
    UndoEntry,
    User,
)
from tests.factories import make_company, make_deal, make_email, make_stage

BOARD = {"HX-Request": "true", "HX-Target": "board"}


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.fixture
def stages(db: None) -> list[Stage]:
    """Qualified and Proposal, won and lost."""
    return [
        make_stage(name="Qualified", position=0, probability=20),
        make_stage(name="Proposal", position=1, probability=60),
        make_stage("won", name="Won", position=2),
        make_stage("lost", name="Lost", position=3),
    ]


def plan(deal: Deal, **values: Any) -> Task:
    activity = Activity.objects.create(kind="task", at=timezone.now())
    Association.objects.create(activity=activity, deal=deal, at=activity.at)
    return Task.objects.create(activity=activity, title="Call", **values)


def names(answer: Any) -> list[list[str]]:
    return [[card.deal.name for card in lane.cards] for lane in answer.context["lanes"]]


def test_lanes_have_sums_in_each_currency(signed_in: Client, stages: list[Stage]) -> None:
    make_deal(name="A", stage=stages[0], amount=1000)
    make_deal(name="B", stage=stages[0], amount=500)
    make_deal(name="C", stage=stages[0], amount=90_000, currency="JPY")
    make_deal(name="D", stage=stages[1])
    make_deal(name="E", stage=stages[2], amount=700)
    answer = signed_in.get("/deals/")
    page = answer.content.decode()
    assert names(answer) == [["C", "B", "A"], ["D"]]
    assert "€ 1,500, ¥ 90,000" in page and "€ 300, ¥ 18,000" in page and "20 %" in page
    assert [tuple(each) for each in answer.context["totals"].won] == [(700, "EUR")]


def test_a_card_says_what_is_the_matter(
    signed_in: Client, hana: User, aoki: Contact, stages: list[Stage]
) -> None:
    now = timezone.now()
    since = now - timedelta(days=18, minutes=5)
    make_deal(name="Quiet", stage=stages[0], stage_since=since)
    make_deal(aoki, name="Osaka", company=make_company("Hoshizora"), owner=hana, stage=stages[0])
    make_email(aoki, at=now - timedelta(hours=2, minutes=1))
    late = make_deal(name="Late", stage=stages[1])
    plan(late, due_at=now - timedelta(days=9))
    page = signed_in.get("/deals/").content.decode().replace("\xa0", " ")
    assert "quiet for 18 days" in page and "Nothing planned" in page
    assert "Replied 2 hours ago" in page and "Hoshizora" in page and "Owner: Hana" in page
    assert "Call, 9 days late" in page


def test_what_needs_attention(signed_in: Client, aoki: Contact, stages: list[Stage]) -> None:
    now = timezone.now()
    fine, late, unplanned, unanswered, done, won = (
        make_deal(name=name, stage=stages[2 if name == "won" else 0])
        for name in ("fine", "late", "unplanned", "unanswered", "done", "won")
    )
    for deal in (fine, unanswered):
        plan(deal, due_at=now + timedelta(days=1))
    plan(late, due_at=now - timedelta(days=1))
    plan(late, due_at=now + timedelta(days=1))
    plan(done, due_at=now, done_at=now)
    unanswered.contacts.add(aoki)
    make_email(aoki)
    answer = signed_in.get("/deals/?attention=1")
    assert names(answer) == [["done", "unanswered", "unplanned", "late"], []]
    assert answer.context["needy"] == 4 and won not in (fine, unplanned)


def test_a_lane_shows_25_and_more_when_asked(signed_in: Client, stages: list[Stage]) -> None:
    for n in range(60):
        make_deal(name=f"D{n}", stage=stages[0])
    page = signed_in.get("/deals/").content.decode()
    assert page.count('<li class="deal"') == 25 and "Show 35 more" in page
    lane = signed_in.get("/deals/").context["lanes"][0]
    url, found = f"/deals/?lane={stages[0].pk}", [card.deal.pk for card in lane.cards]
    after, left = lane.after, lane.left
    while after:
        answer = signed_in.get(f"{url}&after={after}&left={left}", headers={"HX-Request": "true"})
        found += [card.deal.pk for card in answer.context["cards"]]
        after = answer.context["after"] if answer.context["left"] else ""
        left = answer.context["left"]
    assert sorted(found) == sorted(Deal.objects.values_list("pk", flat=True))
    assert signed_in.get(f"{url}&after=nonsense").status_code == 404
    assert signed_in.get("/deals/?lane=99999").status_code == 404


def test_another_pipeline_is_one_choice_away(signed_in: Client, stages: list[Stage]) -> None:
    partners = Pipeline.objects.create(name="Partners", position=9)
    make_deal(name="Theirs", stage=make_stage(pipeline=partners, name="Talks"))
    make_deal(name="Ours", stage=stages[0])
    assert names(signed_in.get("/deals/")) == [["Ours"], []]
    answer = signed_in.get(f"/deals/?pipeline={partners.pk}")
    assert names(answer) == [["Theirs"]] and b"Partners" in answer.content


def test_as_many_queries_for_many_cards(
    signed_in: Client, hana: User, stages: list[Stage], django_assert_max_num_queries: Any
) -> None:
    for n in range(60):
        deal = make_deal(
            stage=stages[n % 2], owner=hana, company=make_company(), amount=n, currency="EUR"
        )
        plan(deal)
    with django_assert_max_num_queries(24):
        signed_in.get("/deals/")


def test_moving_for_the_board(signed_in: Client, hana: User, stages: list[Stage]) -> None:
    deal = make_deal(name="Osaka rollout", stage=stages[0], amount=100)
    url = f"/deals/{deal.pk}/stage/"
    answer = signed_in.post(url, {"stage": stages[1].pk, "query": "owner="}, headers=BOARD)
    page = answer.content.decode()
    assert answer.status_code == 200 and f'id="deal-{deal.pk}"' in page and 'id="totals"' in page
    assert f'id="head-{stages[0].pk}"' in page and f'id="head-{stages[1].pk}"' in page
    assert "Osaka rollout moved to Proposal." in page and 'data-key="z"' in page
    deal.refresh_from_db()
    assert deal.stage == stages[1]
    signed_in.post(f"/undo/{UndoEntry.objects.get().token}/")
    deal.refresh_from_db()
    assert deal.stage == stages[0]


def test_won_and_lost(signed_in: Client, stages: list[Stage]) -> None:
    deal = make_deal(name="Osaka", stage=stages[0], amount=100)
    url = f"/deals/{deal.pk}/stage/"
    won = signed_in.post(url, {"stage": stages[2].pk}, headers=BOARD).content.decode()
    assert "Osaka is won: € 100 this month." in won and f'id="deal-{deal.pk}"' not in won
    signed_in.post(url, {"stage": stages[3].pk, "lost_reason": "too dear"}, headers=BOARD)
    deal.refresh_from_db()
    assert (deal.stage, deal.lost_reason) == (stages[3], "too dear")


def test_without_a_script_a_page_offers_the_stages(signed_in: Client, stages: list[Stage]) -> None:
    deal = make_deal(name="Osaka", stage=stages[0])
    url = f"/deals/{deal.pk}/stage/"
    page = signed_in.get(url).content.decode()
    assert "Proposal" in page and "Mark as won" in page and "Why was it lost?" in page
    here = {"Referer": f"http://testserver{url}"}
    answer = signed_in.post(url, {"stage": stages[1].pk}, headers=here)
    assert answer.status_code == 303 and answer["Location"] == "/deals/"
    there = {"Referer": f"http://testserver/deals/{deal.pk}/"}
    answer = signed_in.post(url, {"stage": stages[0].pk}, headers=there)
    assert answer["Location"].endswith(f"/deals/{deal.pk}/")


@pytest.mark.parametrize("stage", ["", "x", "99999", "other"])
def test_a_stage_of_another_pipeline_is_refused(
    signed_in: Client, stages: list[Stage], stage: str
) -> None:
    other = make_stage(pipeline=Pipeline.objects.create(name="Partners"))
    deal = make_deal(stage=stages[0])
    values = {"stage": str(other.pk) if stage == "other" else stage}
    assert signed_in.post(f"/deals/{deal.pk}/stage/", values).status_code == 422
    deal.refresh_from_db()
    assert deal.stage == stages[0]


def test_a_deal_that_one_does_not_see_cannot_be_moved(
    client: Client, rin: User, stages: list[Stage]
) -> None:
    deal = make_deal(stage=stages[0], audience=Audience.OWNER)
    client.force_login(rin)
    url = f"/deals/{deal.pk}/stage/"
    assert client.get(url).status_code == 404
    assert client.post(url, {"stage": stages[1].pk}).status_code == 404
    assert names(client.get("/deals/")) == [[], []]
