"""Connect: which hosts may be connected to, and on which ports. What getaddrinfo makes of a name
decides, never its spelling, and the address found is pinned, so that no second look-up can give
another one."""

import ipaddress
import socket

from inbox.wire.account import Account
from inbox.wire.faults import HostRefused, TlsFault, Unreachable

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# address blocks that carry an IPv4 address inside: (network, how many bits stand behind it)
_CARRIERS = [
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (ipaddress.IPv6Network("::/96"), 0),  # IPv4-compatible
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),  # NAT64 (RFC 6052)
    (ipaddress.IPv6Network("2002::/16"), 80),  # 6to4
]
_NEVER_PUBLIC = [
    ipaddress.ip_network(block)
    for block in (
        "100.64.0.0/10",  # carrier-grade NAT
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "64:ff9b:1::/48",  # NAT64 of a network's own
        "2001::/23",  # Teredo and other IETF protocols
        "fec0::/10",  # the old site-local
    )
]
# Some hosters put mail on ports of their own, above those that are given out for a purpose (1024).
_MAIL_PORTS = {24, 25, 26, 143, 465, 587, 993}
_PORTS_OF_OTHERS = {
    *(1080, 1433, 1521, 2049, 2181, 2375, 2376, 2379, 3128, 3306, 3389),
    *(4369, 5432, 5672, 5900, 5984, 5985, 6379, 6443, 7001, 8080, 8443, 9000, 9092, 9200),
    *(10250, 11211, 27017),
}


def mail_places(host: str, port: int, *, allow_private: bool) -> list[str]:
    """As `resolve`, of a mail server: HostRefused("port") for ports where other services are, but
    in one's own network, where that is allowed."""
    places = resolve(host, port, allow_private=allow_private)
    usual = port in _MAIL_PORTS or port >= 1024 and port not in _PORTS_OF_OTHERS
    if not usual and not all(map(is_private, places)):
        raise HostRefused("port")
    return places


def resolve(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses to connect to, the first one of each family: many a machine has no IPv6.

    Unreachable("resolve") where the name is not found, HostRefused where any of its addresses is
    not public and those are not allowed."""
    found = _addresses(host, port)
    for address in found:
        if not (is_public(address) or allow_private and _is_own_network(address)):
            # which address it was is nobody's business
            raise HostRefused("private" if _is_own_network(address) else "never")
    firsts = {address.version: address for address in reversed(found)}
    return [str(address) for address in found if address is firsts[address.version]]


def refuse_plain(account: Account, *, allow_private: bool) -> None:
    """No password in clear, but to one's own network where that is allowed (M39). TlsFault."""
    if account.security != "none":
        return
    if not (allow_private and all(map(is_private, account.places))):
        raise TlsFault("plain_refused")


def is_private(address: str) -> bool:
    """Is a resolved address on this machine or in its own network?"""
    return _is_own_network(_parsed(address))


def is_public(address: IpAddress) -> bool:
    """Is it an address of the open Internet, and does it carry no other inside?"""
    inner = _carried(address)
    if inner is not None:
        return is_public(inner)
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in block for block in _NEVER_PUBLIC if block.version == address.version)
    )


def _is_own_network(address: IpAddress) -> bool:
    """Private and loopback; never link-local, where clouds keep their secrets (169.254.169.254)."""
    inner = _carried(address) if not address.is_loopback else None
    plain = inner or address
    unfit = plain.is_link_local or plain.is_multicast or plain.is_unspecified
    shared = plain.version == 4 and plain in _NEVER_PUBLIC[0]
    return (plain.is_private or plain.is_loopback or shared) and not unfit


def _addresses(host: str, port: int) -> list[IpAddress]:
    name = host.strip().removeprefix("[").removesuffix("]")
    if not name or not 0 < port < 65536 or not name.isprintable():
        raise Unreachable("resolve")
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable("resolve", getattr(error, "strerror", None) or "") from error
    addresses = [_parsed(str(entry[4][0])) for entry in found]
    if not addresses:
        raise Unreachable("resolve")
    return addresses


def _parsed(address: str) -> IpAddress:
    return ipaddress.ip_address(address.partition("%")[0])


def _carried(address: IpAddress) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address) or address in (_LOOPBACK, _NOWHERE):
        return None
    for network, behind in _CARRIERS:
        if address in network:
            return ipaddress.IPv4Address(int(address) >> behind & 0xFFFFFFFF)
    return None


_LOOPBACK = ipaddress.IPv6Address("::1")
_NOWHERE = ipaddress.IPv6Address("::")
