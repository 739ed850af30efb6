"""Message-IDs that this CRM makes: unguessable, and signed so that a forged one is known (M46).

    mu<installation>.<random>.<signature>@<domain of the sender>

`installation` is the same in every id of one installation: the mark by which a server can be asked
whether a delivery report concerns mail of ours. Keys rotate: the newest signs, every one verifies.
An id is short: mailers that fold at 78 columns make encoded words of an In-Reply-To that is longer.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

RANDOM_BYTES = 16
SIGNATURE = 10  # characters of base32: 50 bits; what cannot be guessed is the random part


def make(domain: str, keys: Sequence[str]) -> str:
    """A new id, without angle brackets; `keys` newest first."""
    random = _base32(secrets.token_bytes(RANDOM_BYTES))
    return f"{marker(keys)}.{random}.{_sign(random, keys[0])}@{domain}"


def is_ours(value: str, keys: Sequence[str]) -> bool:
    """Whether one of the keys signed this id, in constant time for each key."""
    parts = value.partition("@")[0].split(".")
    if len(parts) != 3 or not value.isascii():
        return False
    _mark, random, signature = parts
    return any(hmac.compare_digest(_sign(random, key), signature) for key in keys)


def marker(keys: Sequence[str]) -> str:
    """What every id of this installation begins with. Made of the oldest key, so that a new key
    put before it changes nothing."""
    return "mu" + _sign("installation", keys[-1])[:8]


def _sign(text: str, key: str) -> str:
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    return _base32(digest)[:SIGNATURE]


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()
