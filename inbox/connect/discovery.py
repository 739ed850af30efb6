"""Connect: the settings that belong to an address, asked of whoever may know them (M3).

    the table of providers ─► known: nothing is asked
         └► at once: the domain's autoconfig, its well-known address, its SRV records,
                     whom its mail goes to (MX), the directory of Thunderbird
              └► the first of these in this order that knows, within five seconds
                   └► none: the names that most servers have

Only the domain leaves this server, never the part before the @. Documents come by HTTPS alone; a
host is shown before a password goes to it. INBOX_DISCOVERY=false asks nobody. What is published
where: draft-ietf-mailmaint-autoconfig, RFC 6186, RFC 8314 (5.1).
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass, replace
from typing import Any

import dns.exception
import dns.rdatatype
import dns.resolver
from django.conf import settings as house

from inbox.connect import autoconfig, web
from inbox.connect.providers import Provider, guess_for, provider_at, provider_for
from inbox.wire.account import Security, Settings

PATIENCE = 5.0  # seconds for all of them together
MOST_BYTES = 200_000
AUTOCONFIG = "https://autoconfig.{domain}/mail/config-v1.1.xml"
WELL_KNOWN = "https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"
DIRECTORY = "https://autoconfig.thunderbird.net/v1.1/{domain}"  # Thunderbird's ISPDB
# Whose servers take the mail of a domain, and who that is: as these providers tell their
# customers to set it (each one's own help on MX records)
_MX = {
    "google.com": "gmail.com",
    "googlemail.com": "gmail.com",
    "mail.protection.outlook.com": "any.onmicrosoft.com",
    "mx.microsoft": "any.onmicrosoft.com",
    "messagingengine.com": "fastmail.com",
    "zoho.com": "zoho.com",
    "zoho.eu": "zoho.eu",
    "mail.icloud.com": "icloud.com",
    "yandex.net": "yandex.com",
    "mailbox.org": "mailbox.org",
}


@dataclass(frozen=True)
class Found:
    """Settings without a password; `source` is who said so, `where` the name that was asked."""

    settings: Settings
    source: str  # table, autoconfig, well_known, srv, mx, directory, guess
    where: str = ""


def discover(email: str) -> Found:
    """The settings for an address, within PATIENCE; a guess where nobody knows."""
    domain = _ascii(email.rpartition("@")[2])
    if provider_for(email):
        return Found(guess_for(email), "table")
    found = _asked(email, domain) if house.INBOX_DISCOVERY and autoconfig.is_host(domain) else None
    return found or Found(guess_for(email), "guess")


def _ascii(domain: str) -> str:
    try:
        return domain.strip().rstrip(".").lower().encode("idna").decode()
    except UnicodeError:
        return ""


def _asked(email: str, domain: str) -> Found | None:
    until = time.monotonic() + PATIENCE
    pool = ThreadPoolExecutor(len(SOURCES), thread_name_prefix="discovery")
    asked = [pool.submit(source, email, domain) for source in SOURCES]
    try:
        return next(filter(None, (_answer(one, until) for one in asked)), None)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # who is slow is not waited for


def _answer(asked: "Future[Found | None]", until: float) -> Found | None:
    try:
        return asked.result(max(0.0, until - time.monotonic()))
    except TookTooLong:
        return None


# --- each source: what it knows, or None ----------------------------------------------------------


def by_autoconfig(email: str, domain: str) -> Found | None:
    return _published(AUTOCONFIG, "autoconfig", email, domain)


def by_well_known(email: str, domain: str) -> Found | None:
    return _published(WELL_KNOWN, "well_known", email, domain)


def by_directory(email: str, domain: str) -> Found | None:
    return _published(DIRECTORY, "directory", email, domain)


def by_srv(email: str, domain: str) -> Found | None:
    """RFC 6186 (3.2) for reading, RFC 8314 (5.1) and 6186 (3.1) for sending."""
    imap = _service(domain, [("_imaps._tcp", "tls"), ("_imap._tcp", "starttls")])
    if imap is None:
        return None
    smtp = _service(domain, [("_submissions._tcp", "tls"), ("_submission._tcp", "starttls")])
    usual = guess_for(email)
    fallback = autoconfig.Server(usual.smtp_host, usual.smtp_port, usual.smtp_security, "")
    return Found(autoconfig.settings_of(email, imap, smtp or fallback), "srv", domain)


def by_mx(email: str, domain: str) -> Found | None:
    """A provider's servers take the mail of many a domain that is not the provider's own."""
    for host in _mail_hosts(domain):
        provider = _provider_behind(host)
        if provider:
            return Found(provider.settings_for(email), "mx", host)
    return None


SOURCES: tuple[Callable[[str, str], Found | None], ...] = (
    by_autoconfig,
    by_well_known,
    by_srv,
    by_mx,
    by_directory,
)


def _published(pattern: str, source: str, email: str, domain: str) -> Found | None:
    url = pattern.format(domain=domain)
    try:
        content = web.get(url, _manner())
    except web.NoAnswer:
        return None
    settings = autoconfig.read(content, email)
    return Found(_as_in_table(settings), source, url.split("/")[2]) if settings else None


def _manner() -> web.Manner:
    return web.Manner(
        accept="text/xml,application/xml",
        most_bytes=MOST_BYTES,
        patience=PATIENCE,
        allow_private=house.INBOX_ALLOW_PRIVATE_HOSTS,
        secure=True,
    )


def _as_in_table(settings: Settings) -> Settings:
    """Of a server that the table knows, with the user name that it wants."""
    provider = provider_at(settings.imap_host)
    known = provider.settings_for(settings.email) if provider else settings
    return replace(settings, username=known.username)


def _provider_behind(mail_host: str) -> Provider | None:
    for suffix, domain in _MX.items():
        if mail_host == suffix or mail_host.endswith(f".{suffix}"):
            return provider_for(domain)
    return None


def _service(domain: str, names: list[tuple[str, Security]]) -> autoconfig.Server | None:
    """The best server of the first service that is offered; a target of "." says that it is not."""
    for name, security in names:
        rows = sorted(_records(f"{name}.{domain}", "SRV"), key=lambda r: (r.priority, -r.weight))
        for row in rows:
            host = row.target.to_text(omit_final_dot=True).lower()
            if autoconfig.is_host(host) and row.port:
                return autoconfig.Server(host, row.port, security, "")
    return None


def _mail_hosts(domain: str) -> list[str]:
    rows = sorted(_records(domain, "MX"), key=lambda row: row.preference)
    return [row.exchange.to_text(omit_final_dot=True).lower() for row in rows]


def _records(name: str, kind: str) -> list[Any]:
    try:
        return list(dns.resolver.resolve(name, kind, lifetime=PATIENCE - 1))
    except (dns.exception.DNSException, OSError):
        return []
