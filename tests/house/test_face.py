"""Templates, styles and scripts keep to the strict policy and to what is really there."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from config import stylesheet

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted((ROOT / "static" / "css").rglob("*.css"))
FORBIDDEN = re.compile(
    r"\s(?:style|on[a-z]+|(?:data-)?hx-on[:\w-]*)\s*=|javascript:|<script(?![^>]*\ssrc=)"
    r"|<meta[^>]*http-equiv|\sh(?:x-vals|x-headers|x-vars)=[\"']\s*js:",
    re.IGNORECASE,
)
LONGEST_STYLE = 350


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_a_template_has_no_inline_code() -> None:
    found = {name(path): FORBIDDEN.findall(path.read_text()) for path in TEMPLATES}
    assert not {each: code for each, code in found.items() if code}


@pytest.mark.parametrize(
    "bad",
    [
        '<p style="x">',
        '<p onclick = "x()">',
        '<p hx-on:click="x()">',
        '<p data-hx-on--load="x()">',
        '<p hx-on="click: x()">',
        '<a href="javascript:x()">',
        "<script>x()</script>",
        '<meta http-equiv="refresh" content="0">',
        "<p hx-vals='js:{a: x()}'>",
    ],
)
def test_inline_code_would_be_found(bad: str) -> None:
    assert FORBIDDEN.search(bad)


def test_htmx_runs_nothing_either() -> None:
    config = (ROOT / "templates" / "base.html").read_text()
    assert '"allowEval":false' in config and '"allowScriptTags":false' in config
    assert '"includeIndicatorStyles":false' in config and '"selfRequestsOnly":true' in config


def test_a_template_names_icons_and_files_that_exist() -> None:
    sprite = (ROOT / "static" / "img" / "icons.svg").read_text()
    for path in TEMPLATES:
        text = path.read_text()
        for icon in re.findall(r'{% icon "([\w-]+)"', text):
            assert f'id="i-{icon}"' in sprite, name(path)
        for file in re.findall(r"{% static '([^']+)' %}", text):
            assert finders.find(file), name(path)


def test_every_style_is_small_and_linked_once() -> None:
    linked = "".join(path.read_text() for path in TEMPLATES)
    for path in STYLES:
        assert len(path.read_text().splitlines()) <= LONGEST_STYLE
        by_itself = str(path.relative_to(ROOT / "static")) in linked
        assert by_itself != (path in stylesheet.files()), name(path)


def test_every_style_closes_what_it_opens() -> None:
    """A browser closes it at the end of a file, but there is none where the next one is joined."""
    for path in STYLES:
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        assert text.count("{") == text.count("}"), name(path)


def test_colours_are_named_in_one_place() -> None:
    raw = re.compile(r"#[0-9a-f]{3,8}\b", re.IGNORECASE)
    others = [path for path in STYLES if path.name != "tokens.css"]
    assert not [name(path) for path in others if raw.search(path.read_text())]
