"""Japanese throughout (M43): the catalogue is whole, fresh and compiled; no page speaks English."""

import gettext
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from django.utils.html import strip_tags

from crm.models import User
from tests.house.test_pages import OPENED, address

pytestmark = [pytest.mark.rule("M43"), pytest.mark.once]
ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = Path("config/locale/ja/LC_MESSAGES")
# The same in both languages: names, protocols, examples, and what is placeholders alone.
SAME = {
    *("Musubi", "English", "IMAP", "SMTP", "STARTTLS", "Message-ID", "Cc", "Bcc"),
    "{day} {time}",
}
SENTENCE = re.compile(r"\b[A-Za-z]{2,}(?:[ ,]+[a-z]{2,}){2,}\b")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogue as `makemessages` brings it up to date with today's sources."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("manage.py", "config", "crm", "inbox", "templates"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tree / name)
    make = [sys.executable, "manage.py", "makemessages", "-l", "ja", "--no-obsolete", "-v", "0"]
    subprocess.run(make, cwd=tree, check=True)
    return tree / CATALOGUE / "django.po"


def lacking(catalogue: Path, *options: str) -> str:
    run = ["msgattrib", *options, "--no-obsolete", str(catalogue)]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout


def test_every_string_is_translated(fresh: Path) -> None:
    assert not lacking(fresh, "--untranslated")
    assert not lacking(fresh, "--only-fuzzy")


def test_the_compiled_catalogue_is_fresh(fresh: Path, tmp_path: Path) -> None:
    """`manage.py makemessages -l ja --no-obsolete`, translate, `manage.py compilemessages`."""
    compiled = tmp_path / "django.mo"
    subprocess.run(["msgfmt", "--check-format", "-o", str(compiled), str(fresh)], check=True)
    assert strings(compiled) == strings(ROOT / CATALOGUE / "django.mo")


def strings(compiled: Path) -> dict[object, str]:
    with compiled.open("rb") as file:
        catalogue: dict[object, str] = dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
    catalogue.pop("", None)  # the header holds the time of the last run
    return catalogue


def test_no_translation_equals_its_source() -> None:
    catalogue = strings(ROOT / CATALOGUE / "django.mo")
    for source, translation in catalogue.items():
        words = str(source[0] if isinstance(source, tuple) else source).rpartition("\x04")[2]
        assert words != translation or words in SAME or not re.search("[A-Za-z]", words), words


def test_no_page_in_japanese_holds_an_english_sentence(
    client: Client, mio: User, rows: dict[str, int], subtests: pytest.Subtests
) -> None:
    mio.change(language="ja")
    client.force_login(mio)
    for name, route in OPENED:
        with subtests.test(name, route=route):
            answer = client.get(address(name, route, rows))
            if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                assert not SENTENCE.findall(seen(answer.content.decode()))


def seen(html: str) -> str:
    """What a person reads or hears: the text, and the attributes that are read out."""
    spoken = re.findall(r'(?:aria-label|title|placeholder|alt)="([^"]*)"', html)
    text = re.sub(r"<(script|style|code)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return "\n".join([strip_tags(re.sub(r"<[^>]*>", "\n", text)), *spoken])
