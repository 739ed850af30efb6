"""What is kept of what somebody wrote: a subject in one line, a body that a database can store."""

import re

from crm.lib.html import sanitise_sent
from inbox.mime.text import text_of_html

LONGEST_SUBJECT = 998  # characters: what its column holds
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL takes no such text


def storable(text: str) -> str:
    return _UNSTORABLE.sub("", text)


def line(text: str) -> str:
    """One line: a subject cannot hold a line break, or it would begin another header."""
    return " ".join(text.split())


def subject(typed: str) -> str:
    return storable(line(typed))


def body(text: str, html: str) -> tuple[str, str]:
    """As text, made of the HTML where there is none, and as the HTML that may leave."""
    text, html = storable(text), storable(html)
    return text or text_of_html(html), sanitise_sent(html) if html else ""
