"""One stylesheet of many files, as a server finds it that runs from them, and `collectstatic`."""

import json
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from config import stylesheet


@pytest.fixture
def styles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "css"
    (folder / "components").mkdir(parents=True)
    (folder / "pages").mkdir()
    for name in ("base", "layers", "components/card", "pages/board"):
        (folder / f"{name}.css").write_text(f"/* {name} */\n")
    monkeypatch.setattr(stylesheet, "STYLES", folder)
    monkeypatch.setattr(stylesheet, "BUILD", tmp_path / "build")
    return folder


def test_each_file_is_in_it_the_layers_first_and_none_of_single_pages(styles: Path) -> None:
    found = finders.find("css/musubi.css")
    assert found and Path(found).read_text() == "/* layers */\n/* base */\n/* components/card */\n"
    assert finders.find("css/musubi.css", find_all=True) == [found]
    assert finders.find("css/other.css") is None


def test_what_has_changed_is_there_at_once_and_what_has_not_stays_the_same_file(
    styles: Path,
) -> None:
    first = stylesheet.joined()
    before = first.stat()
    assert stylesheet.joined().stat().st_ino == before.st_ino
    (styles / "base.css").write_text("/* other */\n")
    assert "/* other */" in stylesheet.joined().read_text()
    assert [path.name for path in first.parent.iterdir()] == [first.name]


def test_where_it_cannot_be_written_it_says_what_to_do(styles: Path) -> None:
    stylesheet.BUILD.write_text("a file that is in the way")
    with pytest.raises(ImproperlyConfigured, match="STATIC_MANIFEST=true"):
        stylesheet.joined()


def test_it_is_served(client: Client) -> None:
    answer = client.get("/static/css/musubi.css")
    assert answer["Content-Type"].startswith("text/css")
    text = answer.getvalue().decode()
    assert text.startswith("/* The order of the layers")
    assert ".btn" in text and "@font-face" in text


def test_collectstatic_takes_it_with_the_names_of_its_fonts(
    tmp_path: Path, settings: Settings
) -> None:
    backend = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    text = (tmp_path / names["css/musubi.css"]).read_text()
    assert f'url("../{names["font/inter-latin.woff2"]}")' in text
