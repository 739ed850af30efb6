"""What mail servers wrote above a message: how it came, and whether its From was proven (M16).

Only the topmost Authentication-Results is looked at, and only where it bears the name of the
server that is trusted: whatever a sender wrote himself lies below what our own server put on top
(RFC 8601, 5). Bytes in, values out; nothing here raises.
"""

import re
from dataclasses import dataclass

from inbox.mime import fields
from inbox.mime.addresses import addresses
from inbox.mime.charsets import decoded
from inbox.mime.fields import Fields

# The fields that are asked for beside those of a look, where the question is whose mail it is.
TRACE = (
    "Authentication-Results Received Delivered-To X-Original-To Envelope-To X-Envelope-To "
    "X-Forwarded-To"
)
_DELIVERED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-forwarded-to")
_LONGEST = 5_000
_COMMENT = re.compile(r"\([^()]*\)")
_METHOD = re.compile(r"\s*([a-z][\w-]{0,30})\s*=\s*([a-z]{1,20})\b(.*)", re.DOTALL | re.IGNORECASE)
_PROPERTY = re.compile(r"([a-z]+\.[a-z-]+)\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)
_RECEIVED_FOR = re.compile(r"\bfor\s+<([^<>\s]{3,320})>")
# What a method says of the domain that it looked at (RFC 8601, 2.7; RFC 7489)
_SAID_OF = {
    "dmarc": ("header.from",),
    "dkim": ("header.d", "header.i"),
    "spf": ("smtp.mailfrom", "smtp.mail"),
    "auth": ("smtp.auth", "smtp.mailfrom"),
}


@dataclass(frozen=True, slots=True)
class Result:
    """One method's verdict: `dkim`, `pass`, and of which domain."""

    method: str
    verdict: str
    domain: str


@dataclass(frozen=True, slots=True)
class Origin:
    """`travelled`: a server took it in; else somebody signed in filed it here himself.

    `server` and `results` are of the topmost Authentication-Results, `reached` are the addresses
    that it was delivered to.
    """

    travelled: bool = False
    server: str = ""
    results: tuple[Result, ...] = ()
    reached: tuple[str, ...] = ()

    def failed(self) -> bool:
        """Whether the topmost results, whoever wrote them, say that the sender is not proven."""
        return any(r.method == "dmarc" and r.verdict == "fail" for r in self.results)

    def proves(self, sender: str, server: str) -> bool:
        """Whether the trusted `server` vouches for the domain of `sender`."""
        if not server or self.server != server.lower() or self.failed():
            return False
        domain = _domain(sender)
        return any(r.verdict == "pass" and _aligned(r, domain) for r in self.results)


def origin(raw: bytes) -> Origin:
    """From a header block or a whole message."""
    found = fields.split(fields.with_newlines(raw))[0]
    server, results = _results(decoded(found.raw("authentication-results")[:_LONGEST]))
    travelled = bool(found.raw("received"))
    return Origin(travelled, server, results, _reached(found))


def _results(value: str) -> tuple[str, tuple[Result, ...]]:
    """`mx.example.org 1; dkim=pass header.d=example.org; spf=…`: whose word it is, and the word.

    Some servers leave their name out; their results are nobody's.
    """
    head, *parts = _COMMENT.sub(" ", value).split(";")
    words = head.split()
    server = words[0].lower().rstrip(".") if words and "=" not in head else ""
    found = [_METHOD.match(part) for part in (parts if server else [head, *parts])[:50]]
    return server, tuple(_result(match) for match in found if match)


def _result(match: re.Match[str]) -> Result:
    method, verdict = match[1].lower(), match[2].lower()
    said = {name.lower(): value for name, value in _PROPERTY.findall(match[3])}
    named = next((said[name] for name in _SAID_OF.get(method, ()) if name in said), "")
    return Result(method, verdict, _domain(named))


def _aligned(result: Result, domain: str) -> bool:
    """Relaxed alignment (RFC 7489, 3.1): the same domain, or one of them below the other."""
    if result.method not in _SAID_OF or not domain or "." not in result.domain:
        return False
    one, other = f".{result.domain}", f".{domain}"
    return one.endswith(other) or other.endswith(one)


def _reached(found: Fields) -> tuple[str, ...]:
    """Where the servers delivered it; a blind copy names its recipient nowhere else."""
    named = addresses(value for name in _DELIVERED for value in found.every(name)[:10])
    via = [_RECEIVED_FOR.search(decoded(v[:2_000])) for v in found.every("received")[:10]]
    people = [person.address for person in named] + [match[1] for match in via if match]
    return tuple(dict.fromkeys(address.lower() for address in people))


def _domain(address: str) -> str:
    return address.rpartition("@")[2].strip().lower().rstrip(".")
