"""From the query of a list to its rows: view, words and filters. The board, the tables and what is
done to "all of these" ask here, so that they always mean the same rows.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Case, When
from django.http import QueryDict
from django.utils import timezone

from crm.models import Company, Contact, Deal, Pipeline, User
from crm.models.visibility import MOST_LETTERS

MODELS: dict[str, Any] = {"contacts": Contact, "companies": Company, "deals": Deal}


def narrowed(nouns: str, query: QueryDict, user: User) -> Any:
    """The rows of a list ("contacts", "companies", "deals") that `user` sees and asked for."""
    rows = MODELS[nouns].objects.visible_to(user)
    rows = _of_view(rows, query.get("view", ""), user, timezone.now())
    rows = rows.search(query.get("q", ""), user)
    owner = number(query, "owner")
    if owner is not None:
        rows = rows.filter(owner=owner)
    if nouns == "deals":
        return _deals(rows, query)
    company = query.get("company", "").strip()
    if company and nouns == "contacts":
        named = Company.objects.visible_to(user).filter(name__icontains=company[:MOST_LETTERS])
        rows = rows.filter(company__in=named)
    return rows


def _of_view(rows: Any, view: str, user: User, now: datetime) -> Any:
    if view == "mine":
        return rows.filter(owner=user)
    if view == "waiting" and rows.model is Contact:
        return rows.needing_reply(now)
    if view == "quiet" and rows.model is Contact:
        return rows.quiet(now)
    return rows


def _deals(rows: Any, query: QueryDict) -> Any:
    """Of one pipeline; of one stage, where one is named."""
    pipeline, stage = chosen_pipeline(query), number(query, "stage")
    rows = rows.filter(stage__pipeline=pipeline)
    if stage is not None:
        rows = rows.filter(stage=stage)
    if query.get("attention"):
        rows = rows.needing_attention(timezone.now())
    return rows


def chosen_pipeline(query: QueryDict) -> Pipeline | None:
    """The one that the query names, else the first."""
    named = Case(When(pk=number(query, "pipeline") or 0, then=0), default=1)
    return Pipeline.objects.order_by(named, "position", "pk").first()


def number(query: QueryDict, name: str) -> int | None:
    """A number of the query; None where there is none that a database could have."""
    return next(iter(numbers([query.get(name, "")])), None)


def numbers(typed: Iterable[str]) -> list[int]:
    """Those of them that are numbers as a database could have them."""
    return [int(each) for each in typed if each.isascii() and each.isdecimal() and len(each) < 19]
