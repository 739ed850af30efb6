"""Colours: each pair of tokens that components use has its contrast (WCAG 2.2, 1.4.3, 1.4.11)."""

import itertools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOKENS = dict(
    re.findall(r"(--[\w-]+):\s*([^;]+);", (ROOT / "static" / "css" / "tokens.css").read_text())
)
HUES = ["ruri", "asagi", "tokiwa", "moegi", "yamabuki", "kaki", "shu", "sakura", "fuji", "sumi"]
PAPER = [f"--c-{name}" for name in ("canvas", "sheet", "raised", "sunken")]
STATES = [f"--c-{name}" for name in ("hover", "active", "selected")]
INK = [f"--c-{name}" for name in ("text", "text-2", "text-3", "accent-text", "danger-text")]
TEXT = [
    *itertools.product(INK, PAPER + STATES),
    *itertools.product(["--c-ok-text", "--c-warn-text"], PAPER[1:]),
    *itertools.product(["--c-on-accent"], ["--c-accent", "--c-accent-hover", "--c-accent-active"]),
    *itertools.product(["#ffffff"], ["--c-danger", "--c-danger-hover"]),
    *itertools.product(
        ["--c-on-inverse", "--c-on-inverse-accent"], ["--c-inverse", "--c-inverse-hover"]
    ),
    ("--c-accent-text", "--c-accent-soft"),
    ("--c-danger-text", "--c-danger-soft"),
    ("--c-on-inverse-2", "--c-inverse"),
    *((f"--{hue}-text", f"--{hue}-soft") for hue in HUES),
]
SHAPES = [
    *itertools.product([f"--{hue}-solid" for hue in HUES], ["--c-raised", "--c-sunken"]),
    *itertools.product(["--c-control", "--c-focus", "--c-accent"], PAPER[1:3]),
]


def colour(value: str, *, dark: bool) -> str:
    """The hex digits behind a token, in the light or in the dark theme."""
    value = TOKENS.get(value, value).strip()
    if found := re.fullmatch(r"var\((--[\w-]+)\)", value):
        return colour(found[1], dark=dark)
    if found := re.fullmatch(r"light-dark\(\s*([^,]+),\s*([^)]+)\)", value):
        return colour(found[2 if dark else 1], dark=dark)
    return value.lstrip("#")


def luminance(digits: str) -> float:
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str, *, dark: bool) -> float:
    pair = (luminance(colour(one, dark=dark)), luminance(colour(other, dark=dark)))
    return (max(pair) + 0.05) / (min(pair) + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_has_four_and_a_half_and_shapes_have_three(dark: bool) -> None:
    assert not [pair for pair in TEXT if contrast(*pair, dark=dark) < 4.5]
    assert not [pair for pair in SHAPES if contrast(*pair, dark=dark) < 3]
