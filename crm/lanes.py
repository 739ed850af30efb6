"""The board of a pipeline: its lanes with their sums, and the newest cards of each. As many queries
for ten thousand deals as for ten.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Sum, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from crm.glance import Glance, Money, glances
from crm.lib import keyset
from crm.models import Deal, Pipeline, Stage, User
from crm.models.companies import company_seen_by
from crm.models.deals import QUIET

CARDS = 25  # in a lane, until more are asked for
NEWEST = ("-stage_since", "-pk")  # what was moved last lies on top


class Card(NamedTuple):
    glance: Glance
    quiet: bool  # nothing has happened for two weeks

    @property
    def deal(self) -> Any:
        return self.glance.row


class Lane(NamedTuple):
    stage: Stage
    deals: int
    sums: Sequence[Money]
    weighted: Sequence[Money]
    cards: Sequence[Card] = ()

    @property
    def left(self) -> int:
        """How many more there are."""
        return max(0, self.deals - len(self.cards))

    @property
    def after(self) -> str:
        return after(self.cards) if self.left else ""


def lanes(rows: Any, stages: Sequence[Stage], user: User) -> list[Lane]:
    """The lanes of these stages, with the cards of `rows`, a QuerySet of deals."""
    place = Window(RowNumber(), partition_by="stage", order_by=NEWEST)
    first = rows.filter(stage__in=stages).annotate(place=place).filter(place__lte=CARDS)
    cards = cards_of(list(first.values_list("pk", flat=True)), user)
    return [
        lane._replace(cards=[card for card in cards if card.deal.stage_id == lane.stage.pk])
        for lane in heads(rows, stages)
    ]


def heads(rows: Any, stages: Sequence[Stage]) -> list[Lane]:
    """The lanes without their cards; one query."""
    sums = rows.filter(stage__in=stages).order_by("currency")
    sums = sums.values_list("stage", "currency").annotate(Count("pk"), Sum("amount"))
    found = list(sums)
    return [_head(stage, [row for row in found if row[0] == stage.pk]) for stage in stages]


def _head(stage: Stage, found: Sequence[tuple[int, str, int, Decimal | None]]) -> Lane:
    sums = [Money(amount, currency) for _stage, currency, _n, amount in found if amount]
    share = Decimal(stage.probability) / 100
    weighted = [
        Money((money.amount * share).quantize(Decimal(1)), money.currency) for money in sums
    ]
    return Lane(stage, sum(row[2] for row in found), sums, weighted)


def more(rows: Any, stage: Stage, cursor: str, user: User) -> list[Card]:
    """The next cards of a lane. Raises ValueError for a cursor that is not one."""
    at, pk = keyset.decode(cursor)
    in_lane = rows.filter(stage=stage)
    beyond = in_lane.filter(stage_since=at, pk__lt=pk) | in_lane.filter(stage_since__lt=at)
    found = beyond.order_by(*NEWEST).values_list("pk", flat=True)
    return cards_of(list(found[:CARDS]), user)


def after(cards: Sequence[Card]) -> str:
    """The cursor after these cards; "" where there are none."""
    return keyset.encode(cards[-1].deal.stage_since, cards[-1].deal.pk) if cards else ""


def cards_of(pks: Sequence[int], user: User) -> list[Card]:
    """The cards of these deals, the newest in their stage first."""
    rows = Deal.objects.filter(pk__in=pks).with_last_at().order_by(*NEWEST)
    rows = rows.select_related("owner", "stage").prefetch_related(company_seen_by(user))
    before = timezone.now() - QUIET
    return [Card(each, each.row.last_at < before) for each in glances(list(rows), user)]


class Totals(NamedTuple):
    open: Sequence[Money]
    weighted: Sequence[Money]
    won: Sequence[Money]  # this month


def totals(board: Sequence[Lane], deals: Any, pipeline: Pipeline | None, now: datetime) -> Totals:
    """What the lanes come to, and what was won of `deals` this month."""
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    won = deals.filter(
        stage__pipeline=pipeline, stage__outcome=Stage.Outcome.WON, stage_since__gte=start
    )
    sums = won.order_by("currency").values_list("currency").annotate(sum=Sum("amount"))
    return Totals(
        _added(money for lane in board for money in lane.sums),
        _added(money for lane in board for money in lane.weighted),
        [Money(amount, currency) for currency, amount in sums if amount],
    )


def _added(sums: Any) -> list[Money]:
    by: dict[str, Decimal] = {}
    for amount, currency in sums:
        by[currency] = by.get(currency, Decimal(0)) + amount
    return [Money(amount, currency) for currency, amount in sorted(by.items())]
