"""Wire: the values that describe an account on a mail server. It takes no model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Security = Literal["tls", "starttls", "none"]


@dataclass(frozen=True)
class Account:
    """Where to connect and as whom.

    `address` is the pinned IP that is connected to while TLS verifies `host`; "" resolves `host`.
    `other_address` is tried where that one does not answer.
    """

    host: str
    port: int
    security: Security
    username: str
    password: str = field(repr=False)
    address: str = ""
    timeout: float = 30
    other_address: str = ""

    @property
    def places(self) -> Sequence[str]:
        """Where to connect to, in this order."""
        return [place for place in (self.address, self.other_address) if place] or [self.host]

    @property
    def sasl_plain(self) -> str:
        """The answer to AUTH PLAIN (RFC 4616), before its base64."""
        return f"\0{self.username}\0{self.password}"

    @property
    def secrets(self) -> tuple[str, str]:
        """What may not be shown, not even when the server repeats it."""
        return self.password, self.sasl_plain


@dataclass(frozen=True)
class Settings:
    """What a person fills in to connect a mailbox: its reading and its sending half."""

    email: str
    username: str
    password: str = field(repr=False)
    imap_host: str
    imap_port: int
    imap_security: Security
    smtp_host: str
    smtp_port: int
    smtp_security: Security
    smtp_username: str = ""
    smtp_password: str = field(default="", repr=False)

    def reading(self, addresses: Sequence[str] = (), timeout: float = 30) -> Account:
        return Account(
            self.imap_host,
            self.imap_port,
            self.imap_security,
            self.username,
            self.password,
            *_pinned(addresses, timeout),
        )

    def posting(self, addresses: Sequence[str] = (), timeout: float = 30) -> Account:
        return Account(
            self.smtp_host,
            self.smtp_port,
            self.smtp_security,
            self.smtp_username or self.username,
            self.smtp_password or self.password,
            *_pinned(addresses, timeout),
        )


def _pinned(addresses: Sequence[str], timeout: float) -> tuple[str, float, str]:
    first, other, *_ = (*addresses, "", "")
    return first, timeout, other
