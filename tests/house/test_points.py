"""Every test that docs/points.md names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMED = sorted(set(re.findall(r"`(tests/[^`]+)`", (ROOT / "docs" / "points.md").read_text())))


@pytest.mark.parametrize("named", NAMED)
def test_the_test_is_there(named: str) -> None:
    path, _, function = named.partition("::")
    assert f"def {function or 'test_'}" in (ROOT / path).read_text()
