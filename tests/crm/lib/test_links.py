"""A link says where it leads, and loudly where its words name another place."""

import pytest

from crm.lib.html import sanitise
from crm.lib.links import host_of, misleads, with_true_links


def shown(html: str) -> str:
    return sanitise(with_true_links(html, "leads to {}".format))


@pytest.mark.parametrize(
    ("words", "host"),
    [
        ("https://bank.example/login", "evil.example"),
        ("www.bank.example", "bank.example.evil.example"),
        (" bank.example ", "evil.example"),
        ("BANK.example:443/x?y", "evil.example"),
        ("bank.example", "xn--bnk-gla.example"),
    ],
)
def test_words_that_name_another_place_mislead(words: str, host: str) -> None:
    assert misleads(words, host)
    html = shown(f'<p>See <a href="https://{host}/a">{words}</a> now</p>')
    assert f'class="elsewhere">leads to {host}</span> now' in html and f'title="{host}"' in html


@pytest.mark.parametrize(
    ("words", "host"),
    [
        ("our offer", "shop.example"),
        ("bank.example", "www.bank.example"),
        ("https://bank.example/a", "login.bank.example"),
        ("offer.pdf", "files.example"),
        ("anna@bank.example", "evil.example"),
        ("v1.2", "a.example"),
    ],
)
def test_words_that_do_not(words: str, host: str) -> None:
    assert not misleads(words, host)
    assert "elsewhere" not in shown(f'<a href="https://{host}">{words}</a>')


def test_the_host_is_what_the_network_knows() -> None:
    assert host_of("HTTPS://user@Evil.example:8443/https://bank.example") == "evil.example"
    assert host_of("https://bänk.example") == "bänk.example".encode("idna").decode()
    assert host_of("https://straße.example") == "xn--strae-oqa.example"  # and not strasse.example
    for href in ("mailto:a@b.test", "javascript:x()", "#top", "http://[", "/local"):
        assert host_of(href) == ""


def test_a_title_of_the_senders_own_says_nothing() -> None:
    html = shown('<a href="https://evil.example" title="bank.example">here</a>')
    assert 'title="evil.example"' in html and "bank.example" not in html
