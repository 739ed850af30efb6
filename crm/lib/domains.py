"""The domain of a company, as people write it."""

import re

DOMAIN = re.compile(r"(?:[\w](?:[\w-]*[\w])?\.)+[\w-]{2,}")


def domain_of(typed: str) -> str:
    """The domain alone, of an address of a website or a person as well; "" for nothing. Raises
    ValueError for what is none."""
    text = re.sub(r"^(?:https?://)?(?:www\.)?", "", typed.strip().lower())
    domain = text.rpartition("@")[2].partition("/")[0]
    if domain and not DOMAIN.fullmatch(domain):
        raise ValueError("Give a domain, such as example.com.")
    return domain
