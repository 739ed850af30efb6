"""A support bundle: versions, states, timings and counts, as JSON values (M59).

Nothing in it was written by or about a person: no address, name, subject, text, folder or host of
one's own. Mailboxes are numbers; of hosts those of known providers are named. Server answers are
codes of ours, since their words quote addresses.
"""

import platform
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Count

from crm.models import Heartbeat, PurgeReceipt
from inbox.connect import doors
from inbox.connect.providers import provider_at
from inbox.models import Absence, Canary, Mailbox, Outgoing, Quarantined
from inbox.wire.faults import Fault

RECEIPTS = 30
SETTINGS = (
    "DEBUG",
    "TIME_ZONE",
    "LANGUAGE_CODE",
    "INBOX_ALLOW_PRIVATE_HOSTS",
    "INBOX_DISCOVERY",
    "INBOX_POLL_SECONDS",
    "INBOX_TROUBLE_HOURS",
    "INBOX_IDLE",
    "INBOX_MAX_MESSAGE_BYTES",
    "RETENTION_TRANSPORT_MONTHS",
    "RETENTION_RAW_HOURS",
    "RETENTION_SYNCED_HEADERS_DAYS",
    "RETENTION_SENT_HEADERS_DAYS",
    "RETENTION_DRAFTS_DAYS",
    "RETENTION_TRASH_DAYS",
)


def made(now: datetime, *, ask_servers: bool = False) -> dict[str, Any]:
    """The whole bundle; with `ask_servers` each mailbox is signed in to for its capabilities."""
    return {
        "at": now.isoformat(),
        "versions": _versions(),
        "settings": {name: getattr(settings, name) for name in SETTINGS},
        "keys": {"fernet": len(settings.FERNET_KEYS), "message_id": len(settings.MESSAGE_ID_KEYS)},
        "rows": _rows(),
        "parts": list(Heartbeat.objects.order_by("part").values("part", "at", "since")),
        "mailboxes": [
            _mailbox(row, ask_servers=ask_servers) for row in Mailbox.objects.order_by("pk")
        ],
        "outgoing": _by(Outgoing, "state") | {"copies": _by(Outgoing, "copy_state")},
        "unreadable": list(_unreadable()),
        "purges": _purges(),
    }


def _versions() -> dict[str, str]:
    cursor = connection.cursor()
    if connection.vendor == "sqlite":
        cursor.execute("SELECT sqlite_version()")
    else:
        cursor.execute("SHOW server_version")
    return {
        "python": platform.python_version(),
        "django": django.get_version(),
        "system": platform.system(),
        connection.vendor: str(cursor.fetchone()[0]),
    }


def _rows() -> dict[str, int]:
    return {
        model._meta.label: model._default_manager.count()
        for app in ("crm", "inbox")
        for model in apps.get_app_config(app).get_models()
    }


def _by(model: Any, column: str) -> dict[str, Any]:
    rows = model.objects.order_by().values_list(column).annotate(n=Count("pk"))
    return {str(value): n for value, n in rows}


def _mailbox(mailbox: Mailbox, *, ask_servers: bool) -> dict[str, Any]:
    provider = provider_at(mailbox.imap_host)
    told = {
        name: getattr(mailbox, name)
        for name in (
            *("imap_port", "imap_security", "smtp_port", "smtp_security", "scope", "visibility"),
            *("state", "fault", "state_since", "failures", "last_synced_at", "next_look_at"),
            *("looking_until", "sent_habit", "smtp_max_size", "smtp_utf8"),
        )
    }
    absences = Absence.objects.filter(mailbox=mailbox).order_by("-since")[:5]
    canary = Canary.objects.filter(mailbox=mailbox).values("sent_at", "seen_at", "seconds", "fault")
    return {
        "number": mailbox.pk,
        "provider": provider.name if provider else "other",
        **told,
        "folders": _folders(mailbox),
        "absences": list(absences.values("since", "until", "fault", "headers", "found")),
        "canary": list(canary),
        "server": _server(mailbox) if ask_servers else "not asked",
    }


def _folders(mailbox: Mailbox) -> list[dict[str, Any]]:
    """By their number and role, never by their names, which people give."""
    columns = ("pk", "role", "watched", "uidvalidity", "next_uid", "messages", "looked_at", "fault")
    return list(mailbox.folders.order_by("pk").values(*columns))


def _server(mailbox: Mailbox) -> dict[str, Any]:
    try:
        with doors.reading(mailbox) as session:
            return {"capabilities": sorted(session.capabilities)}
    except Fault as fault:
        return {"fault": fault.code}


def _unreadable() -> Iterable[dict[str, Any]]:
    """Kind and place of what went wrong; never words of the message (M47)."""
    rows = Quarantined.objects.order_by("error").values_list("error").annotate(n=Count("pk"))
    return [{"error": error, "n": n} for error, n in rows]


def _purges() -> list[dict[str, Any]]:
    columns = ("rule", "cutoff", "started_at", "finished_at", "count")
    return list(PurgeReceipt.objects.values(*columns)[:RECEIPTS])
