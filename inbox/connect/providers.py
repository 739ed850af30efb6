"""Connect: the table of large providers: hosts, how to sign in, quirks; and POP3 refused (M2, M3).

Pure: a domain in, a Provider or nothing out.
"""

import re
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from inbox.wire.account import Security, Settings

Auth = Literal["password", "app password", "oauth"]
UserName = Literal["address", "local part"]

POP3_PORTS = {110, 995}
_POP3_NAME = re.compile(r"(?:^|\.)pop3?\.", re.IGNORECASE)
_MAIL_PREFIX = re.compile(r"^(?:pop3?|imap|mail|smtp)\.", re.IGNORECASE)


@dataclass(frozen=True)
class Provider:
    """`imap_hosts` are the other names under which its IMAP server is reached."""

    name: str
    domains: tuple[str, ...]
    imap_host: str
    smtp_host: str
    imap_port: int = 993
    imap_security: Security = "tls"
    smtp_port: int = 465
    smtp_security: Security = "tls"
    username: UserName = "address"
    auth: Auth = "app password"
    files_sent_itself: bool = False
    steps: tuple[str, ...] = ()
    guide_url: str = ""
    imap_hosts: tuple[str, ...] = ()

    @property
    def guide(self) -> tuple[str, ...]:
        """What its user has to do first, in the reader's language."""
        return tuple(_(step) for step in self.steps)

    def settings_for(self, email: str) -> Settings:
        local = email.rpartition("@")[0]
        return Settings(
            email=email,
            username=local if self.username == "local part" else email,
            password="",
            imap_host=self.imap_host,
            imap_port=self.imap_port,
            imap_security=self.imap_security,
            smtp_host=self.smtp_host,
            smtp_port=self.smtp_port,
            smtp_security=self.smtp_security,
        )


def provider_for(address_or_domain: str) -> Provider | None:
    """The provider of an address, by its domain: `provider_for("a@gmail.com").name == "Gmail"`."""
    domain = address_or_domain.rpartition("@")[2].strip().rstrip(".").lower()
    return _BY_DOMAIN.get(domain) or _BY_DOMAIN.get(f"*.{domain.partition('.')[2]}")


def provider_at(imap_host: str) -> Provider | None:
    """The provider behind an IMAP host, which tells also for addresses at own domains."""
    return _BY_HOST.get(imap_host.strip().rstrip(".").lower())


def guess_for(address_or_domain: str) -> Settings:
    """Settings to begin with: the table's, else the names that most servers have."""
    domain = address_or_domain.rpartition("@")[2].strip().lower()
    email = address_or_domain if "@" in address_or_domain else ""
    if provider := provider_for(domain):
        return provider.settings_for(email)
    return Settings(
        email=email,
        username=email,
        password="",
        imap_host=f"imap.{domain}",
        imap_port=993,
        imap_security="tls",
        smtp_host=f"smtp.{domain}",
        smtp_port=465,
        smtp_security="tls",
    )


def pop3_refusal(host: str, port: int) -> str | None:
    """Why POP3 is refused, and what to use instead; None where it is not POP3 (M2)."""
    if port not in POP3_PORTS and not _POP3_NAME.search(host.strip()):
        return None
    why = _(
        "This is a POP3 server. POP3 takes the mail off the server, and the CRM needs it to stay "
        "there, so only IMAP is supported."
    )
    provider = _provider_of_host(host)
    if provider:
        instead = _("Use IMAP instead: server %(host)s, port %(port)s.") % {
            "host": provider.imap_host,
            "port": provider.imap_port,
        }
    else:
        instead = _("Ask your provider for its IMAP server; the port is usually 993.")
    return f"{why} {instead}"


def files_sent_itself(imap_host: str) -> bool:
    """Does the provider put a copy of what its SMTP server took into Sent by itself (M22)?"""
    provider = provider_at(imap_host)
    return provider is not None and provider.files_sent_itself


def _provider_of_host(host: str) -> Provider | None:
    name = host.strip().rstrip(".").lower()
    domain = _MAIL_PREFIX.sub("", name)
    return provider_at(f"imap.{domain}") or provider_for(domain) or _POP3_HOSTS.get(name)


_APP_PASSWORD = gettext_noop("Create an app password for Musubi and enter it instead of your own.")
_TWO_STEPS = gettext_noop("Switch on two-step verification for your account.")
_SWITCH_ON = gettext_noop("Switch on IMAP in the mail settings of your account.")
_MICROSOFT = gettext_noop(
    "Microsoft accepts no passwords here any more, app passwords included: it needs "
    "“Sign in with Microsoft”, which is not available yet."
)

