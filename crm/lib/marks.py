"""Which parts of a text are what somebody looked for: pieces, so that a template escapes each."""

import re
from collections.abc import Iterable


def pieces(text: str, words: Iterable[str]) -> list[tuple[str, bool]]:
    """pieces("Aiko Tanaka", ["tan"]) -> [("Aiko ", False), ("Tan", True), ("aka", False)]"""
    wanted = sorted((re.escape(word) for word in words if word), key=len, reverse=True)
    if not wanted:
        return [(text, False)] if text else []
    parts = re.split(f"({'|'.join(wanted)})", text, flags=re.IGNORECASE)
    return [(part, place % 2 == 1) for place, part in enumerate(parts) if part]
