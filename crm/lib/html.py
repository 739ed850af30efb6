"""HTML mail made harmless: what stays, what goes, and where the quoted text begins.

`sanitise` comes last, whatever was done to the HTML before: fold_quotes, with_inline_images.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import unquote

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

_TAGS = (
    "a abbr address article aside b bdi bdo big blockquote br caption center cite code col"
    " colgroup dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6"
    " header hr i img ins kbd li main mark nav ol p pre q rp rt ruby s samp section small span"
    " strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr"
)
TAGS = set(_TAGS.split())
_GONE_WITH_CONTENT = (
    "script style title noscript template svg math iframe frame frameset object applet embed"
    " button select textarea noembed noframes xmp plaintext audio video canvas map"
)
GONE_WITH_CONTENT = set(_GONE_WITH_CONTENT.split())
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"dir", "lang", "title", "align", "valign", "style", "width", "height", "bgcolor"},
    "a": {"href"},
    "img": {"src", "alt"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type", "reversed"},
    "li": {"value"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "col": {"span"},
    "time": {"datetime"},
}
# Nothing that loads, that leaves its place or that lies over something else.
_STYLES = (
    "background-color border border-bottom border-bottom-color border-bottom-style"
    " border-bottom-width border-collapse border-color border-left border-left-color"
    " border-left-style border-left-width border-radius border-right border-right-color"
    " border-right-style border-right-width border-spacing border-style border-top"
    " border-top-color border-top-style border-top-width border-width clear color direction"
    " display float font-family font-size font-style font-variant font-weight height"
    " letter-spacing line-height list-style-type margin margin-bottom margin-left margin-right"
    " margin-top max-width min-width mso-hide overflow-wrap padding padding-bottom padding-left"
    " padding-right padding-top table-layout text-align text-decoration text-indent"
    " text-transform vertical-align visibility white-space width word-break word-spacing"
)
STYLES = set(_STYLES.split())
LINKS = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
SHOWN_IMAGES = re.compile(
    r"(?:data:image/(?:png|gif|jpeg|jpg|webp);base64,[a-z0-9+/=\s]+|/attachments/\d+/inline/)",
    re.IGNORECASE,
)
REMOTE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
LOADS = re.compile(r"url\s*\(|image-set|expression|@import|\\|javascript:", re.IGNORECASE)
DESIGNED = re.compile(r"<(?:table|img|center)\b|\bbackground(?:-image)?\s*[:=]", re.IGNORECASE)

# A quotation that is one element, and those where everything after belongs to it as well.
QUOTES = (
    'blockquote[type="cite"], .gmail_quote, .gmail_quote_container, .yahoo_quoted,'
    " .protonmail_quote, .zmail_extra, .tutanota_quote"
)
QUOTE_STARTS = (
    "#divRplyFwdMsg, #appendonsend, #mail-editor-reference-message-container, .moz-cite-prefix,"
    " .OutlookMessageHeader"
)
TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b[^<>]*>", re.IGNORECASE)
_UNCLOSED = "area base br col hr img input link meta p li td th tr tbody thead dd dt"
UNCLOSED = set(_UNCLOSED.split())
FULL_TAG = re.compile(r"<[a-z](?:[^<>=\s]*[=\s]){2000}", re.IGNORECASE)  # of attributes
DATA = re.compile(r"data:[^\"'<>]*", re.IGNORECASE)
DEEPEST = 500  # elements in one another; parsers take quadratic time beyond
PLACE = "\u2063musubi-quoted\u2063"


@dataclass(frozen=True)
class Sanitised:
    """Harmless HTML, and how many images it would have loaded from elsewhere."""

    html: str
    blocked: int


def sanitise(html: str) -> str:
    """HTML without scripts, forms, styles that load or cover, and remote images."""
    return sanitise_and_count(html).html


def sanitise_and_count(html: str) -> Sanitised:
    if _is_a_bomb(html):
        return Sanitised(escape(TAG.sub(" ", html)), 0)
    blocked = 0

    def keep(tag: str, name: str, value: str) -> str | None:
        nonlocal blocked
        if tag == "img" and name == "src":
            blocked += bool(REMOTE.match(value))
            return value if SHOWN_IMAGES.fullmatch(value.strip()) else None
        if name == "href":
            return value if LINKS.match(value.strip()) else None
        if name == "style":
            return None if LOADS.search(value) else value
        return value

    clean = nh3.clean(
        html.replace("\x00", ""),
        tags=TAGS,
        clean_content_tags=GONE_WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=keep,
        filter_style_properties=STYLES,
        allowed_classes={"details": {"quoted"}},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https", "mailto", "tel", "data"},
        link_rel="noopener noreferrer nofollow",
    )
    return Sanitised(clean, blocked)


def is_designed(html: str) -> bool:
    """Whether the HTML shows more than its text does: tables, pictures, backgrounds."""
    return bool(DESIGNED.search(html))


def with_inline_images(html: str, urls: Mapping[str, str]) -> str:
    """Point `cid:` images to where their parts are served; `urls` by Content-ID without <>."""
    if not urls or "cid:" not in html.lower() or _is_a_bomb(html):
        return html
    tree = LexborHTMLParser(html)
    for image in tree.css("img"):
        source = (image.attributes.get("src") or "").strip()
        if source.lower().startswith("cid:"):
            image.attrs["src"] = urls.get(unquote(source[4:]).strip("<>"), "")
    return _body(tree)


def fold_quotes(html: str, label: str) -> str:
    """Put the quoted older mail into a <details> named `label`; never an empty letter."""
    if PLACE in html or _is_a_bomb(html):
        return html
    tree = LexborHTMLParser(html)
    quoted = _quotation(tree)
    if not quoted:
        return html
    inner = "".join(node.html or "" for node in quoted)
    first, *others = quoted
    for node in others:
        node.decompose()
    first.replace_with(PLACE)
    outer = _body(tree)
    if not _says_something(outer.replace(PLACE, "")):
        return html
    details = f'<details class="quoted"><summary>{label}</summary>{inner}</details>'
    return outer.replace(PLACE, details)


def _is_a_bomb(html: str) -> bool:
    """Whether parsers would take quadratic time: by its depth, or by a tag full of attributes.

    A closing tag counts for an element of its own name alone, since parsers pass over others.
    """
    if FULL_TAG.search(DATA.sub("", html)):
        return True
    depth, opened = 0, Counter[str]()
    for closing, name in TAG.findall(html):
        name = name.lower()
        if name in UNCLOSED or (closing and not opened[name]):
            continue
        opened[name] += -1 if closing else 1
        depth += -1 if closing else 1
        if depth > DEEPEST:
            return True
    return False


def _quotation(tree: LexborHTMLParser) -> list[LexborNode]:
    start = tree.css_first(QUOTE_STARTS)
    if start is None:
        quote = tree.css_first(QUOTES)
        return [quote] if quote else []
    nodes = [start]
    following = start.next
    while following is not None:
        nodes.append(following)
        following = following.next
    return nodes


def _says_something(html: str) -> bool:
    if re.search(r"<img\b", html, re.IGNORECASE):
        return True
    body = LexborHTMLParser(html).body
    return bool(body and body.text(strip=True))


def _body(tree: LexborHTMLParser) -> str:
    return (tree.body.inner_html or "") if tree.body else ""
