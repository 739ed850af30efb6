"""Where the older mail begins in an HTML letter, by what mail programs write: it is folded."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crm.lib.bombs import is_a_bomb
from crm.lib.html import body_of

# A quotation that is one element; what stands below it is new again.
QUOTES = (
    'blockquote[type="cite"], .gmail_quote, .gmail_quote_container, .yahoo_quoted,'
    " .protonmail_quote, .zmail_extra, .tutanota_quote"
)
# A line that announces such an element.
PREFIXES = ".moz-cite-prefix"
# From here on all is older: Outlook writes its header lines, and then the mail as it was.
STARTS = (
    "#divRplyFwdMsg, #appendonsend, #mail-editor-reference-message-container,"
    " .OutlookMessageHeader, div[style*='border-top:solid #E1E1E1'],"
    " div[style*='border-top:solid #B5C4DF']"
)
SENTENCE = re.compile(
    r"(?:On|Am|Le|El|Il|Em|Op|Den)\b.{8,300}?"
    r"(?:wrote|schrieb|a écrit|escribió|ha scritto|escreveu|schreef|skrev)\W{0,3}[:：]"
    r"|\d{4}[年/-]\d{1,2}[月/-]\d{1,2}日?.{0,300}?[:：]$"
)
HEADER = re.compile(
    r"-{2,}\s*(?:Original Message|Ursprüngliche Nachricht|Message d'origine|元のメッセージ)\s*-{2,}"
    r"|(?:From|Von|De|差出人|送信者)\s?[:：].{1,300}?"
    r"(?:Sent|Date|Gesendet|Datum|Envoyé|Enviado|送信日時|日時|日付)\s?[:：]",
    re.IGNORECASE | re.DOTALL,
)
LONGEST = 200_000  # of a letter that is read for sentences
MOST_BLOCKS = 2_000
PLACE = "\u2063musubi-quoted\u2063"


def fold_quotes(html: str, label: str) -> str:
    """Put the quoted older mail into a <details> named `label`; never an empty letter."""
    outer, inner = _parted(html)
    details = f'<details class="quoted"><summary>{label}</summary>{inner}</details>'
    return outer.replace(PLACE, details) if inner else html


def without_quotes(html: str) -> str:
    """Without the quoted older mail; never an empty letter."""
    outer, inner = _parted(html)
    return outer.replace(PLACE, "") if inner else html


def _parted(html: str) -> tuple[str, str]:
    """The letter with PLACE where it quotes, and what it quotes: "" where nothing, or all."""
    if PLACE in html or is_a_bomb(html):
        return html, ""
    tree = LexborHTMLParser(html)
    quoted = _quotation(tree)
    if not quoted:
        return html, ""
    inner = "".join(node.html or "" for node in quoted)
    first, *others = quoted
    for node in others:
        node.decompose()
    first.replace_with(PLACE)
    outer = body_of(tree)
    return (outer, inner) if _says_something(outer.replace(PLACE, "")) else (html, "")


def _quotation(tree: LexborHTMLParser) -> list[LexborNode]:
    marked = tree.css_first(f"{STARTS}, {PREFIXES}, {QUOTES}")
    if marked is None:
        return _announced(tree)
    if marked.css_matches(STARTS):
        return _rest(_alone(marked, after=False))
    return _run(_with_its_line(_alone(marked, after=True)))


def _with_its_line(quotation: LexborNode) -> LexborNode:
    """From the sentence above it on, where one announces it (On …, Hana wrote:)."""
    line = quotation.prev
    while line is not None and not _text(line):
        line = line.prev
    found = line is not None and line.tag in ("div", "p")
    return line if line and found and SENTENCE.fullmatch(_text(line)[:700]) else quotation


def _announced(tree: LexborHTMLParser) -> list[LexborNode]:
    """After a sentence (On …, Hana wrote:) comes a quotation; after header lines, all the rest."""
    if len(tree.html or "") > LONGEST:
        return []
    for block in tree.css("div, p")[:MOST_BLOCKS]:
        said = block.text().strip()[:700]
        if HEADER.match(said):
            return _rest(_alone(block, after=False))
        if SENTENCE.match(said):
            run = _run(block)
            return run if len(run) > 1 else []
    return []


def _rest(start: LexborNode) -> list[LexborNode]:
    nodes, following = [start], start.next
    while following is not None:
        nodes.append(following)
        following = following.next
    return nodes


def _run(start: LexborNode) -> list[LexborNode]:
    """With the quotations that follow upon it; what is new between or below them stays."""
    nodes, seen, following = [start], [start], start.next
    while following is not None:
        seen.append(following)
        if _is_quote(following):
            nodes = list(seen)
        elif _text(following):
            break
        following = following.next
    return nodes


def _is_quote(node: LexborNode) -> bool:
    return node.tag == "blockquote" or (node.tag == "div" and node.css_matches(QUOTES))


def _alone(node: LexborNode, *, after: bool) -> LexborNode:
    """The outermost element that holds nothing before it, nor, with `after`, behind it."""
    parent = node.parent
    while parent is not None and parent.tag not in ("body", "html"):
        if _beside(node, back=True) or after and _beside(node, back=False):
            break
        node, parent = parent, parent.parent
    return node


def _beside(node: LexborNode, *, back: bool) -> bool:
    """Whether something is said beside it in its parent."""
    other = node.prev if back else node.next
    while other is not None:
        if _text(other) or other.tag == "img" or not back and _is_quote(other):
            return True
        other = other.prev if back else other.next
    return False


def _text(node: LexborNode) -> str:
    return str(node.text(strip=True)) if node.tag not in ("style", "script") else ""


def _says_something(html: str) -> bool:
    if re.search(r"<img\b", html, re.IGNORECASE):
        return True
    body = LexborHTMLParser(html).body
    return bool(body and re.search(r"\w", body.text()))
