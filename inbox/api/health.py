"""REST: is every part alive? For load balancers and monitors, without a token."""

from collections.abc import Callable
from uuid import uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from kombu.connection import Connection
from kombu.exceptions import OperationalError
from ninja import Router

from crm.models import Heartbeat
from crm.models.heartbeats import FRESH
from inbox.health import counts

router = Router(tags=["health"])


@router.get("", auth=None, url_name="health")
def health(request: HttpRequest) -> JsonResponse:
    """200 where all parts are well, else 503; each part says "ok" or what is wrong. `mailboxes`
    counts their states: one that is disconnected is its owner's trouble, not the system's."""
    parts = {name: check() for name, check in CHECKS.items()}
    well = all(state == "ok" for state in parts.values())
    answer = {
        "status": "ok" if well else "failing",
        "parts": parts,
        "mailboxes": counts(timezone.now()) if parts["database"] == "ok" else None,
    }
    return JsonResponse(answer, status=200 if well else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return "does not answer"
    return "ok"


def _broker() -> str:
    try:
        options = getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {})
        with Connection(  # type: ignore[no-untyped-call]  # kombu has no types
            settings.CELERY_BROKER_URL, connect_timeout=2, transport_options=options
        ) as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except (OperationalError, OSError):
        return "does not answer"
    return "ok"


def _worker() -> str:
    return _beating("worker")


def _watcher() -> str:
    return _beating("watcher")


def _beating(part: str) -> str:
    try:
        return "ok" if Heartbeat.fresh(part) else "no heartbeat for 60 seconds"
    except Error:
        return "not known: the database does not answer"


def _beat() -> str:
    """Beat writes when it last sent each tick."""
    try:
        recent = PeriodicTask.objects.filter(last_run_at__gt=timezone.now() - FRESH)
        return "ok" if recent.exists() else "no tick for 60 seconds"
    except Error:
        return "not known: the database does not answer"


def _storage() -> str:
    try:
        name = default_storage.save(f"health/{uuid4().hex}", ContentFile(b"ok"))
        default_storage.delete(name)
    except OSError:
        return "cannot be written"
    return "ok"


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "broker": _broker,
    "worker": _worker,
    "beat": _beat,
    "watcher": _watcher,
    "storage": _storage,
}
