"""The doors to the mail servers: to the address that was checked, and never in clear outside."""

import socket
from typing import Any

import pytest
from pytest_django import Settings

from crm.models import User
from inbox.connect import doors
from inbox.wire.faults import HostRefused, TlsFault
from tests.factories import make_mailbox
from tests.servers.imap_script import ImapScript
from tests.servers.names import naming
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


OPENINGS = [doors.reading, doors.appending, doors.posting, doors.certificate]


@pytest.mark.parametrize("opening", OPENINGS)
def test_a_name_that_leads_elsewhere_by_now_is_refused_at_every_door(
    hana: User, settings: Settings, opening: Any
) -> None:
    """DNS rebinding: it led to a public address when the mailbox was connected."""
    settings.INBOX_ALLOW_PRIVATE_HOSTS = False
    with naming() as names, ImapScript() as inside:
        names.records["flips.test", "A"] = ["127.0.0.1"]
        where = {"imap_host": "flips.test", "smtp_host": "flips.test"}
        mailbox = make_mailbox(hana, **where, imap_port=inside.port, smtp_port=inside.port)
        with pytest.raises(HostRefused):
            opening(mailbox)
        assert (inside.connections, inside.transcript) == (0, [])


def test_what_was_checked_is_what_is_connected_to(hana: User) -> None:
    """A name that changes with each answer has no second one to give."""
    with naming() as names, SmtpScript() as server:
        names.records["flips.test", "A"] = ["127.0.0.1"]
        names.flips["flips.test", "A"] = ["169.254.169.254"]
        where = {"smtp_host": "flips.test", "smtp_port": server.port}
        mailbox = make_mailbox(hana, **where, smtp_security="none")
        with doors.posting(mailbox):
            pass
        assert server.connections == 1
        with pytest.raises(HostRefused):
            doors.posting(mailbox)
        assert server.connections == 1


@pytest.mark.parametrize("opening", OPENINGS)
@pytest.mark.parametrize("port", [22, 80, 5432, 6379])
def test_no_door_leads_to_another_service(hana: User, opening: Any, port: int) -> None:
    where = {"imap_host": "8.8.8.8", "smtp_host": "8.8.8.8"}
    mailbox = make_mailbox(hana, **where, imap_port=port, smtp_port=port)
    with pytest.raises(HostRefused) as refused:
        opening(mailbox)
    assert refused.value.code == "port"
