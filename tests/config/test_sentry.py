"""What reaches Sentry: types and places, whatever the client had collected."""

import json
import socket
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import sentry_sdk

from config import sentry

CANARY = "kanariya"


class Receiver(HTTPServer):
    """Takes what a client of Sentry's sends, and keeps it unpacked."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.came = threading.Event()
        super().__init__(("127.0.0.1", 0), _Page)


class _Page(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        packed = self.headers.get("Content-Encoding") == "gzip"
        self.server.got.append((zlib.decompress(raw, 31) if packed else raw).decode())
        self.server.came.set()
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()
    sentry_sdk.get_global_scope().set_client(None)


def test_a_fault_arrives_without_a_word_of_it(receiver: Receiver) -> None:
    sentry.start(f"http://key@127.0.0.1:{receiver.server_port}/1")
    sentry_sdk.set_user({"email": f"{CANARY}@x.test"})
    sentry_sdk.add_breadcrumb(message=CANARY)
    sentry_sdk.set_extra("subject", CANARY)
    subject = CANARY
    try:
        raise ValueError(subject)
    except ValueError:
        sentry_sdk.capture_exception()
    sentry_sdk.flush(5)
    assert receiver.came.wait(10)
    said = "".join(receiver.got)
    assert '"type":"ValueError"' in said and "test_a_fault_arrives_without" in said
    assert CANARY not in said and socket.gethostname() not in said


def test_only_what_is_listed_stays_of_an_event() -> None:
    event: dict[str, Any] = {
        "level": "error",
        "request": {"url": CANARY},
        "logentry": {"message": CANARY},
        "exception": {"values": [{"type": "KeyError", "value": CANARY, "mechanism": CANARY}]},
    }
    kept = sentry.scrubbed(event)
    assert kept["exception"]["values"][0]["type"] == "KeyError"
    assert CANARY not in json.dumps(kept)
