"""The demo's mail servers: TLS and a login, each recipient's bytes, nothing lost by a restart."""

import imaplib
import os
import smtplib
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytest_django import Settings

from config.demo.place import Place, set_up
from config.demo.stage import listens
from inbox.connect import pictures
from tests.config.test_parts import ROOT, until

pytestmark = pytest.mark.live
HANA = "hana@kumo.example"
LETTER = b"Subject: hi\r\nMessage-ID: <a@b>\r\n\r\n\xff eight bits\r\n"


@contextmanager
def running(place: Place) -> Iterator[None]:
    environment = {**os.environ, "DEMO_FOLDER": str(place.folder)}
    command = [sys.executable, "-m", "config.demo.mail"]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as server:
        try:
            kept = place.kept
            ports = (kept.imap_port, kept.smtp_port, kept.pictures_port)
            until(lambda: all(map(listens, ports)), 20)
            yield
        finally:
            server.kill()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return set_up(tmp_path_factory.mktemp("demo"))


def post(place: Place, *to: str, password: str = "") -> None:
    tls = ssl.create_default_context(cafile=str(place.ca_file))
    with smtplib.SMTP_SSL("localhost", place.kept.smtp_port, context=tls) as server:
        server.login(HANA, password or place.kept.mail_password)
        server.sendmail(HANA, to, LETTER)


@contextmanager
def reading(place: Place, owner: str) -> Iterator[imaplib.IMAP4]:
    tls = ssl.create_default_context(cafile=str(place.ca_file))
    with imaplib.IMAP4_SSL("localhost", place.kept.imap_port, ssl_context=tls) as server:
        server.login(owner, place.kept.mail_password)
        server.select("INBOX", readonly=True)
        yield server


def state(place: Place, owner: str) -> tuple[list[bytes], bytes]:
    """The messages of an INBOX, and its UIDVALIDITY."""
    with reading(place, owner) as server:
        _ok, parts = server.fetch("1:*", "(BODY.PEEK[])")
        found = [part[1] for part in parts if isinstance(part, tuple)]
        return found, server.response("UIDVALIDITY")[1][0]


def test_a_restart_keeps_the_mail_and_changes_uidvalidity(place: Place) -> None:
    with running(place):
        post(place, HANA, "anna@weber.example", "hidden@copy.example")
        mine, before = state(place, HANA)
        theirs, _validity = state(place, "customers@demo.example")
        assert mine == theirs == [LETTER]
        with reading(place, HANA) as server:
            assert "IDLE" in str(server.capability()[1])
    with running(place):
        again, after = state(place, HANA)
    assert again == [LETTER]
    assert after != before


def test_a_wrong_password_and_an_unknown_address_are_refused(place: Place) -> None:
    with running(place):
        with pytest.raises(smtplib.SMTPAuthenticationError):
            post(place, HANA, password="wrong")
        with pytest.raises(smtplib.SMTPRecipientsRefused, match="User unknown"):
            post(place, "thomas.brandt@nordlicht.example")


def test_the_pictures_of_its_letters_can_be_shown(place: Place, settings: Settings) -> None:
    settings.INBOX_CA_FILE = str(place.ca_file)
    settings.INBOX_ALLOW_PRIVATE_PICTURES = True
    with running(place):
        picture = pictures.fetch(f"https://localhost:{place.kept.pictures_port}/hours.png")
    assert (picture.content_type, picture.is_pixel) == ("image/png", False)
