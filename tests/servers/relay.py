"""Tests: an SMTP relay in a thread: records what it takes, hands it on, misbehaves when told."""

import re
import smtplib
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.ports import Certificate, free_ports


@dataclass(frozen=True)
class Accepted:
    """One message that the relay took."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    username: str = ""

    @property
    def message_id(self) -> str:
        return self._field(rb"message-id")

    @property
    def token(self) -> str:
        """Which Outgoing it is; "" of mail that the CRM did not write."""
        return self._field(rb"x-musubi-message")

    def _field(self, name: bytes) -> str:
        found = re.search(rb"^%b:\s*(\S+)" % name, self.raw, re.IGNORECASE | re.MULTILINE)
        return found[1].decode() if found else ""


@dataclass
class Behaviour:
    """What the relay does instead of being kind. Codes are whole answers: "550 5.1.1 no"."""

    refuse_mail: str = ""
    refuse_rcpt: dict[str, str] = field(default_factory=dict)  # address, or "*"
    refuse_data: str = ""
    taken: str = "250 2.0.0 OK: taken"  # what it says to data that it takes
    drop_at: str = ""  # "mail", "rcpt", "data" or, taken and yet not answered, "accepted"
    rewrite_id: Callable[[str], str] | None = None  # Message-ID to Message-ID (M9)


class Relay:
    """An aiosmtpd on loopback. `lmtp_port` 0 keeps the mail instead of handing it on."""

    def __init__(
        self,
        lmtp_port: int = 0,
        *,
        port: int = 0,
        login: tuple[str, str] | None = None,
        certificate: Certificate | None = None,
        implicit_tls: bool = False,
    ) -> None:
        self.host = "127.0.0.1"
        self.port = port or free_ports(1)[0]
        self.lmtp_port = lmtp_port
        self.login = login
        self.behaviour = Behaviour()
        self._accepted: list[Accepted] = []
        self._lock = threading.Lock()
        self._tls = _context(certificate) if certificate else None
        self._implicit = implicit_tls
        self._controller: Controller | None = None

    @property
    def accepted(self) -> list[Accepted]:
        with self._lock:
            return list(self._accepted)

    def accepted_by(self, address: str) -> list[Accepted]:
        """What was taken for this recipient."""
        return [one for one in self.accepted if address in one.recipients]

    def behave(self, **how: object) -> None:
        """`behave(refuse_data="452 full")`; `behave()` is kind again."""
        self.behaviour = Behaviour(**how)  # type: ignore[arg-type]

    def clear(self) -> None:
        self.behave()
        with self._lock:
            self._accepted.clear()

    def start(self) -> "Relay":
        self._controller = Controller(
            self,
            hostname=self.host,
            port=self.port,
            ready_timeout=10,
            ssl_context=self._tls if self._implicit else None,
            **self._options(),
        )
        self._controller.start()
        return self

    def stop(self) -> None:
        if self._controller:
            self._controller.stop(no_assert=True)

    # --- what aiosmtpd calls ---

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._drops(server, "mail"):
            return "421 gone"
        if self.behaviour.refuse_mail:
            return self.behaviour.refuse_mail
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._drops(server, "rcpt"):
            return "421 gone"
        refusals = self.behaviour.refuse_rcpt
        if refusal := refusals.get(address) or refusals.get("*"):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self._drops(server, "data"):
            return "421 gone"
        if self.behaviour.refuse_data:
            return self.behaviour.refuse_data
        self._take(session, envelope)
        self._drops(server, "accepted")
        return self.behaviour.taken

    def _take(self, session: Session, envelope: Envelope) -> None:
        raw = envelope.original_content or b""
        taken = Accepted(
            envelope.mail_from or "",
            tuple(envelope.rcpt_tos),
            self._rewritten(raw),
            getattr(session.auth_data, "login", b"").decode() if session.auth_data else "",
        )
        with self._lock:
            self._accepted.append(taken)
        if self.lmtp_port:
            self._hand_on(taken)

    def _hand_on(self, taken: Accepted) -> None:
        """To everybody at example.test; mail to elsewhere ends here."""
        ours = [address for address in taken.recipients if address.endswith("@example.test")]
        for address in ours:  # smtplib hears only the first of LMTP's answers, one a recipient
            with smtplib.LMTP(self.host, self.lmtp_port, timeout=20) as lmtp:
                lmtp.sendmail(taken.sender, [address], taken.raw)

    def _rewritten(self, raw: bytes) -> bytes:
        rewrite = self.behaviour.rewrite_id
        if rewrite is None:
            return raw
        return re.sub(
            rb"^(message-id:\s*)(\S+)",
            lambda found: found[1] + rewrite(found[2].decode()).encode(),
            raw,
            count=1,
            flags=re.IGNORECASE | re.MULTILINE,
        )

    def _drops(self, server: SMTP, moment: str) -> bool:
        if self.behaviour.drop_at != moment:
            return False
        server.transport.abort()
        return True

    def _options(self) -> dict[str, object]:
        options: dict[str, object] = {"data_size_limit": 60 * 1024 * 1024, "enable_SMTPUTF8": True}
        if self._tls and not self._implicit:
            options |= {"tls_context": self._tls, "require_starttls": True}
        if self.login:
            options |= {
                "authenticator": self._authenticate,
                "auth_required": True,
                "auth_require_tls": bool(self._tls) and not self._implicit,
            }
        return options

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self.login, handled=given == self.login, auth_data=data)


def _context(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert, certificate.key)
    return context
