"""Errors of the REST API as RFC 9457 problem documents."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from http import HTTPStatus
from typing import Any, NoReturn

from django.core.exceptions import RequestDataTooBig
from django.core.signals import got_request_exception
from django.db import IntegrityError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
)
from django.utils.log import log_response
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from crm.away import AWAY, come_again
from crm.rates import TooOften
from crm.rest.inputs import TOO_DEEP

BLANK = "about:blank"
MISSING = "There is nothing here, or you may not see it."
View = Callable[..., HttpResponseBase]
# Errors of Django of which no more is to be said than this.
PLAIN: dict[type[Exception], tuple[int, str]] = {
    Http404: (404, MISSING),
    RequestDataTooBig: (413, "This is more than one request may hold."),
    IntegrityError: (409, "Somebody else has just changed the same thing. Try again."),
}


@dataclass(frozen=True)
class FieldError:
    field: str
    message: str


class Problem(Exception):
    """Something to tell the caller: a status, one sentence, fields, and more members."""

    def __init__(
        self, status: int, detail: str, *, errors: Sequence[FieldError] = (), **more: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.more = more


def problem(
    status: int, detail: str, errors: Sequence[FieldError] = (), **more: Any
) -> HttpResponse:
    body: dict[str, Any] = {
        "type": BLANK,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = [{"field": e.field, "message": e.message} for e in errors]
    content = json.dumps(body | more)
    return HttpResponse(content, status=status, content_type="application/problem+json")


def install(api: NinjaAPI) -> None:
    """Make the API answer every error in this form."""

    @api.exception_handler(Problem)
    def on_problem(_request: HttpRequest, error: Problem) -> HttpResponse:
        return problem(error.status, error.detail, error.errors, **error.more)

    @api.exception_handler(ValidationError)
    def on_invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
        errors = [FieldError(_field(row["loc"]), _words(row)) for row in error.errors]
        return problem(422, "Some fields are not valid.", errors)

    @api.exception_handler(AuthenticationError)
    def on_stranger(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
        answer = problem(401, "Send a valid token: Authorization: Bearer TOKEN.")
        answer["WWW-Authenticate"] = "Bearer"
        return answer

    @api.exception_handler(TooOften)
    def on_too_often(_request: HttpRequest, error: TooOften) -> HttpResponse:
        answer = problem(429, str(error))
        answer["Retry-After"] = str(error.wait)
        return answer

    @api.exception_handler(HttpError)
    def on_http_error(_request: HttpRequest, error: HttpError) -> HttpResponse:
        if isinstance(error.__cause__, RecursionError):  # not even its reader could follow
            return problem(422, TOO_DEEP)
        return problem(error.status_code, str(error))

    for kind, (status, detail) in PLAIN.items():
        api.add_exception_handler(kind, partial(_plain, status, detail))

    for away in AWAY:
        api.add_exception_handler(away, _on_pause)

    @api.exception_handler(Exception)
    def on_defect(request: HttpRequest, error: Exception) -> HttpResponse:
        """Logged and signalled as Django does it; the caller is told nothing of the inside."""
        got_request_exception.send(sender=NinjaAPI, request=request)
        answer = problem(500, "Something went wrong here. It was noted.")
        log_response(
            "Internal Server Error: %s",
            request.path,
            response=answer,
            request=request,
            exception=error,
        )
        return answer


def _plain(status: int, detail: str, _request: HttpRequest, _error: Exception) -> HttpResponse:
    return problem(status, detail)


def _on_pause(request: HttpRequest, error: Any) -> HttpResponse:
    words = "The database does not answer just now. Nothing was done: try again in a moment."
    answer = come_again(problem(503, words))
    log_response("Pause: %s", request.path, response=answer, request=request, exception=error)
    return answer


def told(view: View) -> View:
    """The view, answering also a wrong method and a missing page with a problem document."""

    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            answer = view(request, *args, **kwargs)
        except Http404:
            return problem(404, MISSING)
        if isinstance(answer, HttpResponseNotAllowed):
            allowed = answer["Allow"]
            answer = problem(405, f"Here only {allowed} can be asked for.")
            answer["Allow"] = allowed
        return answer

    return answering


@csrf_exempt
def nowhere(_request: HttpRequest) -> NoReturn:
    """Whatever has no page under /api/v1/."""
    raise Http404


def _words(error: dict[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")  # pydantic's, before our own sentence


def _field(place: Sequence[str | int]) -> str:
    """("body", "payload", "emails", 0, "address") -> "emails.0.address"."""
    parts = [str(part) for part in place]
    return ".".join(parts[2:] or parts[1:] or parts)
