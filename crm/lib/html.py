"""HTML mail made harmless: what stays and what goes.

`sanitise` comes last, whatever was done to the HTML before: fold_quotes (quotes.py),
with_inline_images, without_pixels.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import unquote

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

from crm.lib.bombs import TAG, is_a_bomb

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
    "blockquote": {"type"},  # "cite" is what mail programs know a quotation by
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
SENT_IMAGES = re.compile(rf"(?:{SHOWN_IMAGES.pattern}|cid:[^\s\"'<>]+)", re.IGNORECASE)
PIXEL = re.compile(r"\s*[01](?:\.0*)?\s*(?:px)?\s*$", re.IGNORECASE)
PIXEL_STYLE = re.compile(
    r"(?:^|[;\s-])(?:width|height)\s*:\s*[01](?:\.0*)?(?:px)?\s*(?:!|;|$)"
    r"|display\s*:\s*none|visibility\s*:\s*hidden",
    re.IGNORECASE,
)
REMOTE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
# What is escaped, or would be when it is written again (control characters), is not understood.
LOADS = re.compile(
    r"url\s*\(|image-set|expression|@import|javascript:|\\|[\x00-\x08\x0b\x0e-\x1f\x7f]",
    re.IGNORECASE,
)
# A shorthand that says a colour and no more.
GROUND = re.compile(
    r"(?<![\w-])background\s*:\s*(#[0-9a-f]{3,8}|[a-z]+|(?:rgb|hsl)a?\([\d.,%\s/]{1,50}\))\s*(?=!|;|$)",
    re.IGNORECASE,
)
BODY = re.compile(r"<body\b[^<>]*>", re.IGNORECASE)
GROUNDED = re.compile(r"bgcolor\s*=|background(?:-color)?\s*:", re.IGNORECASE)
DESIGNED = re.compile(r"<(?:table|img|center)\b|\bbackground(?:-image)?\s*[:=]", re.IGNORECASE)


@dataclass(frozen=True)
class Sanitised:
    """Harmless HTML, and how many images it would have loaded from elsewhere."""

    html: str
    blocked: int


def sanitise(html: str) -> str:
    """HTML without scripts, forms, styles that load or cover, and remote images."""
    return sanitise_and_count(html).html


def sanitise_sent(html: str) -> str:
    """The same for what leaves: its pictures are parts of the mail (`cid:`) or lie where they lay;
    those that only tell who opened it when do not go along."""
    return sanitise_and_count(without_pixels(html), str, SENT_IMAGES).html


def sanitise_and_count(
    html: str,
    through: Callable[[str], str] | None = None,
    shown: re.Pattern[str] = SHOWN_IMAGES,
) -> Sanitised:
    """Remote images are blocked and counted, or shown `through` an address of our own, which is
    "" where that cannot be."""
    if is_a_bomb(html):
        return Sanitised(escape(TAG.sub(" ", html)), 0)
    blocked = 0

    def keep(tag: str, name: str, value: str) -> str | None:
        nonlocal blocked
        if tag == "img" and name == "src":
            if REMOTE.match(value):
                ours = through(value.strip()) if through else ""
                blocked += not ours
                return ours or None
            return value if shown.fullmatch(value.strip()) else None
        if name == "href":
            return value if LINKS.match(value.strip()) else None
        if name == "style":
            return None if LOADS.search(value) else GROUND.sub(r"background-color:\1", value)
        return value

    clean = nh3.clean(
        html.replace("\x00", ""),
        tags=TAGS,
        clean_content_tags=GONE_WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=keep,
        filter_style_properties=STYLES,
        allowed_classes={"details": {"quoted"}, "span": {"elsewhere"}},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https", "mailto", "tel", "data", "cid"},
        link_rel="noopener noreferrer nofollow",
    )
    return Sanitised(clean, blocked)


def is_designed(html: str) -> bool:
    """Whether the HTML shows more than its text does: tables, pictures, backgrounds."""
    return bool(DESIGNED.search(html))


def with_ground(html: str) -> str:
    """With the colours of its body in an element around it: a body of a page of ours has its own,
    and light words would be lost there."""
    body = BODY.search(html)
    if not body or not GROUNDED.search(body[0]) or is_a_bomb(html):
        return html
    tree = LexborHTMLParser(html)
    said = tree.body.attributes if tree.body else {}
    named = {"background-color": said.get("bgcolor"), "color": said.get("text")}
    styles = [f"{name}:{value}" for name, value in named.items() if value]
    style = escape(";".join([*styles, said.get("style") or ""]))
    return f'<div style="{style}">{body_of(tree)}</div>'


def with_inline_images(html: str, urls: Mapping[str, str]) -> str:
    """Point `cid:` images to where their parts are served; `urls` by Content-ID without <>."""
    if not urls or "cid:" not in html.lower() or is_a_bomb(html):
        return html
    tree = LexborHTMLParser(html)
    for image in tree.css("img"):
        source = (image.attributes.get("src") or "").strip()
        if source.lower().startswith("cid:"):
            image.attrs["src"] = urls.get(unquote(source[4:]).strip("<>"), "")
    return body_of(tree)


def without_pixels(html: str) -> str:
    """Without the remote images of 0 or 1 px, which show nothing and tell who opened it when."""
    if "<img" not in html.lower() or is_a_bomb(html):
        return html
    tree = LexborHTMLParser(html)
    pixels = [image for image in _remote_images(tree) if _is_pixel(image)]
    for image in pixels:
        image.decompose()
    return body_of(tree) if pixels else html


def remote_images(html: str) -> int:
    """How many images it would load from elsewhere, those aside that show nothing."""
    if "<img" not in html.lower() or is_a_bomb(html):
        return 0
    return sum(not _is_pixel(image) for image in _remote_images(LexborHTMLParser(html)))


def _remote_images(tree: LexborHTMLParser) -> list[LexborNode]:
    return [image for image in tree.css("img") if REMOTE.match(image.attributes.get("src") or "")]


def _is_pixel(image: LexborNode) -> bool:
    said = image.attributes
    sides = [said.get("width") or "", said.get("height") or ""]
    return any(map(PIXEL.match, sides)) or bool(PIXEL_STYLE.search(said.get("style") or ""))


def body_of(tree: LexborHTMLParser) -> str:
    return (tree.body.inner_html or "") if tree.body else ""
