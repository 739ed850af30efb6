"""What cannot happen because nothing in the product could do it: docs/attacks.md, 11 and 12."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNPACKING = {"bz2", "gzip", "lzma", "tarfile", "zipfile", "zlib", "zipimport"}
DRAWING = {"PIL", "cv2", "cairosvg", "wand", "imageio"}
PARSING = {"xml", "lxml", "defusedxml"}
# zlib makes checksums and pictures for the demo, zipfile writes archives, xml reads what providers
# say of their servers (its sizes and entities: tests/inbox/connect/test_autoconfig.py).
ELSEWHERE = {
    ("crm/templatetags/ui.py", "zlib"),
    ("inbox/demo/files.py", "zlib"),
    ("inbox/dossiers/archive.py", "zipfile"),
    ("inbox/connect/autoconfig.py", "xml"),
}


def imported(path: Path) -> set[str]:
    names = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def test_what_reads_mail_unpacks_and_draws_nothing() -> None:
    found = {
        (str(path.relative_to(ROOT)), name)
        for folder in ("config", "crm", "inbox")
        for path in (ROOT / folder).rglob("*.py")
        for name in imported(path) & (UNPACKING | DRAWING | PARSING)
    }
    assert found == ELSEWHERE
