"""Simple mail as part of our own page: its words, bold, lists and links, in our type.

What a person writes to a person needs no frame: all styles go, and with them whatever could cover
the page or load something. A letter that would lose by that is not simple, and "" says so.
"""

import re
from collections.abc import Callable

import nh3
from selectolax.lexbor import LexborHTMLParser

from crm.lib.bombs import is_a_bomb
from crm.lib.html import GONE_WITH_CONTENT, LINKS, body_of, is_designed
from crm.lib.links import with_true_links
from crm.lib.quotes import fold_quotes

_TAGS = (
    "a b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i ins li ol p q rp rt"
    " ruby s small span strike strong sub summary sup u ul"
)
TAGS = set(_TAGS.split())
ATTRIBUTES = {
    "*": {"dir", "lang"},
    "a": {"href", "title"},
    "ol": {"start", "type", "reversed"},
    "li": {"value"},
}
LONGEST = 200_000  # characters; beyond it the frame does
_FORMATTED = re.compile(r"<(?:a|b|em|h[1-6]|i|li|s|strike|strong|sub|sup|u)\b", re.IGNORECASE)
# Where lines end by style or by <pre>, and what is bold by style: nothing of it would be left.
_BY_STYLE = re.compile(r"white-space\s*:|font-weight\s*:\s*(?:bold|[6-9]00)|<pre\b", re.IGNORECASE)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all"
    r"|(?:font-size|max-height|opacity)\s*:\s*0(?![.\d]*[1-9])",
    re.IGNORECASE,
)


def as_part_of_a_page(html: str, label: str, warn: Callable[[str], str]) -> str:
    """Harmless HTML without any style, older mail folded below `label`; `warn(host)` as for
    `with_true_links`. "" where the text says the same, or where only the frame shows it right.

    >>> as_part_of_a_page('<p style="color:red">A <b>b</b></p>', "More", str)
    '<p>A <b>b</b></p>'
    """
    if not is_simple(html):
        return ""
    html = with_true_links(_without_hidden(html), warn)
    return clean(fold_quotes(html, label)).strip()


def is_simple(html: str) -> bool:
    """Whether it is formatted, and nothing is lost where its styles are."""
    if len(html) > LONGEST or not _FORMATTED.search(html):
        return False
    return not (is_designed(html) or _BY_STYLE.search(html) or is_a_bomb(html))


def _without_hidden(html: str) -> str:
    """What a style hides would be read where styles are gone."""
    if not re.search(r"style|hidden", html, re.IGNORECASE):
        return html
    tree = LexborHTMLParser(html)
    for node in tree.css("[style], [hidden]"):
        if "hidden" in node.attributes or _HIDDEN.search(node.attributes.get("style") or ""):
            node.decompose()
    return body_of(tree)


def clean(html: str) -> str:
    return nh3.clean(
        html.replace("\x00", ""),
        tags=TAGS,
        clean_content_tags=GONE_WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=_keep,
        allowed_classes={"details": {"quoted"}, "span": {"elsewhere"}},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )


def _keep(tag: str, name: str, value: str) -> str | None:
    return value if name != "href" or LINKS.match(value.strip()) else None
