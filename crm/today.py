"""What needs somebody today: conversations that wait for an answer, deals that went quiet; and a
few facts beside them. Each question is one query, with a limit.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import (
    Count,
    Exists,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce

from crm.models import Activity, Association, Contact, Deal, Email, Stage, User
from crm.models.companies import company_seen_by
from crm.models.deals import QUIET
from crm.models.emails import readable_by, snippet


def waiting(user: User, now: datetime, *, everyone: bool, most: int) -> list[Email]:
    """The newest e-mails of conversations whose last word is theirs, the oldest first.

    One's own are those that came to one's own mailboxes, or were given to one.
    """
    seen = Activity.objects.visible_to(user).filter(pk=OuterRef("pk"))
    shown = Q(private=False) | readable_by(user)
    emails = Email.objects.awaiting_reply(now).filter(shown, Exists(seen))
    if not everyone:
        emails = emails.filter(thread__whose=user)
    emails = emails.order_by("activity__at", "pk")
    emails = emails.defer("text", "html").annotate(snippet=snippet(200))
    emails = emails.select_related("activity__by")
    known = Prefetch("participants__contact", queryset=Contact.objects.visible_to(user))
    return list(emails.prefetch_related("participants", "readers", known)[:most])


class Stalled(NamedTuple):
    """A deal, and what is the matter with it."""

    deal: Any
    close_passed: bool
    quiet_since: datetime | None  # where nothing has happened for two weeks
    unplanned: bool


def stalled(user: User, now: datetime, *, everyone: bool, most: int) -> list[Stalled]:
    """Open deals whose close date is over, that went quiet, or for which nothing is planned."""
    quiet = now - QUIET
    deals = _attended(user, everyone=everyone).filter(
        Q(close_date__lt=now.date()) | Q(last_at__lt=quiet) | Q(planned=False)
    )
    deals = deals.select_related("stage", "owner").prefetch_related(company_seen_by(user))
    deals = deals.order_by("close_date", "last_at", "pk")
    return [_stalled(deal, now.date(), quiet) for deal in deals[:most]]


def _attended(user: User, *, everyone: bool) -> Any:
    """Open deals with `last_at`, when something happened last, and `planned`, a task to come."""
    places = Association.objects.filter(deal=OuterRef("pk"), activity__deleted_at=None)
    newest = places.order_by("-at", "-activity_id").values("at")[:1]
    tasks = places.filter(activity__task__isnull=False, activity__task__done_at=None)
    deals = Deal.objects.visible_to(user).open()
    if not everyone:
        deals = deals.filter(owner=user)
    last = Coalesce(Subquery(newest), "created_at")
    return deals.annotate(last_at=last, planned=Exists(tasks))


def _stalled(deal: Any, today: date, quiet: datetime) -> Stalled:
    passed = deal.close_date is not None and deal.close_date < today
    return Stalled(deal, passed, deal.last_at if deal.last_at < quiet else None, not deal.planned)


class Money(NamedTuple):
    currency: str
    amount: Decimal
    deals: int


class Pipeline(NamedTuple):
    """The pipeline in three numbers; sums are told for each currency."""

    open: Sequence[Money]
    closing: int  # open, and to be closed this month
    won: Sequence[Money]  # this month

    @property
    def deals(self) -> int:
        return sum(money.deals for money in self.open)

    @property
    def deals_won(self) -> int:
        return sum(money.deals for money in self.won)


def pipeline(user: User, now: datetime, *, everyone: bool) -> Pipeline:
    deals = Deal.objects.visible_to(user)
    if not everyone:
        deals = deals.filter(owner=user)
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = (start + timedelta(days=31)).replace(day=1)
    closing = deals.open().filter(close_date__gte=start.date(), close_date__lt=end.date())
    won = deals.filter(stage__outcome=Stage.Outcome.WON, stage_since__gte=start)
    return Pipeline(_sums(deals.open()), closing.count(), _sums(won))


def _sums(deals: QuerySet[Any]) -> list[Money]:
    rows = deals.order_by().values("currency").annotate(sum=Sum("amount"), deals=Count("pk"))
    return [Money(row["currency"], row["sum"] or Decimal(0), row["deals"]) for row in rows]


def changed_lately(user: User, most: int) -> list[Contact]:
    contacts = Contact.objects.visible_to(user)
    contacts = contacts.prefetch_related("addresses", company_seen_by(user))
    return list(contacts.order_by("-news_at", "-pk")[:most])


class Beginning(NamedTuple):
    """What somebody who begins has done already."""

    contact: bool
    deal: bool


def beginning(user: User) -> Beginning:
    """Whether there are records at all, as far as `user` sees; two look-ups."""
    return Beginning(
        Contact.objects.visible_to(user).exists(), Deal.objects.visible_to(user).exists()
    )
