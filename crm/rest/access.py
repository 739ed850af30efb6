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
    if not given_id.isascii() or not given_id.isdigit() or len(given_id) > 18:
        raise Http404
    return int(given_id)


def related(rows: QuerySet[Any], given_id: str | None, field: str) -> Any:
    """As `one`, for an id in a body: None stays None, and a wrong id is the field's error."""
    if given_id is None:
        return None
    try:
        return one(rows, given_id)
    except Http404:
        message = "There is no such row, or you may not see it."
        raise Problem(
            422, "Some fields are not valid.", errors=[FieldError(field, message)]
        ) from None


def bad_cursor() -> Problem:
    words = "This cursor is not one of ours."
    return Problem(422, words, errors=[FieldError("cursor", words)])


def page(
    rows: QuerySet[Any], cursor: str, limit: int, show: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """`{"items", "next"}` by primary key, newest first."""
    limit = max(1, min(limit, MOST))
    if cursor:
        if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
            raise bad_cursor()
        rows = rows.filter(pk__lt=int(cursor))
    found = list(rows.order_by("-pk")[: limit + 1])
    following = str(found[limit - 1].pk) if len(found) > limit else None
    return {"items": [show(row) for row in found[:limit]], "next": following}
