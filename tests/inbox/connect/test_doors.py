"""The doors to the mail servers: to the address that was checked, and never in clear outside."""

import socket
from typing import Any

import pytest
from pytest_django import Settings

from crm.models import User
from inbox.connect import doors
from inbox.wire.faults import TlsFault
from tests.factories import make_mailbox
from tests.servers.smtp_script import SmtpScript

pytestmark = pytest.mark.django_db


@pytest.mark.rule("M39")
@pytest.mark.parametrize("opening", [doors.posting, doors.reading, doors.appending])
def test_no_password_in_clear_to_a_host_that_has_become_public(hana: User, opening: Any) -> None:
    """Its name led to one's own network when it was tested, and leads elsewhere now."""
    hosts = {"imap_host": "8.8.8.8", "smtp_host": "8.8.8.8"}
    mailbox = make_mailbox(hana, **hosts, imap_security="none", smtp_security="none")
    with pytest.raises(TlsFault) as refused:
        opening(mailbox)
    assert refused.value.code == "plain_refused"


def test_no_password_in_clear_after_the_operator_has_changed_his_mind(
    hana: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.INBOX_ALLOW_PRIVATE_HOSTS = False
    monkeypatch.setattr("inbox.connect.hosts.is_public", lambda _address: True)
    with SmtpScript() as server:
        mailbox = make_mailbox(
            hana, smtp_host="127.0.0.1", smtp_port=server.port, smtp_security="none"
        )
        with pytest.raises(TlsFault):
            doors.posting(mailbox)
        assert server.transcript == []


def test_of_two_families_the_one_that_answers_is_taken(
    hana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many a machine has IPv6 addresses in its DNS and no way to them."""
    real = socket.getaddrinfo

    def both(host: str, *args: Any, **more: Any) -> Any:
        names = ["::1", "127.0.0.1"] if host == "mail.example.test" else [host]
        return [found for name in names for found in real(name, *args, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with SmtpScript() as server:
        mailbox = make_mailbox(
            hana, smtp_host="mail.example.test", smtp_port=server.port, smtp_security="none"
        )
        with doors.posting(mailbox) as session:
            assert session.max_size == 1_000_000
