"""The order of names follows their script."""

import pytest

from crm.lib.names import full_name, misnames, mixes_scripts, parted


@pytest.mark.parametrize(
    ("given", "family", "whole"),
    [
        ("Aiko", "Tanaka", "Aiko Tanaka"),
        ("愛子", "田中", "田中 愛子"),
        ("アイコ", "タナカ", "タナカ アイコ"),
        ("민준", "김", "김 민준"),
        ("愛子", "", "愛子"),
        ("", "Tanaka", "Tanaka"),
        ("", "", ""),
        (" Ann ", " Lee ", "Ann Lee"),
    ],
)
def test_full_name(given: str, family: str, whole: str) -> None:
    assert full_name(given, family) == whole


@pytest.mark.parametrize(
    ("name", "given", "family"),
    [
        ("Anna Weber", "Anna", "Weber"),
        ("Weber, Anna", "Anna", "Weber"),
        ("'Anna Weber' via Sales", "Anna", "Weber"),
        ("Anna Weber (Sales) [extern]", "Anna", "Weber"),
        ("Anna Weber | Weber GmbH", "Anna", "Weber"),
        ("Dr. Anna Maria Weber", "Dr. Anna Maria", "Weber"),
        ("Jan van der Berg", "Jan", "van der Berg"),
        ("Cher", "", "Cher"),
        ("田中 愛子", "愛子", "田中"),
        ("田中\u3000愛子", "愛子", "田中"),
        ("田中愛子", "", "田中愛子"),
        ("anna@weber.example", "", ""),
        ("", "", ""),
        ("()", "", ""),
    ],
)
def test_parted(name: str, given: str, family: str) -> None:
    assert parted(name) == (given, family)


def test_a_name_that_is_another_address_misnames() -> None:
    assert misnames("Boss <ceo@corp.example>", "x@evil.example")
    assert misnames("ceo\uff20corp.example", "x@evil.example")
    assert not misnames("X@evil.example", "x@evil.example")
    assert not misnames("", "x@evil.example")


@pytest.mark.parametrize(
    ("text", "mixed"),
    [
        ("P\u0430ypal", True),
        ("\u0391pple Store", True),
        ("Ирина Petrova", False),
        ("π-Consult", False),
        ("株式会社ABC", False),
        ("Zoë Müller 2", False),
        ("", False),
    ],
)
def test_alphabets_that_look_alike_are_not_mixed_in_a_word(text: str, mixed: bool) -> None:
    assert mixes_scripts(text) is mixed
