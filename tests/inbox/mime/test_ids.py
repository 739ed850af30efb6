"""inbox/mime/ids.py: the ids of References and In-Reply-To, and their stored form. M7."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.mime.ids import message_ids, normal


@pytest.mark.rule("M7")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<a@x>", ("a@x",)),
        ("<a@x> <b@x>", ("a@x", "b@x")),
        ("<a@x><b@x>", ("a@x", "b@x")),
        ("<a@x>\r\n\t<b@x>", ("a@x", "b@x")),
        ("<b@x> <a@x> <b@x>", ("b@x", "a@x")),
        ("<a@x> (seen on Monday) <b@x>", ("a@x", "b@x")),
        ("Your message of Monday <a@x>", ("a@x",)),
        ('<"quoted local"@x>', ('"quotedlocal"@x',)),
        ("<broken\r\n by.folding@x>", ("brokenby.folding@x",)),
        ("a@x, b@x", ("a@x", "b@x")),
        ("a@x> <b@x>", ("a@x", "b@x")),
        ("<a@x <b@x>", ("a@x", "b@x")),
        ("<a@x", ("a@x",)),
        ("<without-at>", ("without-at",)),
        ("no id at all", ()),
        ("", ()),
        ("<> < >", ()),
        (b"<caf\xe9@x>", ("caf\u00e9@x",)),
    ],
)
def test_ids_are_found_however_they_are_written(value, expected):
    assert message_ids(value) == expected


def test_of_a_bomb_of_ids_the_root_and_the_nearest_are_kept():
    found = message_ids(" ".join(f"<{number}@x>" for number in range(20_000)))
    assert len(found) == 100
    assert found[0] == "0@x"
    assert found[-1] == "19999@x"


def test_the_form_compared_keeps_case_and_drops_brackets_and_space():
    assert normal(" <Ab\r\n C@X> ") == "AbC@X"


def test_a_long_id_is_stored_as_its_hash():
    long = "a" * 300 + "@x"
    assert normal(long).startswith("sha256:")
    assert normal(long) != normal("b" + long)
    assert normal(long) == normal(f"<{long}>")


@given(st.text())
def test_the_form_compared_is_stable_and_storable(value):
    once = normal(value)
    assert normal(once) == once
    assert len(once) <= 250
    assert not set(once) & set("\r\n\0 \t")


@given(st.one_of(st.text(), st.binary()))
def test_no_value_raises_and_no_id_breaks_a_line(value):
    for found in message_ids(value):
        assert found
        assert not set(found) & set("\r\n\0<>")
