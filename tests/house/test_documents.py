"""What the documents name as proof is there: tests, specimens, and places in the code."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ["faults.md", "points.md", "troubles.md", "attacks.md", "asvs.md"]
PATH = re.compile(r"`((?:config|crm|inbox|tests)/[^`\s]+)`")
TEXTS = {name: (ROOT / "docs" / name).read_text() for name in DOCUMENTS}
NAMED = sorted({named for text in TEXTS.values() for named in PATH.findall(text)})
ATTACKS = re.findall(r"^\| (\d+) \|[^|]*\| (.*) \|$", TEXTS["attacks.md"], re.M)
TROUBLES = re.findall(r"^\| (\S+#\d+.*?) \|.*\| (.*) \|$", TEXTS["troubles.md"], re.M)


def test_they_name_tests() -> None:
    for document in DOCUMENTS:
        assert any(named.startswith("tests/") for named in PATH.findall(TEXTS[document])), document


def test_what_is_named_is_there() -> None:
    for named in NAMED:
        path, _, function = named.partition("::")
        text = (ROOT / path).read_bytes().decode("utf-8", "replace")
        if function or Path(path).name.startswith("test_"):
            assert re.search(rf"def {function}\(" if function else "def test_", text), named


def test_every_trouble_is_answered() -> None:
    assert len(TROUBLES) >= 60
    for thread, here in TROUBLES:
        assert PATH.search(here) or "*not handled" in here.lower(), thread


def test_every_attack_is_held_or_impossible() -> None:
    assert [int(number) for number, _held in ATTACKS] == [*range(1, 41)]
    for number, held in ATTACKS:
        assert "`tests/" in held or "impossible" in held or "not built" in held, number
