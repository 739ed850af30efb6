"""Merge fields, read and filled: values in, values out (M24)."""

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox import merge_fields
from inbox.merge_fields import FIELDS, Field, fill, fill_html, left_over, parse, token

FILLED = dict.fromkeys(FIELDS, "x")


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Dear {{ contact.first_name }},", [Field("contact.first_name")]),
        ("{{contact.family_name}}様", [Field("contact.family_name")]),
        ("{{\u3000contact.family_name\u00a0}}", [Field("contact.family_name")]),
        ('{{ contact.first_name|"there" }}', [Field("contact.first_name", "there")]),
        ("{{ contact.first_name | 'there' }}", [Field("contact.first_name", "there")]),
        ("{{ contact.first_name|“there” }}", [Field("contact.first_name", "there")]),
        ("{{ contact.family_name|「お客」 }}", [Field("contact.family_name", "お客")]),
        ("{{ contact.first_name|there }}", [Field("contact.first_name", "there")]),
        ('{{ contact.first_name|"" }}', [Field("contact.first_name", "")]),
        ("{{ contact.first_name|&quot;there&quot;&nbsp;}}", [Field("contact.first_name", "there")]),
        ('{{ deal.name|"a | b" }}', [Field("deal.name", "a | b")]),
        ("{{ deal.name }} {{ deal.name }}", [Field("deal.name")]),
        ("{{ nothing.known }}", [Field("nothing.known")]),
        ("{{ 1 + 1 }} {{ }} {{ contact.first name }} {% if %} {contact.name}", []),
        ("{{ contact.name", []),
        ("{{ {{ contact.name }} }}", [Field("contact.name")]),
        ("{{ contact.<b>name</b> }}", []),
    ],
)
def test_fields_are_read(text: str, fields: list[Field]) -> None:
    assert parse(text) == fields


@pytest.mark.rule("M24")
def test_fields_are_filled_and_missing_ones_are_named() -> None:
    text = 'Dear {{ contact.first_name|"customer" }}, {{ deal.name }} by {{ sender.name }}'
    filled = fill(text, {"contact.first_name": "", "sender.name": "Hana"})
    assert filled.text == "Dear customer, {{ deal.name }} by Hana"
    assert filled.missing == ("deal.name",)


def test_an_empty_fallback_leaves_the_place_empty() -> None:
    assert fill('Hello{{ contact.first_name|"" }}!', {}) == ("Hello!", ())


def test_values_are_text_in_html() -> None:
    filled = fill_html("<p>{{ company.name }}</p>", {"company.name": '<img src=x> & "Co"\nLtd'})
    assert filled.text == "<p>&lt;img src=x&gt; &amp; &quot;Co&quot;<br>Ltd</p>"
    fallback = fill_html("{{ contact.name|&quot;&lt;b&gt;&quot; }}", {})
    assert fallback.text == "&lt;b&gt;"


def test_a_value_is_never_read_as_a_field() -> None:
    values = {"contact.name": "{{ sender.email }}", "sender.email": "hana@musubi.test"}
    assert fill("{{ contact.name }}", values).text == "{{ sender.email }}"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("contact.first_nam", "contact.first_name"),
        ("contact.last_name", "contact.family_name"),
        ("contact.firstname", "contact.first_name"),
        ("compny.name", "company.name"),
        ("deal.ammount", "deal.amount"),
        ("weather", ""),
    ],
)
def test_an_unknown_field_is_named_with_what_was_meant(name: str, meant: str) -> None:
    (field,) = merge_fields.unknown(f"{{{{ {name} }}}} {{{{ contact.name }}}}")
    assert (field.name, field.suggestion) == (name, meant)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Dear {{ contact.first_name }},", ["contact.first_name"]),
        ("Dear {{ contact.nickname }},", ["contact.nickname"]),
        ("> Dear {{ contact.first_name }},\nThat came so.", []),
        ("Write {{ user.name }} into the page.", []),
        ("{{ 1 + 1 }}", []),
    ],
)
def test_what_is_left_over_is_named(text: str, names: list[str]) -> None:
    assert left_over(text) == names


def test_block_quotes_are_not_what_somebody_wrote() -> None:
    html = "<p>a</p><blockquote><p>b</p><blockquote type=cite>c</blockquote>d</blockquote><p>e</p>"
    assert merge_fields.outside_quotes(html) == "<p>a</p><p>e</p>"
    assert merge_fields.outside_quotes("</blockquote>x<blockquote>y") == "x"


braces = st.lists(
    st.sampled_from(["{{", "}}", "{", "}", "|", '"', "&quot;", "<b>", " ", "\n", "a", *FIELDS])
).map("".join)
texts = st.one_of(st.text(), braces)


@given(texts, st.dictionaries(st.sampled_from(FIELDS), st.text()))
def test_nothing_that_is_written_breaks_it(text: str, values: dict[str, str]) -> None:
    filled = fill(text, values)
    assert set(filled.missing) == {
        field.name for field in parse(text) if not values.get(field.name) and field.fallback is None
    }
    assert set(left_over(text)) <= {field.name for field in parse(text)}
    merge_fields.outside_quotes(text)


@given(st.text(), st.sampled_from(FIELDS), st.text(min_size=1))
def test_no_value_becomes_markup(before: str, name: str, value: str) -> None:
    text = before.replace("{", "") + token(name)
    filled = fill_html(text, {name: value})
    assert filled.text.removeprefix(before.replace("{", "")) == escape(value).replace(
        "\r\n", "\n"
    ).replace("\n", "<br>")


@given(st.text(alphabet=st.characters(exclude_characters='{}<>"')), st.sampled_from(FIELDS))
def test_what_is_written_as_a_field_is_read_as_one(fallback: str, name: str) -> None:
    assert parse(token(name)) == [Field(name)]
    if "&" not in fallback and len(fallback) < 200:
        assert parse(token(name, fallback)) == [Field(name, fallback)]


@given(texts)
def test_a_text_without_fields_stays_as_it_is(text: str) -> None:
    if not parse(text):
        assert fill(text, FILLED).text == text


def test_many_braces_take_no_time() -> None:
    assert parse("{{ " * 100_000) == []
    assert parse("{{" + " " * 200_000) == []
