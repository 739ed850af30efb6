"""A deal that is moved: the stage, since when, why it was lost; and it can be taken back."""

from datetime import timedelta

from django.utils import timezone

from crm import pipeline, undo
from crm.models import Contact, Stage, User
from tests.factories import make_deal, make_stage


def test_a_deal_stands_in_its_new_stage_since_now(hana: User, aoki: Contact) -> None:
    old = timezone.now() - timedelta(days=9)
    deal, stage = make_deal(aoki, stage_since=old, news_at=old), make_stage()
    pipeline.move(deal, stage, by=hana, lost_reason="not lost at all")
    deal.refresh_from_db()
    assert (deal.stage, deal.lost_reason) == (stage, "")
    assert deal.stage_since > old and deal.news_at > old


def test_it_can_be_taken_back(hana: User, aoki: Contact) -> None:
    old = timezone.now().replace(microsecond=0) - timedelta(days=9)
    deal, lost = make_deal(aoki, stage_since=old), make_stage(Stage.Outcome.LOST)
    before = deal.stage
    entry = pipeline.move(deal, lost, by=hana, lost_reason=" too dear ")
    deal.refresh_from_db()
    assert (deal.stage, deal.lost_reason) == (lost, "too dear")
    assert undo.undo(entry)
    deal.refresh_from_db()
    assert (deal.stage, deal.stage_since, deal.lost_reason) == (before, old, "")
