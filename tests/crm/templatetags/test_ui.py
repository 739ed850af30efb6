"""The face of a record: the letters by which people know it."""

import pytest

from crm.templatetags.ui import face, mail


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Aiko Tanaka", "AT"),
        ("aiko@hoshizora.example", "A"),
        ("山田 健太", "山田"),
        ("みなと歯科クリニック", "みな"),
        ("株式会社山田製作所", "山田"),
        ("株式会社", "株式"),
        ("", "?"),
    ],
)
def test_initials_follow_the_script(name: str, initials: str) -> None:
    assert face(name).initials == initials


def test_an_address_breaks_after_its_at() -> None:
    assert mail("a&b@x.test") == (
        '<span class="whole">a&amp;b@</span><span class="whole">x.test</span>'
    )
    assert "nobody" in mail("nobody")
