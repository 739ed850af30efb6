"""Striking out of texts what names a person (M36)."""

import re
from collections.abc import Collection, Iterable

STRUCK = "■■■"
NOBODY = "@erased.invalid"  # ends the address that takes the place of theirs (RFC 2606)
_LONG = 12  # characters: of a line that is so short nobody can say whose it is
_QUOTED = re.compile(r"^[\s>|]*")


def pattern(words: Iterable[str]) -> re.Pattern[str] | None:
    """Finds these words, the longest first, whatever their case; None for none.

    A word of letters that stand apart is found alone: "Ann" not in "Annual". Scripts that are
    written without spaces have no such ends.
    """
    wanted = sorted({word.strip() for word in words if word.strip()}, key=lambda w: (-len(w), w))
    return re.compile("|".join(map(_alone, wanted)), re.IGNORECASE) if wanted else None


def _alone(word: str) -> str:
    spaced = r"\s+".join(map(re.escape, word.split()))
    begins = r"(?<![A-Za-z0-9À-ÿ])" if word[0] < "\u0250" else ""
    ends = r"(?![A-Za-z0-9À-ÿ])" if word[-1] < "\u0250" else ""
    return f"{begins}{spaced}{ends}"


def strike(text: str, found: re.Pattern[str] | None) -> str:
    """
    >>> strike("Dear Ann Lee, Annual", pattern(["Ann", "Ann Lee"]))
    'Dear ■■■, Annual'
    """
    return found.sub(STRUCK, text) if found and text else text


def strike_all(value: object, found: re.Pattern[str] | None) -> object:
    """In a JSON value, however deep; keys as well."""
    if isinstance(value, str):
        return strike(value, found)
    if isinstance(value, list):
        return [strike_all(each, found) for each in value]
    if isinstance(value, dict):
        return {strike(key, found): strike_all(each, found) for key, each in value.items()}
    return value


def lines(text: str) -> set[str]:
    """Its lines without quotation marks, as far as they are long enough to be somebody's own."""
    bare = (_QUOTED.sub("", line).strip() for line in text.splitlines())
    return {line for line in bare if len(line) >= _LONG}


def without(text: str, theirs: Collection[str]) -> str:
    """Without the lines that are theirs, quoted or not."""
    kept = (x for x in text.splitlines() if _QUOTED.sub("", x).strip() not in theirs)
    return "\n".join(kept)
