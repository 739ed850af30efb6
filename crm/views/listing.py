"""What the lists share: sorting, pages by keyset, and the filters of the query as chips."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from crm.models import User
from crm.slices import slice_of
from crm.templatetags.lists import NATURAL
from crm.views.narrowing import number
from crm.web import Request

Sorts = Mapping[str, tuple[str, ...]]  # the columns of each sort; the id comes after them


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
    after, down = request.GET.get("after", ""), sort[0] == "-"
    page = slice_of(rows, sorts[sort.removeprefix("-")], after, down=down)
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
