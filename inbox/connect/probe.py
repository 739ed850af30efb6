"""Connect: the step-by-step test of a mailbox's settings, with the server's words (M2, M3).

It changes nothing on the server, sends no mail, and sends no password before TLS is verified.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

from django.conf import settings as house

from inbox.connect.advice import advice_for
from inbox.connect.certificates import Certificate, shown_by
from inbox.connect.hosts import mail_places, refuse_plain
from inbox.connect.providers import Provider, pop3_refusal, provider_at, provider_for
from inbox.wire.account import Account, Settings
from inbox.wire.client import Client
from inbox.wire.faults import Fault, TlsFault
from inbox.wire.folders import FolderInfo, inbox_folder
from inbox.wire.imap import ReadingSession
from inbox.wire.smtp import PostingSession
from inbox.wire.tls import context, looking_context

StepName = Literal[
    "resolve",
    "connect",
    "tls",
    "login",
    "folders",
    "inbox",
    "smtp_connect",
    "smtp_tls",
    "smtp_login",
]
NAMES: tuple[StepName, ...] = get_args(StepName)
PATIENCE = 15  # seconds: a person is waiting
_CERTIFICATE_FAULTS = {
    "self_signed",
    "expired",
    "not_yet_valid",
    "wrong_name",
    "unknown_issuer",
    "certificate",
}


@dataclass(frozen=True)
class Step:
    """One row of the check list; `ok` None was not tried. `folders` came with step "folders",
    what the server takes with "smtp_login": the largest message in bytes, SMTPUTF8."""

    name: StepName
    ok: bool | None
    server_said: str = ""
    advice: str = ""
    ms: int = 0
    folders: tuple[FolderInfo, ...] = ()
    smtp_max_size: int | None = None
    smtp_utf8: bool | None = None


@dataclass(frozen=True)
class Report:
    """A whole test: its steps, and what was found on the way."""

    steps: tuple[Step, ...]
    provider: Provider | None

    @property
    def ok(self) -> bool:
        return all(step.ok for step in self.steps)

    @property
    def failed(self) -> Step | None:
        return next((step for step in self.steps if step.ok is False), None)

    @property
    def folders(self) -> tuple[FolderInfo, ...]:
        return next((step.folders for step in self.steps if step.folders), ())


def probe(settings: Settings, *, timeout: float = PATIENCE) -> Iterator[Step]:
    """Tries the settings step by step; after the first failure the others are not tried."""
    with contextlib.closing(_Attempt(settings, timeout)) as attempt:
        failed = False
        for name in NAMES:
            step = Step(name, ok=None) if failed else attempt.take(name)
            failed = failed or not step.ok
            yield step


def report(settings: Settings, *, timeout: float = PATIENCE) -> Report:
    """The same, waited for."""
    return Report(tuple(probe(settings, timeout=timeout)), provider_of(settings))


def provider_of(settings: Settings) -> Provider | None:
    """By the IMAP host first: an own domain may well live at a large provider."""
    return provider_at(settings.imap_host) or provider_for(settings.email)


class _Attempt:
    """The connections of one test, each step going on where the last one stood."""

    def __init__(self, settings: Settings, timeout: float) -> None:
        self.settings = settings
        self.timeout = timeout
        self.imap_account = settings.reading(timeout=timeout)
        self.smtp_account = settings.posting(timeout=timeout)
        self.tls = context(house.INBOX_CA_FILE)
        self._at_smtp = False
        self.folders: tuple[FolderInfo, ...] = ()
        self._client: Client | None = None
        self._reading: ReadingSession | None = None
        self._posting: PostingSession | None = None

    def take(self, name: StepName) -> Step:
        """One step, timed; a fault becomes the row that explains it."""
        step: Callable[[], None] = getattr(self, f"_{name}")
        began = time.monotonic()
        try:
            if name == "resolve" and (why := self._pop3()):
                return Step(name, ok=False, advice=why)
            step()
        except Fault as fault:
            ms = _since(began)
            advice = self._advice(name, fault)
            return Step(name, ok=False, server_said=fault.server_said, advice=advice, ms=ms)
        done = Step(name, ok=True, ms=_since(began))
        if name == "folders":
            return replace(done, folders=self.folders)
        if name == "smtp_login" and self._posting:
            largest, utf8 = self._posting.max_size, self._posting.smtputf8
            return replace(done, smtp_max_size=largest, smtp_utf8=utf8)
        return done

    def close(self) -> None:
        if self._client:
            self._client.logout()
        if self._posting:
            self._posting.close()

    def _pop3(self) -> str | None:
        return pop3_refusal(self.settings.imap_host, self.settings.imap_port)

    def _resolve(self) -> None:
        """Both hosts at once, so that a private one cannot hide behind the other."""
        s = self.settings
        allowed = bool(house.INBOX_ALLOW_PRIVATE_HOSTS)
        reading = mail_places(s.imap_host, s.imap_port, allow_private=allowed)
        self.imap_account = s.reading(reading, self.timeout)
        self._at_smtp = True
        posting = mail_places(s.smtp_host, s.smtp_port, allow_private=allowed)
        self.smtp_account = s.posting(posting, self.timeout)

    def _connect(self) -> None:
        self._client = Client(self.imap_account)

    def _tls(self) -> None:
        assert self._client  # connect came before
        refuse_plain(self.imap_account, allow_private=house.INBOX_ALLOW_PRIVATE_HOSTS)
        self._client.secure(self.tls)

    def _login(self) -> None:
        assert self._client  # connect came before
        self._client.login()
        self._reading = ReadingSession(self._client)

    def _folders(self) -> None:
        assert self._reading  # login came before
        self.folders = tuple(self._reading.folders())

    def _inbox(self) -> None:
        assert self._reading  # login came before
        self._reading.examine(inbox_folder(self.folders))

    def _smtp_connect(self) -> None:
        self._posting = PostingSession(self.smtp_account)

    def _smtp_tls(self) -> None:
        assert self._posting  # smtp_connect came before
        refuse_plain(self.smtp_account, allow_private=house.INBOX_ALLOW_PRIVATE_HOSTS)
        self._posting.secure(self.tls)

    def _smtp_login(self) -> None:
        assert self._posting  # smtp_connect came before
        self._posting.login()

    def _advice(self, name: StepName, fault: Fault) -> str:
        sending = name.startswith("smtp") or (name == "resolve" and self._at_smtp)
        account = self.smtp_account if sending else self.imap_account
        certificate = None
        if isinstance(fault, TlsFault) and fault.code in _CERTIFICATE_FAULTS:
            certificate = _look_at_certificate(account, sending=sending)
        return advice_for(name, fault, account, provider_of(self.settings), certificate)


def _look_at_certificate(account: Account, *, sending: bool) -> Certificate | None:
    """A second connection, unverified and without a login, to read what was refused."""
    with contextlib.suppress(Fault):
        visitor = PostingSession(account) if sending else Client(account)
        try:
            visitor.secure(looking_context())
            return shown_by(visitor.stream)
        finally:
            visitor.stream.close()
    return None


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
