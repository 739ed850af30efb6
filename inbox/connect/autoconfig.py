"""Connect: the settings that a provider publishes as XML, as Thunderbird reads them (M3). Pure.

The format is draft-ietf-mailmaint-autoconfig (config-v1.1.xml): servers in the order in which
their provider wants them. Only encrypted ones are taken.
"""

import re
from typing import NamedTuple
from xml.etree import ElementTree

from inbox.wire.account import Security, Settings

_HOST = re.compile(
    r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)+\Z", re.IGNORECASE
)
_SECURITY: dict[str, Security] = {"ssl": "tls", "starttls": "starttls"}


class Server(NamedTuple):
    host: str
    port: int
    security: Security
    username: str


def read(content: bytes, email: str) -> Settings | None:
    """The first IMAP and the first SMTP server of a document; None where it is none or lacks one.

    A document with a DOCTYPE is refused: entities are how XML is made to explode.
    """
    try:
        text = content.decode("utf-8-sig")
        root = None if "<!DOCTYPE" in text.upper() else ElementTree.fromstring(text)
    except (UnicodeDecodeError, ElementTree.ParseError, ValueError):
        return None
    if root is None:
        return None
    imap = _first(root, "incomingServer", "imap", email)
    smtp = _first(root, "outgoingServer", "smtp", email)
    return settings_of(email, imap, smtp) if imap and smtp else None


def settings_of(email: str, imap: Server, smtp: Server) -> Settings:
    return Settings(
        email=email,
        username=imap.username or email,
        password="",
        imap_host=imap.host,
        imap_port=imap.port,
        imap_security=imap.security,
        smtp_host=smtp.host,
        smtp_port=smtp.port,
        smtp_security=smtp.security,
    )


def is_host(name: str) -> bool:
    """Whether it is spelled like the name of a host with a domain."""
    return bool(_HOST.match(name))


def _first(root: ElementTree.Element, tag: str, kind: str, email: str) -> Server | None:
    for server in root.iterfind(f"./emailProvider/{tag}[@type='{kind}']"):
        found = _server(server, email)
        if found:
            return found
    return None


def _server(element: ElementTree.Element, email: str) -> Server | None:
    def said(name: str) -> str:
        return _filled((element.findtext(name) or "").strip(), email)

    security = _SECURITY.get(said("socketType").lower())
    host, port = said("hostname").lower(), said("port")
    if security is None or not is_host(host) or not port.isdecimal() or not 0 < int(port) < 65536:
        return None
    return Server(host, int(port), security, said("username")[:254])


def _filled(text: str, email: str) -> str:
    local, _at, domain = email.rpartition("@")
    values = {"%EMAILADDRESS%": email, "%EMAILLOCALPART%": local, "%EMAILDOMAIN%": domain}
    for name, value in values.items():
        text = text.replace(name, value)
    return text[:500]
