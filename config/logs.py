"""What a log line may say: when, how bad, where in the code, and ids. Never a word of any mail.

A line of ours is a constant sentence with fields beside it (`extra={"mailbox": 7}`), of which only
FIELDS are written. Of other people's code only the template of a line is written, never what it
would be filled with, and of an exception its type and its places in the code, never its message:
a database's error quotes the row, a mail server's the recipient.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

OURS = ("config", "crm", "inbox")
# Numbers and words of the code's own; no field may hold what a person or a server wrote.
FIELDS = (
    *("user", "by", "mailbox", "folder", "uid", "outgoing", "state", "notice", "rule"),
    *("error_code", "headers_read", "bodies_read", "logged", "round_trips", "bytes_in", "seconds"),
)
MOST_PLACES = 8  # of a traceback, the innermost
ROOT = Path(__file__).resolve().parent.parent


class Contentless(logging.Formatter):
    """Makes a dict of a record; the two formatters below write it in their own ways."""

    def values(self, record: logging.LogRecord) -> dict[str, Any]:
        at = datetime.fromtimestamp(record.created, UTC)
        said = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "message": sentence(record),
        }
        given = {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        return said | request_of(record) | given | error_of(record)


class JsonFormatter(Contentless):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self.values(record))


class LineFormatter(Contentless):
    """The same for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        values = self.values(record)
        head = [str(values.pop(name)) for name in ("time", "level", "logger", "message")]
        del values["process"]
        return " ".join([*head, *(f"{name}={value}" for name, value in values.items())])


def sentence(record: logging.LogRecord) -> str:
    """What it says without what it would be filled with. What others have filled in themselves
    cannot be told from their words: then only the place where they said it."""
    ours = record.name.partition(".")[0] in OURS
    if isinstance(record.msg, str) and (ours or record.args):
        return " ".join(record.msg.split())
    return f"said at {_short(record.pathname)}:{record.lineno}"


def request_of(record: logging.LogRecord) -> dict[str, Any]:
    """Of a request: its method, its route (not its address: that may hold a secret), its answer."""
    request = getattr(record, "request", None)
    found: dict[str, Any] = {}
    if match := getattr(request, "resolver_match", None):
        found["route"] = match.route
    if method := getattr(request, "method", None):
        found["method"] = method
    if isinstance(status := getattr(record, "status_code", None), int):
        found["status"] = status
    return found


def error_of(record: logging.LogRecord) -> dict[str, Any]:
    """Of an exception: its type, and where in the code it was raised."""
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    kind, _value, trace = record.exc_info
    frames = traceback.extract_tb(trace)[-MOST_PLACES:]
    places = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": f"{kind.__module__}.{kind.__qualname__}", "places": places}


def _short(path: str) -> str:
    for folder in (str(ROOT), *sorted(sys.path, key=len, reverse=True)):
        if folder and path.startswith(f"{folder}/"):
            return path.removeprefix(f"{folder}/")
    return path


def logging_of(level: str, style: str, *, terminal: bool) -> dict[str, Any]:
    """Django's LOGGING. `style` is json, line, or auto: lines for a terminal, else JSON."""
    chosen = {"json": JsonFormatter, "line": LineFormatter}.get(style)
    formatter = chosen or (LineFormatter if terminal else JsonFormatter)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"contentless": {"()": formatter}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "contentless"}},
        # Of others only what is wrong: some write whole dialogues at DEBUG.
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            **{name: {"level": level} for name in OURS},
            # Django would write requests on its own handler, addresses and all.
            **{name: {"handlers": [], "propagate": True} for name in ("django", "django.server")},
        },
    }
