"""Who calls the REST API: the user of a Bearer token; and what every list and look-up shares."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from ninja.security import HttpBearer

from crm import rates
from crm.models import ApiToken, User
from crm.models.tokens import digest
from crm.rest.problems import FieldError, Problem

MOST = 200
NO_SUCH = "There is no such row, or you may not see it."


class TokenAuth(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """Each token has its own rate, so that wrong ones from an address lock no right one out."""
        user = ApiToken.user_of(token) if token.isascii() else None  # ours are
        if user is None:
            rates.spend("wrong_token", rates.address_of(request))
        else:
            rates.spend("call", digest(token))
        return user


def caller(request: HttpRequest) -> User:
    """The user whose token this is."""
    user: User = request.auth  # type: ignore[attr-defined]  # set by ninja from TokenAuth
    return user


def one(rows: QuerySet[Any], given_id: str) -> Any:
    """The row of that opaque id in what the caller may see; else 404."""
    row = rows.filter(pk=number(given_id)).first()
    if row is None:
        raise Http404
    return row


def number(given_id: str) -> int:
    """An opaque id as the key that it is; 404 for what cannot be one."""
    if not is_id(given_id):
        raise Http404
    return int(given_id)


def is_id(given_id: str) -> bool:
    return given_id.isascii() and given_id.isdigit() and len(given_id) <= 18


def narrowed(rows: QuerySet[Any], **ids: str) -> QuerySet[Any]:
    """Those with these opaque ids of a query, as columns; what cannot be an id is named."""
    for name, given_id in ids.items():
        if not given_id:
            continue
        try:
            rows = rows.filter(**{name: number(given_id)})
        except Http404:
            raise wrong(name, "This is no id of ours.") from None
    return rows


def owner(given_id: str | None) -> Any:
    """Who shall own a record: somebody who can sign in, or nobody."""
    return related(User.objects.filter(is_active=True), given_id, "owner_id")


def related(rows: QuerySet[Any], given_id: str | None, field: str) -> Any:
    """As `one`, for an id in a body: None stays None, and a wrong id is the field's error."""
    if given_id is None:
        return None
    try:
        return one(rows, given_id)
    except Http404:
        raise wrong(field, NO_SUCH) from None


def wrong(field: str, words: str) -> Problem:
    """That one field is not valid, and why."""
    return Problem(422, words, errors=[FieldError(field, words)])


def bad_cursor() -> Problem:
    return wrong("cursor", "This cursor is not one of ours.")


def page(
    rows: QuerySet[Any], cursor: str, limit: int, show: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """`{"items", "next"}` by primary key, newest first."""
    limit = max(1, min(limit, MOST))
    if cursor:
        if not is_id(cursor):
            raise bad_cursor()
        rows = rows.filter(pk__lt=int(cursor))
    found = list(rows.order_by("-pk")[: limit + 1])
    following = str(found[limit - 1].pk) if len(found) > limit else None
    return {"items": [show(row) for row in found[:limit]], "next": following}
