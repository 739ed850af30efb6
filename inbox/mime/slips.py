"""Of many messages, which are plainly none of ours? By a few header fields, without reading them.

A long scan asks for these fields alone. Where a block of them is plain, its ids are found at the
speed of a regular expression; one that is written in any other way is not plain, and is looked at
in full by those who understand it (`headers.py`). Pure; nothing here raises.
"""

import re

FIELDS = "From Message-ID In-Reply-To References Content-Type Return-Path"
_ID = re.compile(rb"<([^<>]+)>")
_NAMES = re.compile(rb"\n(?:[Ii]n-[Rr]eply-[Tt]o|[Rr]eferences):\s*<")
# Nothing but short ids in brackets, somebody who wrote it, and no report by the standard. The names
# of fields as mail programs write them: matching every case would take twice as long.
_PLAIN = re.compile(
    rb"(?:(?:[Mm]essage-[Ii][Dd]|[Ii]n-[Rr]eply-[Tt]o|[Rr]eferences):"
    rb"(?:\s*<[!-;=@-~]{1,250}>)*\s*\n"
    rb"|[Ff]rom:[ \t<>]*[^\s<>][^\n]*\n(?:[ \t][^\n]*\n)*"
    rb"|[Cc]ontent-[Tt]ype:(?!\s*(?i:multipart/report))[^\n]*\n(?:[ \t][^\n]*\n)*"
    rb"|[Rr]eturn-[Pp]ath:\s*<[!-;=?-~]+>\s*\n)*\r?\n?"
)


def ids_in(block: bytes) -> list[bytes]:
    """Every id that a plain block carries or names, in normal form (`ids.normal`)."""
    return _ID.findall(block)


def is_answer(block: bytes) -> bool:
    """Whether a plain block names another message."""
    return _NAMES.search(b"\n" + block) is not None


def is_plain(block: bytes) -> bool:
    """Whether `ids_in` finds all that a careful reading of this block would, and no mail server
    wrote it, which may be about a letter of ours without naming it (M20).

    >>> is_plain(b"From: anna@x\\r\\nReferences: <b@x>\\r\\n <c@x>\\r\\n\\r\\n")
    True
    >>> is_plain(b"From: anna@x\\r\\nIn-Reply-To: your letter of Monday\\r\\n\\r\\n")
    False
    """
    said = b"\n" + block.lower()
    if b"daemon" in said or b"master" in said or b"delivery" in said or b"\nfrom:" not in said:
        return False
    return _PLAIN.fullmatch(block) is not None
