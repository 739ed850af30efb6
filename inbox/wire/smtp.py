"""Wire: the posting session: one message to the owner's own provider (M21, M23, RFC 5321).

    envelope  MAIL and RCPT        may be refused, nothing has left
    begin_data  DATA, 354          may be refused, nothing has left
    finish_data  the bytes         a COMPLETE 2xx: sent; a COMPLETE 4xx or 5xx: SmtpRefused;
                                   anything else (M23), a lost relay behind the server included:
                                   OutcomeUnknown, never sent again by itself

smtplib takes "25" at the end of a connection for an answer, so answers are read here.
"""

import base64
import contextlib
import re
import smtplib
import ssl
from collections.abc import Sequence
from typing import Self

from inbox.mime.domains import in_ascii
from inbox.wire.account import Account
from inbox.wire.faults import (
    ConnectionLost,
    Fault,
    LoginRefused,
    OutcomeUnknown,
    ProtocolFault,
    ServerBusy,
    SmtpRefused,
    TlsFault,
    words,
)
from inbox.wire.stream import Stream, dial

AFTER_DATA = 10  # times the timeout: RFC 5321 4.5.3.2.6 has a server think for ten minutes
MOST_LINES = 200
_REPLY = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?\r?\n", re.DOTALL)
_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f<>]+@[^\s\x00-\x1f\x7f<>@]+")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LOST_RELAY = re.compile(r"4\.4\.\d+\b")  # RFC 3463: the way between this server and the next one


class _Smtp(smtplib.SMTP):
    """smtplib speaking through our stream, with strict answers."""

    def __init__(self, stream: Stream) -> None:
        # a name for EHLO that asks no DNS and tells nothing of this network
        super().__init__(local_hostname="[127.0.0.1]", timeout=stream.timeout)
        self.stream = stream
        self.sock = stream.sock

    def send(self, s: object) -> None:
        self.stream.send(s if isinstance(s, bytes) else str(s).encode("utf-8"))

    def getreply(self) -> tuple[int, bytes]:
        """One whole answer: every line complete, all with one code."""
        code = b""
        lines: list[bytes] = []
        while len(lines) < MOST_LINES:
            found = _REPLY.fullmatch(line := self.stream.readline())
            if found is None or found[1] != (code or found[1]):
                raise ProtocolFault("protocol", line)
            code = found[1]
            lines.append((found[3] or b"").strip())
            if found[2] != b"-":
                return int(code), b"\n".join(lines)
        raise ProtocolFault("too_many")

    def close(self) -> None:
        self.stream.close()


def open_posting(account: Account, tls: ssl.SSLContext) -> "PostingSession":
    session = PostingSession(account)
    try:
        session.secure(tls)
        session.login()
    except BaseException:
        session.abandon()
        raise
    return session


