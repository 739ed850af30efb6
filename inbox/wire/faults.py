"""Wire: everything that can go wrong with a mail server, as one tree (M37).

    Fault                  code, transient?, step, server_said
    ├── Unreachable        resolve | refused | timeout | unreachable      transient
    ├── HostRefused        private: those are not allowed | never: no mail server's address
    ├── TlsFault           self_signed | expired | not_yet_valid | wrong_name | unknown_issuer |
    │                      certificate | no_tls | starttls_missing | starttls_refused | handshake
    ├── LoginRefused       the server's RFC 5530 code in lower case, or refused | no_mechanism
    ├── ServerBusy         unavailable | limit | inuse | bye | 421 …      transient
    ├── OverQuota          the mailbox is full
    ├── FolderGone         nonexistent | trycreate | noperm
    ├── ProtocolFault      what came is not IMAP or SMTP, or is past a cap
    ├── ConnectionLost     closed | reset | timeout                       transient
    ├── SmtpRefused        a complete 4xx (transient) or 5xx (permanent) answer
    └── OutcomeUnknown     the message left and no complete answer came (M23)

`server_said` is for people: control characters gone, at most 500 characters, no password.
`str(fault)` is the code alone, so that a log line never holds an address.
"""

import base64
import re
from collections.abc import Mapping
from typing import ClassVar

LONGEST_WORDS = 500


class Fault(Exception):
    step: str = "connect"
    default_code: ClassVar[str] = "fault"
    default_transient: ClassVar[bool] = False

    def __init__(
        self, code: str = "", server_said: str | bytes = "", *, transient: bool | None = None
    ) -> None:
        self.code = code or self.default_code
        self.server_said = words(server_said)
        self.transient = self.default_transient if transient is None else transient
        super().__init__(self.code)


class Unreachable(Fault):
    default_code = "unreachable"
    default_transient = True

    def __init__(
        self, code: str = "", server_said: str | bytes = "", *, transient: bool | None = None
    ) -> None:
        super().__init__(code, server_said, transient=transient)
        if self.code == "resolve":
            self.step = "resolve"


class HostRefused(Fault):
    step = "resolve"
    default_code = "private"


class TlsFault(Fault):
    step = "tls"
    default_code = "handshake"


class LoginRefused(Fault):
    step = "login"
    default_code = "refused"


class ServerBusy(Fault):
    step = "login"
    default_code = "unavailable"
    default_transient = True


class OverQuota(Fault):
    step = "folders"
    default_code = "overquota"


class FolderGone(Fault):
    step = "folders"
    default_code = "nonexistent"


class ProtocolFault(Fault):
    default_code = "protocol"


class ConnectionLost(Fault):
    default_code = "closed"
    default_transient = True


class SmtpRefused(Fault):
    """A complete refusal. `refused` names each recipient when it was the recipients' turn."""

    step = "smtp_login"

    def __init__(
        self,
        reply: int,
        server_said: str | bytes = "",
        *,
        refused: Mapping[str, tuple[int, str]] | None = None,
    ) -> None:
        super().__init__(str(reply), server_said, transient=reply < 500)
        self.reply = reply
        self.permanent = reply >= 500
        self.refused = dict(refused or {})


class OutcomeUnknown(Fault):
    step = "smtp_login"
    default_code = "unknown"


_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")
_CODE = re.compile(r"\[([A-Z0-9-]+)[^\]]*\]", re.IGNORECASE)
_BUSY_CODES = {"UNAVAILABLE", "LIMIT", "INUSE", "SERVERBUG", "THROTTLED", "OVERLOADED", "SYS/TEMP"}
_BUSY_WORDS = re.compile(
    r"too many|try again|temporar|unavailable|simultaneous|maximum number|throttl|rate limit|busy",
    re.IGNORECASE,
)


def words(said: str | bytes, *secrets: str) -> str:
    """What a server said, fit to be shown: `words(b"bad\\r\\npass", "pass") == "bad …"`."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    for secret in filter(None, secrets):
        encoded = base64.b64encode(secret.encode()).decode()
        text = text.replace(secret, "…").replace(encoded, "…")
    return " ".join(_CONTROLS.sub(" ", text).split())[:LONGEST_WORDS]


def imap_refusal(said: str | bytes, *secrets: str, login: bool = False) -> Fault:
    """The fault behind a tagged NO, by its response code (RFC 5530), else by its words."""
    text = words(said, *secrets)
    found = _CODE.match(text)
    code = found[1].upper() if found else ""
    if code in _BUSY_CODES or (not code or code == "ALERT") and _BUSY_WORDS.search(text):
        return ServerBusy(code.lower(), text)
    if code == "OVERQUOTA":
        return OverQuota("overquota", text)
    if login or code in {"AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED"}:
        return LoginRefused(code.lower(), text)
    if code in {"NONEXISTENT", "TRYCREATE", "NOPERM"}:
        return FolderGone(code.lower(), text)
    return ProtocolFault(code.lower() or "no", text)
