"""Every fault of docs/faults.md has its test, and the test is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(
    r"^\| (F\d+) \|[^|]*\|([^|]*)\|$", (ROOT / "docs" / "faults.md").read_text(), re.M
)
NAMED = sorted({name for _number, tests in ROWS for name in re.findall(r"`(tests/[^`]+)`", tests)})


def test_the_catalogue_is_whole() -> None:
    assert [number for number, _tests in ROWS] == [f"F{n}" for n in range(1, 49)]
    for number, tests in ROWS:
        assert "`tests/" in tests or "not held" in tests, number


@pytest.mark.parametrize("named", NAMED)
def test_the_test_is_there(named: str) -> None:
    path, _, function = named.partition("::")
    assert f"def {function or 'test_'}" in (ROOT / path).read_text()
