"""Names of people, in the order that their script has (M43)."""

import re
import unicodedata

_BESIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\s+via\s.*$|\s+\|.*$")  # (Sales), via Lists
_LOOK_ALIKE = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}
_FAMILY_FIRST = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")


def full_name(given: str, family: str) -> str:
    """`full_name("Ann", "Lee") == "Ann Lee"`, `full_name("愛子", "田中") == "田中 愛子"`."""
    given, family = given.strip(), family.strip()
    pair = (family, given) if is_family_first(family or given) else (given, family)
    return " ".join(filter(None, pair))


def fields_in_order(language: str) -> tuple[str, str]:
    """The fields of a name as people of that language expect them: 姓 before 名."""
    family_first = language.startswith("ja")
    return ("last_name", "first_name") if family_first else ("first_name", "last_name")


def parted(name: str) -> tuple[str, str]:
    """Given and family name, of a name as mail programs write it.

    >>> parted("Weber, Anna (Sales)")
    ('Anna', 'Weber')
    """
    name = _BESIDE.sub(" ", name).strip(" \t\u3000\"'")
    if not name or "@" in name:
        return "", ""
    family, comma, given = name.partition(",")
    if comma and given.strip():
        return given.strip(), family.strip()
    words = name.split()
    if is_family_first(name):
        return " ".join(words[1:]), words[0]
    lower = (at for at, word in enumerate(words[1:-1], 1) if word.islower())
    cut = next(lower, len(words) - 1)  # Jan / van der Berg
    return " ".join(words[:cut]), " ".join(words[cut:])


def misnames(name: str, address: str) -> bool:
    """Whether a name passes for another address than the one that it stands before.

    >>> misnames("ceo@corp.example", "x@evil.example"), misnames("Ann", "ann@a.example")
    (True, False)
    """
    plain = unicodedata.normalize("NFKC", name)
    return "@" in plain and address.casefold() not in plain.casefold()


def mixes_scripts(text: str) -> bool:
    """Whether one word of it is written in letters that look alike in several alphabets.

    >>> mixes_scripts("P\u0430ypal"), mixes_scripts("Αθήνα Ltd"), mixes_scripts("田中 Aiko")
    (True, False, False)
    """
    return any(len(_alphabets(word)) > 1 for word in re.findall(r"\w+", text[:1000]))


def _alphabets(word: str) -> set[str]:
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in word}
    return scripts & _LOOK_ALIKE


def is_family_first(name: str) -> bool:
    """Whether a name is written in a script in which the family name leads."""
    return bool(name) and unicodedata.name(name[0], "").startswith(_FAMILY_FIRST)
