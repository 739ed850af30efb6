"""Connects the demo's mailboxes to the demo's mail servers, as a person would (M1)."""

from dataclasses import dataclass

from crm.models import User
from inbox.connect import joining
from inbox.demo.cast import HANA, INFO, KEN
from inbox.models import Mailbox
from inbox.wire.account import Settings


@dataclass(frozen=True)
class Servers:
    """Where they listen, and the password of every mailbox there."""

    host: str
    imap_port: int
    smtp_port: int
    password: str


def join(servers: Servers) -> None:
    """Each mailbox once; one that is connected already is told where the servers are today."""
    for owner in User.objects.filter(email__in=(HANA, KEN)):
        known = Mailbox.objects.filter(owner=owner, email=owner.email).exists()
        if not known:
            joining.connect(_settings(owner.email, servers), _choices(owner), owner=owner)
    Mailbox.objects.filter(email__in=(HANA, KEN, INFO)).update(
        imap_host=servers.host,
        imap_port=servers.imap_port,
        smtp_host=servers.host,
        smtp_port=servers.smtp_port,
    )


def _choices(owner: User) -> joining.Choices:
    return joining.Choices(name=owner.name)


def _settings(address: str, servers: Servers) -> Settings:
    return Settings(
        email=address,
        username=address,
        password=servers.password,
        imap_host=servers.host,
        imap_port=servers.imap_port,
        imap_security="tls",
        smtp_host=servers.host,
        smtp_port=servers.smtp_port,
        smtp_security="tls",
    )
