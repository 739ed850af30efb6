"""Every fault of docs/faults.md has its test; that it is there, test_documents.py sees to."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(
    r"^\| (F\d+) \|[^|]*\|([^|]*)\|$", (ROOT / "docs" / "faults.md").read_text(), re.M
)


def test_the_catalogue_is_whole() -> None:
    assert [number for number, _tests in ROWS] == [f"F{n}" for n in range(1, 49)]
    for number, tests in ROWS:
        assert "`tests/" in tests or "not held" in tests, number
