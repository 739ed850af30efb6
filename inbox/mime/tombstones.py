"""The keyed hash of an id: what stays of a message that was erased, and tells nobody of it (M48).

Keys rotate: the newest makes it, every one recognises it. Without the key nobody can try out ids.
"""

import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "gone:"
NAME = 12  # characters of the name of a key


def make(value: str, key: str) -> str:
    """What is kept of an id in normal form."""
    digest = hmac.new(
        key.encode(), b"tombstone\0" + value.encode("utf-8", "replace"), hashlib.sha256
    )
    return PREFIX + digest.hexdigest()


def every(value: str, keys: Sequence[str]) -> list[str]:
    """What may have been kept of it, by any of the keys."""
    return [make(value, key) for key in keys]


def name_of(key: str) -> str:
    """By which a row says what key made it: so it is known what would be lost with that key. Of
    the key itself, which is random and long, it tells nothing."""
    return hashlib.sha256(b"name of a key\0" + key.encode()).hexdigest()[:NAME]