PROVIDERS = (
    Provider(
        "Gmail",
        ("gmail.com", "googlemail.com"),
        "imap.gmail.com",
        "smtp.gmail.com",
        files_sent_itself=True,
        steps=(
            _TWO_STEPS,
            gettext_noop("Create an app password; it has 16 letters."),
            gettext_noop("Enter the app password here instead of your Google password."),
        ),
        guide_url="https://support.google.com/accounts/answer/185833",
        imap_hosts=("imap.googlemail.com",),
    ),
    Provider(
        "Outlook.com",
        ("outlook.com", "hotmail.com", "live.com", "msn.com", "outlook.jp", "hotmail.co.jp"),
        "outlook.office365.com",
        "smtp-mail.outlook.com",
        smtp_port=587,
        smtp_security="starttls",
        auth="oauth",
        files_sent_itself=True,
        steps=(_MICROSOFT,),
        imap_hosts=("imap-mail.outlook.com",),
    ),
    Provider(
        "Microsoft 365",
        ("*.onmicrosoft.com",),
        "outlook.office365.com",
        "smtp.office365.com",
        smtp_port=587,
        smtp_security="starttls",
        auth="oauth",
        files_sent_itself=True,
        steps=(_MICROSOFT,),
        imap_hosts=("imap.office365.com",),
    ),
    Provider(
        "Yahoo Mail",
        ("yahoo.com", "yahoo.co.uk", "yahoo.de", "yahoo.fr", "ymail.com", "rocketmail.com"),
        "imap.mail.yahoo.com",
        "smtp.mail.yahoo.com",
        steps=(_APP_PASSWORD,),
        guide_url="https://help.yahoo.com/kb/SLN15241.html",
    ),
    Provider(
        "Yahoo! JAPAN",
        ("yahoo.co.jp",),
        "imap.mail.yahoo.co.jp",
        "smtp.mail.yahoo.co.jp",
        username="local part",
        auth="password",
        steps=(_SWITCH_ON,),
    ),
    Provider(
        "iCloud Mail",
        ("icloud.com", "me.com", "mac.com"),
        "imap.mail.me.com",
        "smtp.mail.me.com",
        smtp_port=587,
        smtp_security="starttls",
        files_sent_itself=True,
        steps=(
            _TWO_STEPS,
            gettext_noop("Create an app-specific password; it looks like xxxx-xxxx-xxxx-xxxx."),
            gettext_noop("If the sign-in fails, try the part of your address before the @."),
        ),
        guide_url="https://support.apple.com/102654",
    ),
    Provider(
        "Fastmail",
        ("fastmail.com", "fastmail.fm"),
        "imap.fastmail.com",
        "smtp.fastmail.com",
        steps=(_APP_PASSWORD,),
    ),
    Provider(
        "Zoho Mail",
        ("zohomail.com", "zoho.com"),
        "imap.zoho.com",
        "smtp.zoho.com",
        files_sent_itself=True,
        steps=(_SWITCH_ON, _APP_PASSWORD),
        imap_hosts=("imappro.zoho.com",),
    ),
    Provider(
        "Zoho Mail (EU)",
        ("zohomail.eu", "zoho.eu"),
        "imap.zoho.eu",
        "smtp.zoho.eu",
        files_sent_itself=True,
        steps=(_SWITCH_ON, _APP_PASSWORD),
        imap_hosts=("imappro.zoho.eu",),
    ),
    Provider(
        "GMX",
        ("gmx.de", "gmx.net", "gmx.at", "gmx.ch"),
        "imap.gmx.net",
        "mail.gmx.net",
        auth="password",
        steps=(_SWITCH_ON,),
    ),
    Provider(
        "GMX.com",
        ("gmx.com", "gmx.us", "gmx.co.uk"),
        "imap.gmx.com",
        "mail.gmx.com",
        auth="password",
        steps=(_SWITCH_ON,),
    ),
    Provider(
        "WEB.DE",
        ("web.de",),
        "imap.web.de",
        "smtp.web.de",
        smtp_port=587,
        smtp_security="starttls",
        auth="password",
        steps=(_SWITCH_ON,),
    ),
    Provider("AOL", ("aol.com",), "imap.aol.com", "smtp.aol.com", steps=(_APP_PASSWORD,)),
    Provider(
        "Mail.ru",
        ("mail.ru", "inbox.ru", "list.ru", "bk.ru"),
        "imap.mail.ru",
        "smtp.mail.ru",
        steps=(_APP_PASSWORD,),
    ),
    Provider(
        "Yandex Mail",
        ("yandex.ru", "yandex.com", "ya.ru"),
        "imap.yandex.com",
        "smtp.yandex.com",
        steps=(_SWITCH_ON, _APP_PASSWORD),
        imap_hosts=("imap.yandex.ru",),
    ),
    Provider(
        "mailbox.org",
        ("mailbox.org",),
        "imap.mailbox.org",
        "smtp.mailbox.org",
        auth="password",
    ),
)

_BY_DOMAIN = {domain: provider for provider in PROVIDERS for domain in provider.domains}
_BY_HOST = {
    host: provider
    for provider in reversed(PROVIDERS)
    for host in (provider.imap_host, *provider.imap_hosts)
}
_POP3_HOSTS = {"pop-mail.outlook.com": _BY_DOMAIN["outlook.com"]}
