"""Connect: one thing asked of a web server in a person's stead, so that it learns nothing of them:
no address, no cookie, no referrer.

The rules are those for mail servers (hosts.py): the address that was checked is the one connected
to, at each redirect anew, and certificates are verified.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from threading import Timer
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from django.conf import settings

from inbox.connect import hosts
from inbox.wire.faults import Fault
from inbox.wire.tls import context

MOST_REDIRECTS = 3
SILENCE = 5.0  # seconds without a byte
_REDIRECTS = (301, 302, 303, 307, 308)
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; Musubi)",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class NoAnswer(Exception):
    """Refused, not reached, too large, or cut short."""


@dataclass(frozen=True)
class Manner:
    """How it is asked. `patience`: seconds for one answer, however it drips; `secure`: by HTTPS
    alone, at each redirect too."""

    accept: str
    most_bytes: int
    patience: float
    allow_private: bool
    secure: bool = False


def get(url: str, manner: Manner) -> bytes:
    """What lies at an address. Raises NoAnswer."""
    try:
        for _hop in range(MOST_REDIRECTS + 1):
            content, url = _ask(urlsplit(url), manner)
            if not url:
                return content
    except (Fault, OSError, HTTPException, ValueError) as error:
        raise NoAnswer(str(error)) from error
    raise NoAnswer("too many redirects")


def _ask(parts: SplitResult, manner: Manner) -> tuple[bytes, str]:
    """The content, or where it is said to be instead."""
    target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    if parts.query:
        target += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~?[]|{}")
    with _connected(parts, manner) as connection:
        headers = _HEADERS | {"Accept": manner.accept, "Host": _named(parts)}
        connection.request("GET", target, headers=headers)
        response = connection.getresponse()
        if response.status in _REDIRECTS:
            return b"", urljoin(parts.geturl(), response.getheader("Location", ""))
        if response.status != 200:
            raise NoAnswer(f"status {response.status}")
        content = response.read(manner.most_bytes + 1)
        whole = not response.length
    if len(content) > manner.most_bytes or not whole:
        raise NoAnswer("too large, or cut short")
    return content, ""


def _named(parts: SplitResult) -> str:
    host = (parts.hostname or "").encode("idna").decode()
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{parts.port}" if parts.port else host


@contextmanager
def _connected(parts: SplitResult, manner: Manner) -> Iterator[HTTPConnection]:
    """A connection to the very address that was checked, cut when it takes too long."""
    secure, host = parts.scheme == "https", parts.hostname or ""
    schemes = ("https",) if manner.secure else ("http", "https")
    if parts.scheme not in schemes or parts.username is not None:
        raise NoAnswer("no such address")
    port = parts.port or (443 if secure else 80)
    line = _reached(host, port, allow_private=manner.allow_private)
    try:
        if secure:
            wrapped = context(settings.INBOX_CA_FILE)
            line = wrapped.wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
        clock = Timer(manner.patience, _cut, [line])
        clock.daemon = True
        clock.start()
        try:
            if isinstance(line, ssl.SSLSocket):
                line.do_handshake()  # by the clock too: it can drip as well
            connection = HTTPConnection(host, port)
            connection.sock = line
            yield connection
        finally:
            clock.cancel()
    finally:
        line.close()


def _reached(host: str, port: int, *, allow_private: bool) -> socket.socket:
    """By the first of its addresses that answers."""
    places = hosts.resolve(host, port, allow_private=allow_private)
    for place in places[:-1]:
        with suppress(OSError):
            return socket.create_connection((place, port), timeout=SILENCE)
    return socket.create_connection((places[-1], port), timeout=SILENCE)


def _cut(line: socket.socket) -> None:
    """Whoever reads from it hears that it has ended."""
    with suppress(OSError):  # it ended by itself
        socket.socket.shutdown(line, socket.SHUT_RDWR)
