"""What the lists share: sorting, pages by keyset, and the filters of the query as chips."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from crm.lib import keyset
from crm.models import User
from crm.templatetags.lists import NATURAL
from crm.views.narrowing import number
from crm.web import Request

PAGE = 50
Sorts = Mapping[str, tuple[str, ...]]  # the columns of each sort; the id comes after them


class Slice(NamedTuple):
    rows: Sequence[Any]
    after: str  # the cursor of the next page; "" at the end


class Chip(NamedTuple):
    """A filter that is on: "Owner: Mika", and the query without it."""

    icon: str
    name: str
    value: str
    without: str


class Sort(NamedTuple):
    """A way to sort, as the menu offers it."""

    name: str
    href: str
    current: bool


def list_context(request: Request, rows: Any, sorts: Sorts, sort: str) -> dict[str, Any]:
    """What every list shows: a page of `rows` as the query sorts them, and its filters."""
    asked = request.GET.get("sort", "")
    sort = asked if asked.removeprefix("-") in sorts else sort
    page = slice_of(
        rows, sorts[sort.removeprefix("-")], request.GET.get("after", ""), sort[0] == "-"
    )
    return {
        "words": request.GET.get("q", "").strip(),
        "page": page,
        "sort": sort,
        "sorts": [_offered(request, key, sort) for key in NATURAL if key.strip("-") in sorts],
        "total": rows.count(),
        "later": "after" in request.GET,
        **filters_context(request),
    }


def _offered(request: Request, key: str, sort: str) -> Sort:
    names = {
        "name": _("Name"),
        "waiting": _("Longest waiting"),
        "activity": _("Last activity"),
        "created": _("Newest first"),
        "amount": _("Amount"),
        "close": _("Close date"),
        "stage": _("Stage"),
    }
    query = request.GET.copy()
    query.pop("after", None)
    query["sort"] = key
    current = key.strip("-") == sort.strip("-")
    return Sort(names[key.strip("-")], f"?{query.urlencode()}", current)


def filters_context(request: Request) -> dict[str, Any]:
    """The owners to choose from, the filters that are on, and what else the query holds."""
    owners = list(User.objects.filter(is_active=True))
    off = {"owner", "company", "after", "csrfmiddlewaretoken"}
    kept = [(name, value) for name, value in request.GET.items() if name not in off]
    owner, company = number(request.GET, "owner"), request.GET.get("company", "").strip()
    return {
        "owners": owners,
        "owner": owner,
        "company": company,
        "kept": kept,
        "chips": _chips(request, owners, owner, company),
        "query": request.GET.urlencode(),
    }


def _chips(request: Request, owners: list[User], owner: int | None, company: str) -> list[Chip]:
    chips = []
    if owner is not None:
        named = next((user.name for user in owners if user.pk == owner), _("somebody"))
        chips.append(Chip("person", _("Owner"), named, without(request, "owner")))
    if company:
        chips.append(Chip("org", _("Company"), company, without(request, "company")))
    return chips


def without(request: Request, *names: str) -> str:
    """The query without these; the first page of it."""
    query = request.GET.copy()
    for name in (*names, "after"):
        query.pop(name, None)
    return f"?{query.urlencode()}"


def slice_of(rows: Any, columns: tuple[str, ...], cursor: str, down: bool) -> Slice:  # noqa: FBT001
    """A page of `rows` by these columns, after the cursor; one that is not ours is the start."""
    columns = (*columns, "pk")
    rows = rows.order_by(*(f"-{name}" if down else name for name in columns))
    try:
        beyond = _beyond(columns, keyset.decode_values(cursor), down=down) if cursor else Q()
        found = list(rows.filter(beyond)[: PAGE + 1])
    except (ValueError, TypeError, OverflowError, ValidationError):
        found = list(rows[: PAGE + 1])
    more = len(found) > PAGE
    mark = [getattr(found[PAGE - 1], name) for name in columns] if more else []
    return Slice(found[:PAGE], keyset.encode_values(mark) if more else "")


def _beyond(columns: tuple[str, ...], values: list[Any], *, down: bool) -> Q:
    """What comes after a row with these values: (a > 1) or (a = 1 and b > 2) or …"""
    after = "lt" if down else "gt"
    beyond, same = Q(), Q()
    for name, value in zip(columns, values, strict=True):
        beyond |= same & Q(**{f"{name}__{after}": value})
        same &= Q(**{name: value})
    return beyond
