"""The page that Prometheus reads, with the token of METRICS_TOKEN; without one there is none."""

import time
from collections.abc import Callable
from secrets import compare_digest

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from inbox.metrics import REQUESTS, scraped


@never_cache
@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Counts and ages; whoever has no token finds no page here."""
    wanted = f"Bearer {settings.METRICS_TOKEN}".encode()
    given = request.headers.get("Authorization", "").encode()
    if not settings.METRICS_TOKEN or not compare_digest(given, wanted):
        raise Http404
    return HttpResponse(scraped(), content_type=CONTENT_TYPE_LATEST)


class DurationMiddleware:
    """Notes how long each answer took, by its route: never by its address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        answer = self.get_response(request)
        route = request.resolver_match.route if request.resolver_match else ""
        labels = (request.method if request.method in METHODS else "other", route)
        REQUESTS.labels(*labels, answer.status_code).observe(time.monotonic() - started)
        return answer


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
