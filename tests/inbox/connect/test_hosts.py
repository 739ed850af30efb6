"""Which hosts may be connected to, however they are spelled."""

import socket

import pytest

from inbox.connect.hosts import is_private, mail_places, resolve
from inbox.wire.faults import HostRefused, Unreachable

PRIVATE = [
    *("127.0.0.1", "localhost", "LOCALHOST", "127.1", "127.0.1", "127.255.255.254"),
    *("0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "017700000001"),  # as inet_aton reads
    *("１２７.０.０.１", "127。0。0。1", "①②⑦.⓪.⓪.①"),  # as IDNA reads
    *(" 127.0.0.1 ", "127.0.0.1\n"),
    *("::1", "[::1]", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1", "[::ffff:10.0.0.1]"),
    *("::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::1"),
    *("10.1.2.3", "10.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.1", "0xa000001"),
    *("fc00::1", "fd12:3456::1", "100.64.0.1", "198.18.0.1", "192.0.0.8"),
]
NEVER = [
    *("169.254.169.254", "0xa9fea9fe", "2852039166", "fe80::1", "fe80::1%lo", "fec0::1"),
    *("0.0.0.0", "0", "::", "224.0.0.1", "ff02::1", "::ffff:169.254.169.254"),
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("host", PRIVATE + NEVER)
def test_a_private_address_is_refused_in_every_spelling(host):
    with pytest.raises(HostRefused) as refused:
        resolve(host, 993, allow_private=False)
    assert refused.value.step == "resolve"
    assert not refused.value.transient


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "10.1.2.3", "192.168.1", "fd12:3456::1"])
def test_own_networks_can_be_allowed(host):
    assert all(map(is_private, resolve(host, 993, allow_private=True)))


@pytest.mark.parametrize("host", NEVER)
def test_link_local_and_the_like_never_are(host):
    with pytest.raises(HostRefused):
        resolve(host, 993, allow_private=True)


@pytest.mark.parametrize("host", PUBLIC)
def test_public_addresses_pass(host):
    [address] = resolve(host, 993, allow_private=False)
    assert not is_private(address)


@pytest.mark.parametrize(
    "host", ["", "  ", "[]", "no.such.invalid", "a\0b", "a b", "x" * 300, "a..b", "http://x", "\n"]
)
def test_what_is_no_host_is_not_found(host):
    with pytest.raises(Unreachable) as refused:
        resolve(host, 993, allow_private=True)
    assert (refused.value.code, refused.value.step) == ("resolve", "resolve")


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_what_is_no_port_is_not_found(port):
    with pytest.raises(Unreachable):
        resolve("8.8.8.8", port, allow_private=True)


def test_one_private_address_among_public_ones_refuses_the_name(monkeypatch):
    def both(*args, **kwargs):
        public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 993))
        return [public, (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 993))]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(HostRefused):
        resolve("rebinding.test", 993, allow_private=False)


def test_a_refusal_does_not_tell_the_address():
    with pytest.raises(HostRefused) as refused:
        resolve("localhost", 993, allow_private=False)
    assert refused.value.server_said == ""


@pytest.mark.parametrize("port", [22, 80, 443, 1023, 3306, 5432, 6379, 11211])
def test_ports_of_other_services_are_refused(port):
    with pytest.raises(HostRefused) as refused:
        mail_places("8.8.8.8", port, allow_private=True)
    assert refused.value.code == "port"
    assert mail_places("10.1.2.3", port, allow_private=True) == ["10.1.2.3"]


@pytest.mark.parametrize("port", [25, 143, 465, 587, 993, 2525, 10993])
def test_ports_of_mail_and_what_is_nobodys_are_not(port):
    assert mail_places("8.8.8.8", port, allow_private=False) == ["8.8.8.8"]
