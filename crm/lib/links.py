"""Links of a letter tell the truth: each names where it leads, and says so loudly where its words
name another place."""

import re
from collections.abc import Callable
from html import escape
from urllib.parse import urlsplit

import idna
from selectolax.lexbor import LexborHTMLParser, LexborNode

from crm.lib.bombs import is_a_bomb
from crm.lib.html import body_of

MOST_LINKS = 2_000
_PLACE = re.compile(
    r"\s*(?:https?://)?(?P<host>[^\s/:?#@<>]+\.[^\W\d]{2,24})(?::\d+)?(?:[/?#]\S*)?\s*",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|zip|png|jpe?g|txt|html?|csv|ics|md|js|py)$", re.IGNORECASE
)


def with_true_links(html: str, warn: Callable[[str], str]) -> str:
    """Each link with its host as title; `warn(host)` makes the words behind one that misleads."""
    if "<a" not in html.lower() or is_a_bomb(html):
        return html
    tree = LexborHTMLParser(html)
    for link in tree.css("a[href]")[:MOST_LINKS]:
        host = host_of(link.attributes.get("href") or "")
        if host:
            link.attrs["title"] = host
            if misleads(link.text(), host):
                link.insert_after(_warning(warn(host)))
    return body_of(tree)


def host_of(href: str) -> str:
    """The host that a link leads to, as the network knows it; "" for one that leads to none."""
    try:
        parts = urlsplit(href.strip())
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https"):
        return ""
    try:
        return host if host.isascii() else idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return host


def misleads(words: str, host: str) -> bool:
    """Whether the words are an address at another place than `host`.

    >>> misleads("https://bank.example/login", "evil.example"), misleads("our offer", "a.example")
    (True, False)
    """
    named = _PLACE.fullmatch(words[:300])
    if named is None or _FILE.search(named["host"]):
        return False
    said, real = _bare(host_of(f"https://{named['host']}")), _bare(host)
    return said != real and not real.endswith(f".{said}") and not said.endswith(f".{real}")


def _bare(host: str) -> str:
    return host.lower().removeprefix("www.").rstrip(".")


def _warning(words: str) -> LexborNode:
    made = LexborHTMLParser('<span class="elsewhere"></span>').css_first("span")
    assert made is not None  # written just now
    made.inner_html = escape(words)
    return made
