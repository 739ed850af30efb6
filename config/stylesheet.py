"""The stylesheet that every page asks for: files of static/css and static/css/components as one.

A component has a file of its own, and a browser that comes for the first time asks once, not forty
times. Nobody builds it: whoever looks for it finds it joined anew where a file has changed. That is
`collectstatic`, or WhiteNoise as it starts, with DEBUG at each request. What single pages ask for
beside it lies in static/css/pages.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage

ROOT = Path(__file__).resolve().parent.parent
STYLES, BUILD = ROOT / "static" / "css", ROOT / "build"
NAME = "css/musubi.css"
FIRST = "layers.css"  # says the order of the layers; that of the other files is free


class Finder(BaseFinder):
    """Of the one static file that lies in no folder of static files."""

    def check(self, **_options: Any) -> list[Any]:
        return []

    # as Django has it
    def find(self, path: str, find_all: bool = False, **_old: Any) -> Any:  # noqa: FBT001, FBT002
        if path != NAME:
            return []
        found = str(joined())
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        folder = joined().parents[1]
        yield NAME, FileSystemStorage(folder)


def joined() -> Path:
    """Where it lies, as its files are now. Raises ImproperlyConfigured."""
    target = BUILD / "static" / NAME
    content = "".join(file.read_text() for file in files())
    try:
        if not target.exists() or target.read_text() != content:
            _write(target, content)
    except OSError as error:
        advice = "Let this account write there, or run collectstatic and set STATIC_MANIFEST=true."
        raise ImproperlyConfigured(f"{target}: {error.strerror}. {advice}") from error
    return target


def _write(target: Path, content: str) -> None:
    """All at once: several processes may do so at the same time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=target.parent, delete=False) as file:
        file.write(content)
    written = Path(file.name)
    written.chmod(0o644)
    written.replace(target)


def files() -> list[Path]:
    """In the order in which they are joined."""
    found = [*STYLES.glob("*.css"), *STYLES.glob("components/*.css")]
    return sorted(found, key=lambda file: (file.name != FIRST, file))
