"""Whether two subjects are about one thing: without the marks of answers and forwards. Pure. M27.

>>> is_new("Re: Offer", {"Offer"}), is_new("Invoice (was: Offer)", {"Offer"})
(False, True)
"""

import re
from collections.abc import Iterable

_MARKS = re.compile(
    r"(?:\s*(?:re|aw|sv|vs|antw|res|rif|ref|fwd?|wg|tr|rv|enc|vb|回复|答复|转发|返信|転送)"
    r"\s*(?:\[\d+\]|\(\d+\))?\s*[:\uff1a])+\s*",
    re.IGNORECASE,
)
_WAS = re.compile(r"\(\s*was\s*:.*\)?\s*$", re.IGNORECASE)


def base(subject: str) -> str:
    """What remains of a subject when the marks in front of it, spaces and case are left out."""
    marks = _MARKS.match(subject)
    return " ".join(subject[marks.end() if marks else 0 :].split()).casefold()


def is_new(subject: str, before: Iterable[str]) -> bool:
    """Whether it names none of the subjects before. One that is empty says nothing new, and a
    label that something on the way has put around it ("[External] Offer") does not either."""
    said = base(_WAS.sub("", subject))
    return bool(said) and all(old not in said for old in map(base, before) if old)
