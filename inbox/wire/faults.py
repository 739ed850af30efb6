"""Wire: everything that can go wrong with a mail server, as one tree (M37).

    Fault                  code, transient?, step, server_said
    ├── Unreachable        resolve | refused | timeout | unreachable      transient
    ├── HostRefused        private: those are not allowed | never: no mail server's address |
    │                      port: nor its port
    ├── TlsFault           self_signed | expired | not_yet_valid | wrong_name | unknown_issuer |
    │                      certificate | no_tls | old_tls | starttls_missing | starttls_refused |
    │                      handshake
    ├── LoginRefused       the server's RFC 5530 code in lower case, or login | no_mechanism
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
from datetime import timedelta
from typing import ClassVar

LONGEST_WORDS = 500
LONGEST_WAIT = timedelta(days=1)  # that a server may ask for


class Fault(Exception):
    step: str = "connect"
    cause: ClassVar[str] = "here"  # in one word, for people: crm/notices.py has the sentences
    default_code: ClassVar[str] = "fault"
    default_transient: ClassVar[bool] = False

    def __init__(
        self, code: str = "", server_said: str | bytes = "", *, transient: bool | None = None
    ) -> None:
        self.code = code or self.default_code
        self.server_said = words(server_said)
        self.transient = self.default_transient if transient is None else transient
        super().__init__(self.code)

    @property
    def wait(self) -> timedelta:
        """How long the server asks to be left alone; zero where it names no time."""
        found = _WAIT.search(self.server_said)
        if not found:
            return timedelta()
        unit = _UNITS[(found["unit"] or "s").lower().replace("milli", "ms")[:2]]
        return min(int(found["number"]) * unit, LONGEST_WAIT)


class Unreachable(Fault):
    cause = "unreachable"
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
    cause = "settings"
    default_code = "private"


class TlsFault(Fault):
    step = "tls"
    cause = "encryption"
    default_code = "handshake"


class LoginRefused(Fault):
    """The only fault after which nothing is tried again: it would bring the lock nearer."""

    step = "login"
    cause = "password"
    default_code = "login"


class ServerBusy(Fault):
    step = "login"
    cause = "busy"
    default_code = "unavailable"
    default_transient = True


class OverQuota(Fault):
    step = "folders"
    cause = "full"
    default_code = "overquota"


class FolderGone(Fault):
    step = "folders"
    cause = "folder"
    default_code = "nonexistent"


class ProtocolFault(Fault):
    cause = "server"
    default_code = "protocol"


class ConnectionLost(Fault):
    cause = "unreachable"
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


# "Suggested Backoff Time: 299961 milliseconds" (Exchange), "Greylisted, try again in 5 minutes"
_WAIT = re.compile(
    r"(?:backoff time|retry[ -]after|(?:try|retry)(?: again)? (?:in|after)|wait(?: for)?):? "
    r"(?P<number>\d{1,9}) ?"
    r"(?P<unit>milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|hours?|hrs?)?\b",
    re.IGNORECASE,
)
_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "se": timedelta(seconds=1),
    "mi": timedelta(minutes=1),
    "ho": timedelta(hours=1),
    "hr": timedelta(hours=1),
}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")
_CODE = re.compile(r"\[([A-Z0-9-]+)[^\]]*\]", re.IGNORECASE)
_BUSY_CODES = {
    *("UNAVAILABLE", "LIMIT", "INUSE", "SERVERBUG", "CORRUPTION"),  # RFC 5530
    *("THROTTLED", "OVERLOADED", "IN-USE", "SYS/TEMP"),
}
_LOGIN_CODES = {
    *("AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "CONTACTADMIN"),  # RFC 5530
    *("WEBALERT", "AUTH", "SYS/PERM"),
}
# A certificate expires as well.
_LOGIN_NAMES = {"": "login", "ALERT": "login", "EXPIRED": "password_expired"}
_GONE_CODES = {"NONEXISTENT", "TRYCREATE", "NOPERM"}
_TELLS_NOTHING = {"", "ALERT"}
_BUSY_WORDS = re.compile(
    r"too many|try again|temporar|unavailable|simultaneous|maximum number|throttl|rate limit|busy",
    re.IGNORECASE,
)
# At a login these mean the server, whatever else is said. Others, such as "invalid password, try
# again", mean the password: a login that is tried again for them brings the lock nearer.
_CROWDED_WORDS = re.compile(
    r"simultaneous|connections|rate limit|throttl|authenticated but not connected"
    r"|temporary (?:\w+ )?(?:failure|problem|error)|temporarily unavailable|server (?:is )?busy",
    re.IGNORECASE,
)
_PASSWORD_WORDS = re.compile(
    r"password|credential|log-?in (?:failed|failure|incorrect|attempts)|auth\w* fail|locked|blocked"
    r"|disabled|suspended|(?:invalid|unknown) user",
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
    if code in _BUSY_CODES or _busy_by_its_words(code, text, login=login):
        return ServerBusy(code.lower(), text)
    if code == "OVERQUOTA" and _METERED_WORDS.search(text):
        return ServerBusy("throttled", text)
    if code == "OVERQUOTA":
        return OverQuota("overquota", text)
    if code == "PRIVACYREQUIRED":
        return TlsFault("privacyrequired", text)
    if login or code in _LOGIN_CODES:
        return LoginRefused(_LOGIN_NAMES.get(code, code.lower()), text)
    return FolderGone(code.lower(), text) if code in _GONE_CODES else _unclear(code, text)


def _unclear(code: str, text: str) -> Fault:
    return ProtocolFault(code.lower() or "no", text)


def _busy_by_its_words(code: str, text: str, *, login: bool) -> bool:
    """Microsoft and Yahoo say AUTHENTICATIONFAILED when they mean a rate limit."""
    if login and _CROWDED_WORDS.search(text):
        return code in _TELLS_NOTHING | {"AUTHENTICATIONFAILED"}
    if login and _PASSWORD_WORDS.search(text):
        return False
    return code in _TELLS_NOTHING and bool(_BUSY_WORDS.search(text))


# Gmail says OVERQUOTA of a day's bandwidth, and not of the mailbox.
_METERED_WORDS = re.compile(r"bandwidth|command", re.IGNORECASE)
OWNERS_TURN = frozenset(  # the codes of LoginRefused
    {"login", "password_expired", "no_credential", "no_mechanism", "malformed"}
    | {code.lower() for code in _LOGIN_CODES - {"EXPIRED"}}
)
_CODES: dict[type[Fault], frozenset[str]] = {
    LoginRefused: OWNERS_TURN,
    ServerBusy: frozenset({"bye"} | {code.lower() for code in _BUSY_CODES}),
    Unreachable: frozenset({"resolve", "refused", "timeout", "unreachable"}),
    ConnectionLost: frozenset({"closed", "reset"}),
    HostRefused: frozenset({"private", "never", "port"}),
    OverQuota: frozenset({"overquota"}),
    FolderGone: frozenset(code.lower() for code in _GONE_CODES),
    TlsFault: frozenset(
        {"self_signed", "expired", "not_yet_valid", "wrong_name", "unknown_issuer"}
        | {"certificate", "no_tls", "starttls_missing", "starttls_refused", "plain_refused"}
        | {"handshake", "privacyrequired", "old_tls"}
    ),
}


def remembered(code: str, server_said: str = "") -> Fault:
    """The fault whose code a row has kept."""
    otherwise = Fault if code == "internal" else ProtocolFault
    kind = next((kind for kind, codes in _CODES.items() if code in codes), otherwise)
    return kind(code, server_said)
