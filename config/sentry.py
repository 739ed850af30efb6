"""Sentry, where an operator gives SENTRY_DSN: faults by type and place, without a word of anything.

What leaves is built anew from a list of what may, so that nothing a later version of the client
collects goes with it: no request, no person, no local variables, no messages of exceptions.
"""

from importlib import import_module
from typing import Any

KEPT = ("event_id", "timestamp", "level", "platform", "release", "environment", "logger", "sdk")
PLACE = ("filename", "module", "function", "lineno", "in_app")


def start(dsn: str) -> None:
    """Report to there from now on; the client is installed by requirements-sentry.txt alone."""
    sdk = import_module("sentry_sdk")
    sdk.init(
        dsn=dsn,
        before_send=scrubbed,
        before_send_transaction=dropped,
        before_breadcrumb=dropped,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        server_name="musubi",
        auto_session_tracking=False,
    )


def scrubbed(event: dict[str, Any], _hint: Any = None) -> dict[str, Any]:
    """The event with its exceptions' types and places, and its level; nothing else."""
    found = {name: event[name] for name in KEPT if name in event}
    given = (event.get("exception") or {}).get("values") or []
    found["exception"] = {"values": [_exception(each) for each in given]}
    return found


def dropped(_what: Any, _hint: Any = None) -> None:
    """Traces and breadcrumbs hold queries and addresses."""
    return


def _exception(each: dict[str, Any]) -> dict[str, Any]:
    frames = (each.get("stacktrace") or {}).get("frames") or []
    places = [{name: frame[name] for name in PLACE if name in frame} for frame in frames]
    kind = {name: each.get(name) for name in ("type", "module")}
    return {**kind, "value": "", "stacktrace": {"frames": places}}
