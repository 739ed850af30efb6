"""The message inside a forward: its real sender, date, recipients and text (M16).

Passed on inline, as Gmail, Outlook, Apple Mail and Thunderbird write it in many languages, or as
an attached message. Values in, values out; nothing here raises, whatever stands in the text.
"""

import re
from dataclasses import replace
from datetime import UTC, tzinfo

from selectolax.lexbor import LexborHTMLParser, LexborNode

from inbox.mime import forward_words, quotes, robots
from inbox.mime.addresses import addresses
from inbox.mime.parse import parse
from inbox.mime.types import Address, ParsedMessage

MOST_ATTACHED = 10
_MOST_LINES = 5_000
_LONGEST_BLOCK = 60
_LONGEST_LINE = 2_000
_MARKS = re.compile(r"^(?:>[ ]?)*")
_OTHER_FIELD = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)+:\s")
_LINK = re.compile(r"\s?<mailto:[^<>\s]{0,320}>", re.IGNORECASE)
_BRACKETED = re.compile(r"\[mailto:([^\[\]\s]{3,320})\]", re.IGNORECASE)
# The element in which each program says what it passes on: Gmail, Outlook on the web, Thunderbird,
# Outlook. What stands above it are the words of who forwarded, which are not the sender's.
_HEADS = (
    ".gmail_attr",
    "#divRplyFwdMsg",
    ".moz-email-headers-table",
    'div[style*="border-top:solid"]',
    'div[style*="border-top: solid"]',
)


def originals(forward: ParsedMessage, zone: tzinfo = UTC) -> tuple[ParsedMessage, ...]:
    """What was passed on: the one in its text, or each that hangs on it; nothing where none is
    found with its sender's address. `zone` is where times without one were written."""
    inline = _inline(forward, zone)
    if inline:
        return (inline,)
    attached = [file for file in forward.attachments if _is_message(file.content_type, file.name)]
    found = (parse(file.content) for file in attached[:MOST_ATTACHED])
    return tuple(message for message in found if message.sender)


def _is_message(content_type: str, name: str) -> bool:
    return content_type in ("message/rfc822", "message/global") or (
        content_type == "application/octet-stream" and name.lower().endswith(".eml")
    )


def _inline(forward: ParsedMessage, zone: tzinfo) -> ParsedMessage | None:
    lines = [line[:_LONGEST_LINE].rstrip() for line in forward.text.split("\n")[:_MOST_LINES]]
    for start, line in enumerate(lines):
        if forward_words.field(_unmarked(line)) is None:
            continue
        said, end = _block(lines, start)
        sender = next(iter(_people(said.get("from", ""))), None)
        if sender and len(said) > 2:
            depth = _depth(line)
            text = "\n".join(_less(line, depth) for line in forward.text.split("\n")[end:])
            return _message(forward, said, sender, text.strip("\n"), zone)
    return None


def _block(lines: list[str], start: int) -> tuple[dict[str, str], int]:
    """The fields from this line on by role, and where the text below them begins."""
    said: dict[str, str] = {}
    role, index = "", start
    while index < min(len(lines), start + _LONGEST_BLOCK):
        line = _unmarked(lines[index])
        found = forward_words.field(line)
        if found and found[0] in said:
            break  # the text begins with fields of its own
        if found:
            role = found[0]
            said[role] = found[1]
        elif _OTHER_FIELD.match(line):
            role = ""  # of the raw header, as some programs show it whole
        elif not role or (not line and said[role]):
            if not _goes_on(lines, index, 2):
                break
        elif line and _continues(said[role], line) or _goes_on(lines, index, 4):
            said[role] = f"{said[role]} {line}".strip()
        elif line:
            break
        index += 1
    return said, index


def _continues(value: str, line: str) -> bool:
    """Whether a field that was wrapped, or whose value stands below its name, goes on here."""
    return not value or value.endswith((",", ";")) or line.startswith("<")


def _goes_on(lines: list[str], index: int, ahead: int) -> bool:
    """Whether another field follows before the text begins."""
    following = [_unmarked(line) for line in lines[index + 1 : index + 1 + ahead]]
    for line in following:
        if forward_words.field(line):
            return True
        if not line:
            return False
    return False


def _message(
    forward: ParsedMessage, said: dict[str, str], sender: Address, text: str, zone: tzinfo
) -> ParsedMessage:
    """Programs that forward name the message in References, as if they answered it, or, like
    Thunderbird, in a field of their own, which also names what is forwarded of many at once."""
    reply, quoted = quotes.split(text)
    own = forward.forwarded_ids if len(forward.forwarded_ids) == 1 else ()
    named = own or forward.in_reply_to or forward.references[-1:]
    return replace(
        forward,
        subject=said.get("subject", ""),
        sender=sender,
        to=_people(said.get("to", "")),
        cc=_people(said.get("cc", "")),
        bcc=_people(said.get("bcc", "")),
        reply_to=_people(said.get("reply_to", "")),
        date=forward_words.moment(said.get("date", ""), zone),
        message_id=next(iter(named), ""),
        in_reply_to=(),
        references=(),
        musubi_message="",
        forwarded_ids=(),
        retold=True,
        text=text,
        html=_below_the_head(forward.html),
        reply_text=reply,
        quoted_text=quoted,
        kind="normal",
        from_robot=robots.is_one(sender.address),
        bounce=None,
    )


def _people(value: str) -> tuple[Address, ...]:
    """`Yuki <yuki@aoki.example<mailto:yuki@aoki.example>>` and `Yuki [mailto:yuki@aoki.example]`
    are Outlook's ways of writing an address."""
    return addresses([_BRACKETED.sub(r"<\1>", _LINK.sub("", value))])


def _below_the_head(html: str) -> str:
    """The HTML without what stands above the original; "" where no program's form is known, for
    then the text is shown alone."""
    if not html:
        return ""
    tree = LexborHTMLParser(html)
    head = next(filter(None, (tree.css_first(head) for head in _HEADS)), None)
    body = tree.body
    if head is None or body is None:
        return ""
    node: LexborNode | None = head
    while node is not None and node.tag not in ("body", "html"):
        before = node.prev
        while before is not None:
            further = before.prev
            before.decompose()
            before = further
        node = node.parent
    head.decompose()
    return body.inner_html or ""


def _unmarked(line: str) -> str:
    return _MARKS.sub("", line).strip()


def _depth(line: str) -> int:
    found = _MARKS.match(line)
    return found[0].count(">") if found else 0


def _less(line: str, depth: int) -> str:
    """A line with that many marks less in front."""
    for _mark in range(depth):
        if not line.startswith(">"):
            break
        line = line[1:].removeprefix(" ")
    return line
