"""What every page uses: page(), done(), visible_or_404(), and whose language and time it is."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.db import models
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
)
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.urls import is_valid_path, reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django.views.defaults import bad_request
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from crm.lib import zones
from crm.lib.keyset import LARGEST
from crm.models import UndoEntry, User


class Request(HttpRequest):
    """A request of somebody who is signed in, as SignInMiddleware lets it through."""

    user: User
    htmx: HtmxDetails


class SeeOther(HttpResponseRedirect):
    """303: what was asked for is done; look there."""

    status_code = 303


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    part: str = "",
    status: int = 200,
) -> HttpResponse:
    """The whole page, or its partial `part` where htmx asked for it."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by HtmxMiddleware
    partly = bool(part and htmx and not htmx.boosted and not htmx.history_restore_request)
    name = f"{template}#{part}" if partly else template
    response = render(request, name, context, status=status)
    if part:
        patch_vary_headers(response, ["HX-Request"])
    return response


def done(
    request: HttpRequest, to: Any, *args: Any, toast: str = "", undo: UndoEntry | str | None = None
) -> HttpResponse:
    """It is done: on to `to` (a model, a URL name with its `args`, or a path), saying `toast`,
    with a button that takes it back where there is an `undo` (or the path that undoes it)."""
    say(request, toast, undo)
    url = resolve_url(to, *args)
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(url)
    return SeeOther(url)


def stay(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    toast: str = "",
    undo: UndoEntry | None = None,
    changed: str = "",
    status: int = 200,
) -> HttpResponse:
    """For htmx: it is done, and one part of the page (`list.html#row`) takes its new place.

    The toast comes along out of band; `changed` names an event that other parts listen for.
    """
    say(request, toast, undo)
    response = render(request, template, context, status=status)
    response.write(render_to_string("components/toasts.html", {"swap": True}, request))
    patch_vary_headers(response, ["HX-Request"])
    if changed:
        response["HX-Trigger"] = changed
    return response


def say(request: HttpRequest, toast: str, undo: UndoEntry | str | None = None) -> None:
    """A toast on the page that comes next; with `undo` it can be taken back from there. What a path
    undoes is still to come, and the toast stays until then."""
    if not toast:
        return
    if isinstance(undo, UndoEntry):
        messages.success(request, toast, extra_tags=reverse("crm:undo", args=[undo.token]))
    elif undo:
        messages.info(request, toast, extra_tags=undo)
    else:
        messages.success(request, toast)


def back(request: HttpRequest, otherwise: Any, *args: Any) -> str:
    """The page of ours that the request came from, else `otherwise`."""
    came_from = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(
        came_from, {request.get_host()}, require_https=request.is_secure()
    )
    return came_from if came_from and ours else resolve_url(otherwise, *args)


def onward(request: HttpRequest, record: models.Model | None, *, but: str = "") -> str:
    """Where whoever did something to a part of `record` goes on: the page that they came from,
    unless that was about the part alone (its path begins with `but`); then the record, or home."""
    home = resolve_url(record or "crm:home")
    came_from = back(request, home)
    path = urlsplit(came_from).path
    return home if path == request.path or (but and path.startswith(but)) else came_from


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: what was posted, be it nothing at all; None where nobody posted."""
    return request.POST if request.method == "POST" else None


def post_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For what is pressed and never looked at. Whoever asks for it all the same (a bookmark, or the
    way on from a sign-in) comes to the nearest page above its address."""

    posted_to = require_POST(view)

    @wraps(view)
    def only(request: Request, *args: Any, **values: Any) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return SeeOther(_above(request.path))
        return posted_to(request, *args, **values)

    return only


def _above(path: str) -> str:
    """_above("/tasks/7/done/") == "/tasks/", since there is no page of one task."""
    parts = path.strip("/").split("/")
    above = ("/".join(["", *parts[:n], ""]) for n in range(len(parts) - 1, 0, -1))
    return next(filter(is_valid_path, above), "/")


def visible_or_404(rows: Any, user: User, pk: int) -> Any:
    """The row of a model or a QuerySet that `user` may see. What they may not see is not there."""
    if pk > LARGEST:  # SQLite would refuse it with an error of its own
        raise Http404
    found = getattr(rows, "objects", rows).visible_to(user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


class HeadersMiddleware:
    """What a browser may do with whatever we answer, beside the headers that Django itself sets.

    Pages are asked for anew each time and kept by nobody on the way; `no-store` would make each
    step back as slow as the first look.
    """

    SAID: ClassVar[dict[str, str]] = {
        "Permissions-Policy": ", ".join(
            f"{name}=()"
            for name in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
        ),
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-cache",
    }

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in self.SAID.items():
            response.headers.setdefault(name, value)
        return response


class BoundsMiddleware:
    """What no page can take: a NUL byte in an address, which PostgreSQL would answer with an error
    of its own, and more bytes than a composer with all its files has.

    The API refuses both by itself, and names the field.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query: str = request.META.get("QUERY_STRING", "")
        if request.path.startswith("/api/"):
            return self.get_response(request)
        if "%00" in query or "\0" in query or "\0" in request.path:
            return bad_request(request, ValueError("a NUL byte"))
        length: str = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            most = {"most": settings.DATA_UPLOAD_MAX_MEMORY_SIZE}
            return HttpResponse(render_to_string("413.html", most), status=413)
        return self.get_response(request)


class SignInMiddleware(LoginRequiredMiddleware):
    """Every page asks for a sign-in; the API answers 401 by itself, and `health` asks nobody."""

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if request.resolver_match and "api" in request.resolver_match.namespaces:
            return None
        refused = super().process_view(request, view_func, view_args, view_kwargs)
        if refused is None or not request.headers.get("HX-Request"):
            return refused
        # The page stays, with what was typed on it, under a dialog (static/js/pulse.js).
        return HttpResponse(status=401, headers={"HX-Trigger": "login"})


class PreferencesMiddleware:
    """Each page in the language and the time zone of whoever looks at it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, User):
            _prefer(request, request.user)
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()


def _prefer(request: HttpRequest, user: User) -> None:
    if user.language in dict(settings.LANGUAGES):
        translation.activate(user.language)
        request.LANGUAGE_CODE = user.language
    if user.time_zone in zones.names():
        timezone.activate(user.time_zone)
