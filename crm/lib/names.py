"""Names of people, in the order that their script has (M43)."""

import unicodedata

_FAMILY_FIRST = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")


def full_name(given: str, family: str) -> str:
    """`full_name("Ann", "Lee") == "Ann Lee"`, `full_name("愛子", "田中") == "田中 愛子"`."""
    given, family = given.strip(), family.strip()
    pair = (family, given) if is_family_first(family or given) else (given, family)
    return " ".join(filter(None, pair))


def is_family_first(name: str) -> bool:
    """Whether a name is written in a script in which the family name leads."""
    return bool(name) and unicodedata.name(name[0], "").startswith(_FAMILY_FIRST)
