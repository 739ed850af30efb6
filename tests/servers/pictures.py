"""A web server with pictures on this machine, which writes down what it was asked for."""

import ssl
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.servers.ports import Certificate


def png(width: int = 40, height: int = 30, colour: bytes = b"\x1e\x50\xa2") -> bytes:
    """A real picture of that size in one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = (b"\x00" + colour * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    )


class Pictures:
    """Answers `answers[path]`, (status, headers, body), and any other path with a picture."""

    def __init__(self, certificate: Certificate | None = None) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.closing = threading.Event()
        outer = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                if self.path == "/drip":  # a byte now and then, for ever
                    with suppress(OSError):
                        while not outer.closing.wait(0.05):
                            self.wfile.write(b"H")
                    return
                outer.headers.append({name.lower(): value for name, value in self.headers.items()})
                status, headers, body = outer.answers.get(self.path, (200, {}, png()))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        scheme = "http"
        if certificate:
            scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.cert, certificate.key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{scheme}://127.0.0.1:{self.server.server_port}"


@contextmanager
def showing(certificate: Certificate | None = None) -> Iterator[Pictures]:
    pictures = Pictures(certificate)
    thread = threading.Thread(target=pictures.server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield pictures
    finally:
        pictures.closing.set()
        pictures.server.shutdown()
        pictures.server.server_close()
