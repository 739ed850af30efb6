"""HTML on which parsers would spend themselves: told before one is asked."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b[^<>]*>", re.IGNORECASE)
_UNCLOSED = "area base br col hr img input link meta p li td th tr tbody thead dd dt"
UNCLOSED = set(_UNCLOSED.split())
LISTS = {"ul", "ol", "dl"}
ITEMS = {"li": "li", "dd": "dd", "dt": "dd"}
FULL_TAG = re.compile(r"<[a-z](?:[^<>=\s]*[=\s]){2000}", re.IGNORECASE)  # of attributes
# Each reference in it copies what was read of the text or attribute so far.
FULL_TEXT = re.compile(r"(?:^|[<>])[^&<>]*(?:&[^&<>]*){20000}")
DATA = re.compile(r"data:[^\"'<>]*", re.IGNORECASE)
DEEPEST = 500  # elements in one another; parsers take quadratic time beyond


def is_a_bomb(html: str) -> bool:
    """Whether parsers would take quadratic time: by its depth, by a tag full of attributes, or by a
    text full of ampersands."""
    if FULL_TAG.search(DATA.sub("", html)) or FULL_TEXT.search(html):
        return True
    return any(depth > DEEPEST for depth in accumulate(_steps(html)))


def _steps(html: str) -> Iterator[int]:
    """How each tag changes the depth.

    A closing tag counts for an element of its own name alone, since parsers pass over others. An
    item ends the one before it in its list, but where that is of the other kind it goes into it.
    """
    opened, items = Counter[str](), [""]
    for closing, written in TAG.findall(html):
        name = written.lower()
        if name in ITEMS and not closing:
            yield int(items[-1] not in ("", ITEMS[name]))
            items[-1] = ITEMS[name]
        elif name not in UNCLOSED and (not closing or opened[name]):
            if name in LISTS:
                items.pop() if closing else items.append("")
            opened[name] += -1 if closing else 1
            yield -1 if closing else 1
