"""Tests: the mail servers as fixtures: one Dovecot and one relay a run, a user for each test."""

import itertools
import os
import shutil
import ssl
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inbox.wire.account import Account
from inbox.wire.tls import context
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot
from tests.servers.ordinary import PASSWORD
from tests.servers.ports import Authority
from tests.servers.relay import Relay

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def _mail_servers() -> Iterator[tuple[Dovecot, Relay]]:
    # not tmp_path: as root Dovecot's mail user must be able to walk there
    folder = Path(tempfile.mkdtemp(prefix="musubi-mail-"))
    server = Dovecot()
    relay = Relay(lmtp_port=server.lmtp).start()
    try:
        yield server.start(folder, relay.port), relay
    finally:
        server.stop()
        relay.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def dovecot(_mail_servers: tuple[Dovecot, Relay]) -> Dovecot:
    return _mail_servers[0]


@pytest.fixture(scope="session")
def cyrus(dovecot: Dovecot) -> Iterator[Cyrus]:
    """Believed where Dovecot is (`trusted`): one authority has signed both certificates."""
    folder = Path(tempfile.mkdtemp(prefix="musubi-cyrus-"))
    server = Cyrus()
    assert dovecot.authority
    try:
        yield server.start(folder, dovecot.authority, dovecot.submissions)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _relay(_mail_servers: tuple[Dovecot, Relay]) -> Relay:
    return _mail_servers[1]


@pytest.fixture
def relay(_relay: Relay) -> Iterator[Relay]:
    """The relay behind Dovecot's submission: it hands mail on to Dovecot by LMTP. Kind again
    for each test."""
    _relay.clear()
    yield _relay
    _relay.clear()


@pytest.fixture
def mail_user() -> Callable[[str], str]:
    """`mail_user()` is an address at example.test that no other test uses; password "secret"."""
    return lambda name="user": f"{name}{os.getpid()}x{next(_numbers)}@example.test"


@pytest.fixture(scope="session")
def tls(dovecot: Dovecot) -> ssl.SSLContext:
    """Verifies Dovecot's certificate and nothing less."""
    return context(dovecot.ca_file)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Certificates for servers that a test makes itself."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def imap_account(dovecot: Dovecot) -> Callable[..., Account]:
    """`imap_account(user)`: TLS, verified; security="starttls" or "none" likewise."""

    def make(user: str, password: str = PASSWORD, security: str = "tls", **more: object) -> Account:
        port = dovecot.imaps if security == "tls" else dovecot.imap
        return Account("localhost", port, security, user, password, "127.0.0.1", **more)  # type: ignore[arg-type]

    return make


@pytest.fixture
def smtp_account(dovecot: Dovecot) -> Callable[..., Account]:
    """`smtp_account(user)`: submission over TLS with AUTH, relayed to `relay`."""

    def make(user: str, password: str = PASSWORD, security: str = "tls", **more: object) -> Account:
        port = dovecot.submissions if security == "tls" else dovecot.submission
        return Account("localhost", port, security, user, password, "127.0.0.1", **more)  # type: ignore[arg-type]

    return make
