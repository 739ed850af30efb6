"""Newsletters and robots are no people: by the fields that they write, by their names (M55)."""

import re

from inbox.mime.types import ParsedHeaders

_BULK = ("bulk", "list", "junk", "auto_reply")
_NAMES = re.compile(
    r"(?:.*[._+-])?"  # shop-noreply
    r"(?:no[._-]?reply|do[._-]?not[._-]?reply|bounces?|newsletters?|notifications?|unsubscribe)"
    r"(?:[._+=-].*|\d*)$"
    r"|(?:mailer-?daemon|postmaster|hostmaster|listserv|majordomo|notify|news|mailing|alerts?"
    r"|auto-?confirm|automated|robot|root|nobody|abuse)(?:[+=].*|\d*)$",
    re.IGNORECASE,
)


def sent(said: ParsedHeaders) -> bool:
    """Whether its fields say that no person wrote it to people."""
    return said.list_id or said.auto_submitted or said.precedence in _BULK


def is_one(address: str) -> bool:
    """Whether an address is, by its name, nobody's.

    >>> is_one("no-reply+4711@shop.example"), is_one("nora.reply@shop.example")
    (True, False)
    """
    local, _at, domain = address.rpartition("@")
    return not local or not domain or bool(_NAMES.match(local[:100]))
