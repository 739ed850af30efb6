"""The table of providers."""

import pytest
from django.utils import translation

from inbox.connect.providers import (
    PROVIDERS,
    files_sent_itself,
    guess_for,
    pop3_refusal,
    provider_at,
    provider_for,
)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("anna@gmail.com", "Gmail"),
        ("Anna@GoogleMail.com", "Gmail"),
        ("hotmail.com", "Outlook.com"),
        ("me@firm.onmicrosoft.com", "Microsoft 365"),
        ("me@yahoo.co.jp", "Yahoo! JAPAN"),
        ("me@icloud.com.", "iCloud Mail"),
        ("me@example.test", None),
        ("me@notgmail.com", None),
        ("", None),
    ],
)
def test_the_provider_of_an_address(address, name):
    found = provider_for(address)
    assert (found and found.name) == name


def test_the_provider_behind_an_own_domain_is_known_by_its_host():
    assert provider_at("IMAP.gmail.com").name == "Gmail"
    assert provider_at("outlook.office365.com").auth == "oauth"
    assert provider_at("imap.example.test") is None


def test_settings_of_a_large_provider():
    guess = guess_for("anna@web.de")
    assert (guess.imap_host, guess.imap_port, guess.imap_security) == ("imap.web.de", 993, "tls")
    assert (guess.smtp_host, guess.smtp_port, guess.smtp_security) == (
        *("smtp.web.de", 587, "starttls"),
    )
    assert guess.username == "anna@web.de"
    assert guess_for("anna@yahoo.co.jp").username == "anna"


def test_a_guess_for_everybody_else():
    guess = guess_for("anna@Example.test")
    assert (guess.imap_host, guess.imap_port, guess.imap_security) == (
        *("imap.example.test", 993, "tls"),
    )
    assert (guess.smtp_host, guess.smtp_port, guess.smtp_security) == (
        *("smtp.example.test", 465, "tls"),
    )
    assert guess_for("example.test").username == ""


@pytest.mark.rule("M2")
@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("imap.example.test", 110),
        ("imap.example.test", 995),
        ("pop.example.test", 993),
        ("pop3.example.test", 143),
        ("POP3.Example.test", 993),
        (" pop.example.test", 993),
        ("mail.pop.example.test", 993),
    ],
)
def test_pop3_is_refused_with_its_reason(host, port):
    why = pop3_refusal(host, port)
    assert "POP3 takes the mail off the server" in why
    assert "IMAP" in why


@pytest.mark.rule("M2")
@pytest.mark.parametrize(
    ("host", "imap"),
    [
        ("pop.gmail.com", "imap.gmail.com"),
        ("pop.gmx.net", "imap.gmx.net"),
        ("pop3.web.de", "imap.web.de"),
        ("pop.mail.yahoo.com", "imap.mail.yahoo.com"),
        ("pop-mail.outlook.com", "outlook.office365.com"),
    ],
)
def test_the_refusal_names_the_imap_settings_that_are_known(host, imap):
    assert f"server {imap}, port 993" in pop3_refusal(host, 995)


@pytest.mark.rule("M2")
@pytest.mark.parametrize(
    ("host", "port"),
    [("imap.example.test", 993), ("mail.popular.test", 143), ("popcorn.test", 993)],
)
def test_imap_is_not_refused(host, port):
    assert pop3_refusal(host, port) is None


@pytest.mark.rule("M22")
def test_who_files_sent_mail_itself():
    assert files_sent_itself("imap.gmail.com")
    assert files_sent_itself("outlook.office365.com")
    assert not files_sent_itself("imap.gmx.net")
    assert not files_sent_itself("imap.example.test")


def test_the_table_is_sound():
    domains = [domain for provider in PROVIDERS for domain in provider.domains]
    assert len(domains) == len(set(domains))
    for provider in PROVIDERS:
        assert provider.imap_port == 993
        assert provider.imap_security == "tls"
        assert (provider.smtp_port, provider.smtp_security) in {(465, "tls"), (587, "starttls")}
        assert pop3_refusal(provider.imap_host, provider.imap_port) is None
        assert provider.domains == tuple(domain.lower() for domain in provider.domains)
        with translation.override("en"):
            assert all(provider.guide)