class PostingSession:
    """A connection on which one message after another can be handed in."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.stream = dial(account)
        self._smtp = _Smtp(self.stream)
        self._in_data = False
        if account.security != "tls":
            self._greet()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def max_size(self) -> int | None:
        """The largest message in bytes that the server takes, where it says so (RFC 1870)."""
        said = self._smtp.esmtp_features.get("size", "")
        return int(said) if said.isdigit() and int(said) else None

    @property
    def smtputf8(self) -> bool:
        return self._smtp.has_extn("smtputf8")

    def secure(self, tls: ssl.SSLContext) -> None:
        """TLS at once, or by STARTTLS; there is no "if available"."""
        if self.account.security == "tls":
            self.stream.start_tls(tls)
            self._greet()
        elif self.account.security == "starttls":
            self._start_tls(tls)

    def login(self) -> None:
        """AUTH PLAIN, else LOGIN; an account without a user name does not log in."""
        if not self.account.username:
            return
        offered = self._smtp.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" not in offered and "LOGIN" not in offered:
            raise LoginRefused("no_mechanism", " ".join(offered))
        code, said = self._auth_plain() if "PLAIN" in offered else self._auth_login()
        text = words(said, *self.account.secrets)
        if 400 <= code < 500:
            raise ServerBusy(str(code), text)
        if code != 235:
            raise LoginRefused(str(code), text)

    def envelope(
        self, sender: str, recipients: Sequence[str], *, international: bool = False
    ) -> dict[str, tuple[int, str]]:
        """MAIL and RCPT; gives the refused recipients. SmtpRefused when nobody is left.

        `international`: the header fields hold addresses in UTF-8 (RFC 6532).
        """
        outside = not all(in_ascii(address).isascii() for address in (sender, *recipients))
        utf8 = (international or outside) and self.smtputf8
        code, said = self._ask(f"MAIL FROM:<{self._path(sender)}>{' SMTPUTF8' if utf8 else ''}")
        if code != 250:
            raise self._refusal(code, said)
        refused = {}
        for address in dict.fromkeys(recipients):
            if (answer := self._recipient(address)) is not None:
                refused[address] = answer
        if len(refused) == len(set(recipients)):
            raise self._nobody_left(refused)
        return refused

    def begin_data(self) -> None:
        """DATA. Nothing of the message has left when this refuses."""
        code, said = self._ask("DATA")
        if code != 354:
            raise self._refusal(code, said)
        if self.stream.unread:  # it would be taken for the answer to the message
            self.abandon()
            raise ProtocolFault("protocol")
        self._in_data = True

    def finish_data(self, raw: bytes) -> str:
        """Sends the message and gives the server's words of acceptance."""
        try:
            self.stream.send(on_the_wire(raw))
        except ConnectionLost as lost:
            self.abandon()
            raise OutcomeUnknown(lost.code) from lost
        self._in_data = False
        self.stream.timeout *= AFTER_DATA
        try:
            code, said = self._smtp.getreply()
        except (ConnectionLost, ProtocolFault) as fault:
            self.abandon()
            raise OutcomeUnknown(fault.code, fault.server_said) from fault
        finally:
            self.stream.timeout /= AFTER_DATA
        return self._verdict(code, said)

    def close(self) -> None:
        """QUIT, two seconds of it at most; within DATA it would be a line of the message."""
        self.stream.timeout = min(self.stream.timeout, 2)
        with contextlib.suppress(Fault):
            if not self.stream.closed and not self._in_data:
                self._ask("QUIT")
        self.abandon()

    def abandon(self) -> None:
        """Closes without a word."""
        self.stream.close()

    def _greet(self) -> None:
        try:
            code, said = self._smtp.getreply()
        except ProtocolFault as fault:
            self.abandon()
            raise ProtocolFault("greeting") from fault  # what else it is is nobody's business
        if code != 220:
            self.abandon()
            raise ServerBusy(str(code), said, transient=code < 500)
        self._hello()

    def _hello(self) -> None:
        code, said = self._smtp.ehlo()
        if code != 250:
            code, said = self._smtp.helo()
        if code != 250:
            self.abandon()
            raise self._refusal(code, said)

    def _start_tls(self, tls: ssl.SSLContext) -> None:
        if not self._smtp.has_extn("starttls"):
            self.abandon()
            raise TlsFault("starttls_missing")
        code, said = self._ask("STARTTLS")
        if code != 220:
            self.abandon()
            raise TlsFault("starttls_refused", said, transient=code < 500)
        self.stream.start_tls(tls)
        self._hello()  # forgets what was said in clear, which counts for nothing (RFC 3207 4.2)

    def _auth_plain(self) -> tuple[int, bytes]:
        answer = base64.b64encode(self.account.sasl_plain.encode())
        return self._ask("AUTH PLAIN " + answer.decode())

    def _auth_login(self) -> tuple[int, bytes]:
        answer = self._ask("AUTH LOGIN")
        for secret in (self.account.username, self.account.password):
            if answer[0] != 334:
                break
            answer = self._ask(base64.b64encode(secret.encode()).decode())
        return answer

    def _recipient(self, address: str) -> tuple[int, str] | None:
        try:
            code, said = self._ask(f"RCPT TO:<{self._path(address)}>")
        except SmtpRefused as refused:
            return refused.reply, refused.server_said
        if code == 421:
            raise self._refusal(code, said)
        return None if code in {250, 251} else (code, words(said))

    def _nobody_left(self, refused: dict[str, tuple[int, str]]) -> SmtpRefused:
        with contextlib.suppress(Fault):
            self._ask("RSET")
        # one who may be taken later makes it worth another try
        code, said = min(refused.values(), default=(554, "no recipients"))
        return SmtpRefused(code, said, refused=refused)

    def _path(self, address: str) -> str:
        """An address that can stand between < and >, in ASCII where it has such a spelling."""
        ascii_address = in_ascii(address)
        if ascii_address.isascii() or not self.smtputf8:
            address = ascii_address
        if not _ADDRESS.fullmatch(address) or not (address.isascii() or self.smtputf8):
            raise SmtpRefused(553, "5.1.3 not an address that can be sent to")
        return address

    def _ask(self, command: str) -> tuple[int, bytes]:
        """One command and its whole answer; an answer that cannot be read ends the session."""
        self.stream.send(command.encode() + b"\r\n")
        try:
            return self._smtp.getreply()
        except ProtocolFault:
            self.abandon()
            raise

    def _verdict(self, code: int, said: bytes) -> str:
        text = words(said)
        if 200 <= code < 300:
            return f"{code} {text}"
        if code >= 400 and not _LOST_RELAY.match(text):
            raise SmtpRefused(code, text)
        self.abandon()
        raise OutcomeUnknown(str(code), text)

    def _refusal(self, code: int, said: bytes) -> Fault:
        if code == 421:
            self.abandon()
            return ServerBusy("421", said)
        if code < 400:
            self.abandon()
            return ProtocolFault("protocol", said)
        return SmtpRefused(code, said)


def on_the_wire(raw: bytes) -> bytes:
    """CRLF alone ends a line (no smuggled end of data), dots stuffed, the end of data put."""
    text = _LINE_END.sub(b"\r\n", raw)
    text += b"" if text.endswith(b"\r\n") else b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", text) + b".\r\n"
