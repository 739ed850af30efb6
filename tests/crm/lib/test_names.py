"""The order of names follows their script."""

import pytest

from crm.lib.names import full_name


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
