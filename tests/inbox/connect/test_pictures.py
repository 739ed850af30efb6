"""A remote picture is fetched by our server, within bounds, from a real web server."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from pytest_django import Settings

from inbox.connect import pictures
from inbox.connect.pictures import NoPicture, fetch
from tests.servers.pictures import Pictures, png, showing
from tests.servers.ports import Authority


@pytest.fixture
def server() -> Iterator[Pictures]:
    with showing() as server:
        yield server


def test_it_tells_nothing_of_the_reader(server: Pictures) -> None:
    picture = fetch(f"{server.url}/a b.png?to=ü")
    assert (picture.content, picture.content_type) == (png(), "image/png")
    assert server.asked == ["/a%20b.png?to=%C3%BC"]
    (headers,) = server.headers
    assert headers["host"] == server.url.removeprefix("http://")
    assert not {"cookie", "referer", "authorization"} & headers.keys()


def test_its_type_is_that_of_its_bytes(server: Pictures) -> None:
    page = b"<html><script>alert(1)</script>"
    server.answers["/page.png"] = (200, {"Content-Type": "image/png"}, page)
    server.answers["/odd"] = (200, {"Content-Type": "text/html"}, png())
    with pytest.raises(NoPicture):
        fetch(f"{server.url}/page.png")
    assert fetch(f"{server.url}/odd").content_type == "image/png"


def test_a_few_redirects_are_followed(server: Pictures) -> None:
    for number in range(4):
        server.answers[f"/{number}"] = (302, {"Location": f"/{number + 1}"}, b"")
    assert fetch(f"{server.url}/1").content == png()
    with pytest.raises(NoPicture):
        fetch(f"{server.url}/0")


@pytest.mark.parametrize(
    "elsewhere", ["http://169.254.169.254/latest", "file:///etc/passwd", "ftp://127.0.0.1/a", ""]
)
def test_a_redirect_is_looked_at_like_an_address(server: Pictures, elsewhere: str) -> None:
    server.answers["/a"] = (302, {"Location": elsewhere} if elsewhere else {}, b"")
    with pytest.raises(NoPicture):
        fetch(f"{server.url}/a")


@pytest.mark.rule("M39")
def test_private_networks_are_not_asked_even_where_mail_servers_are(
    server: Pictures, settings: Settings
) -> None:
    settings.INBOX_ALLOW_PRIVATE_HOSTS = True
    settings.INBOX_ALLOW_PRIVATE_PICTURES = False
    with pytest.raises(NoPicture):
        fetch(f"{server.url}/a")
    assert not server.asked


@pytest.mark.parametrize(
    "url", ["http://user:secret@127.0.0.1/", "javascript:alert(1)", "http://[", "http://a.test:x/"]
)
def test_what_is_no_address_of_a_picture(url: str) -> None:
    with pytest.raises(NoPicture):
        fetch(url)


def test_an_answer_that_drips_is_cut(server: Pictures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "PATIENCE", 0.3)
    with pytest.raises(NoPicture):
        fetch(f"{server.url}/drip")


def test_what_is_too_large_or_cut_short(server: Pictures) -> None:
    server.answers["/large"] = (200, {}, png() + b"\0" * pictures.MOST_BYTES)
    server.answers["/short"] = (200, {"Content-Length": "99999"}, png())
    with pytest.raises(NoPicture):
        fetch(f"{server.url}/large")
    with pytest.raises(NoPicture):
        fetch(f"{server.url}/short")
    server.answers["/gone"] = (404, {}, png())
    with pytest.raises(NoPicture):
        fetch(f"{server.url}/gone")


def test_certificates_are_verified(authority: Authority, settings: Settings) -> None:
    with showing(authority.certificate("pictures")) as server:
        with pytest.raises(NoPicture):
            fetch(f"{server.url}/a")
        settings.INBOX_CA_FILE = str(authority.ca_file)
        assert fetch(f"{server.url}/a").content == png()


def test_a_handshake_that_drips_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as door, ThreadPoolExecutor() as pool:
        dripped = pool.submit(_drip, door)
        with pytest.raises(NoPicture):
            fetch(f"https://127.0.0.1:{door.getsockname()[1]}/a.png")
        assert not dripped.result()


def _drip(door: socket.socket) -> bool:
    """A handshake, byte by byte; whether the other side bore with all of it."""
    line, _address = door.accept()
    with line:
        try:
            for byte in b"\x16\x03\x03\x40\x00\x02" + b"\0" * 30:
                line.sendall(bytes([byte]))
                time.sleep(0.1)
        except OSError:
            return False
    return True
