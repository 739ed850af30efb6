"""How templates show text that somebody wrote: escaped first, then its addresses as links."""

import re

from django import template
from django.utils.html import Urlizer, escape, linebreaks
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

MOST_LINKED = 100_000  # characters; longer texts are no letters, and each word costs
# They turn the direction of what stands behind them (UAX 9): an address would read as another one.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class _Links(Urlizer):
    """Links to http, https and mailto alone, outside of our page, telling nobody where from."""

    url_template = '<a href="{href}" target="_blank" rel="noopener noreferrer nofollow">{url}</a>'

    def trim_url(self, x: str, *, limit: int | None) -> str:
        return _TURNING.sub("", x)


_links = _Links()


@register.filter
def linked(text: str) -> SafeString:
    """{{ text|linked }}: paragraphs and lines as HTML, with links."""
    head, rest = text[:MOST_LINKED], text[MOST_LINKED:]
    return mark_safe(linebreaks(_links(head, autoescape=True) + escape(rest)))  # each was escaped
