"""Connect: a remote picture of a mail, asked for in the reader's stead, so that its sender learns
nothing of who reads it: no address, no cookie, no referrer. Nothing of it is kept here.

The rules are those for mail servers (hosts.py): the address that was checked is the one connected
to, at each redirect anew, and certificates are verified. Private addresses have a setting of their
own, since here whoever writes a mail chooses the address, and no operator does.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from threading import Timer
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from django.conf import settings

from inbox.connect import hosts
from inbox.mime.pictures import looks
from inbox.wire.faults import Fault
from inbox.wire.tls import context

MOST_BYTES = 5 * 1024 * 1024
MOST_REDIRECTS = 3
SILENCE = 5.0  # seconds without a byte
PATIENCE = 10.0  # seconds for one answer, however it drips
_REDIRECTS = (301, 302, 303, 307, 308)
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; Musubi)",
    "Accept": "image/webp,image/png,image/jpeg,image/gif",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class NoPicture(Exception):
    """There is none to be shown: refused, not reached, too large, or no picture at all."""


class Picture(NamedTuple):
    content: bytes
    content_type: str
    is_pixel: bool


def fetch(url: str) -> Picture:
    """The picture at a remote address. Raises NoPicture."""
    try:
        for _hop in range(MOST_REDIRECTS + 1):
            content, url = _ask(urlsplit(url))
            if not url:
                return _picture(content)
    except (Fault, OSError, HTTPException, ValueError) as error:
        raise NoPicture(str(error)) from error
    raise NoPicture("too many redirects")


def _ask(parts: SplitResult) -> tuple[bytes, str]:
    """The content, or where it is said to be instead."""
    target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    if parts.query:
        target += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~?[]|{}")
    with _connected(parts) as connection:
        connection.request("GET", target, headers=_HEADERS | {"Host": _named(parts)})
        response = connection.getresponse()
        if response.status in _REDIRECTS:
            return b"", urljoin(parts.geturl(), response.getheader("Location", ""))
        if response.status != 200:
            raise NoPicture(f"status {response.status}")
        content = response.read(MOST_BYTES + 1)
        whole = not response.length
    if len(content) > MOST_BYTES or not whole:
        raise NoPicture("too large, or cut short")
    return content, ""


def _named(parts: SplitResult) -> str:
    host = (parts.hostname or "").encode("idna").decode()
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{parts.port}" if parts.port else host


@contextmanager
def _connected(parts: SplitResult) -> Iterator[HTTPConnection]:
    """A connection to the very address that was checked, cut when it takes too long."""
    secure, host = parts.scheme == "https", parts.hostname or ""
    if parts.scheme not in ("http", "https") or parts.username is not None:
        raise NoPicture("no such address")
    port = parts.port or (443 if secure else 80)
    line = _reached(host, port)
    try:
        if secure:
            wrapped = context(settings.INBOX_CA_FILE)
            line = wrapped.wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
        clock = Timer(PATIENCE, _cut, [line])
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


def _reached(host: str, port: int) -> socket.socket:
    """By the first of its addresses that answers."""
    places = hosts.resolve(host, port, allow_private=settings.INBOX_ALLOW_PRIVATE_PICTURES)
    for place in places[:-1]:
        with suppress(OSError):
            return socket.create_connection((place, port), timeout=SILENCE)
    return socket.create_connection((places[-1], port), timeout=SILENCE)


def _cut(line: socket.socket) -> None:
    """Whoever reads from it hears that it has ended."""
    with suppress(OSError):  # it ended by itself
        socket.socket.shutdown(line, socket.SHUT_RDWR)


def _picture(content: bytes) -> Picture:
    found = looks(content)
    if found is None:
        raise NoPicture("not a picture")
    return Picture(content, found.content_type, found.is_pixel)
