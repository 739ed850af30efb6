"""A file is whole and on the disk before a row names it, or it is not there (F37)."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from pytest_django import Settings

from crm.models.attachments import store_content

pytestmark = pytest.mark.django_db
ROOM = 8 * 1024 * 1024


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def full_disk() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_of_what_found_no_room_nothing_is_left(full_disk: None, media: Path) -> None:
    with pytest.raises(OSError):
        store_content(bytes(ROOM + 1))
    assert not [path for path in media.rglob("*") if path.is_file()]
    assert default_storage.exists(store_content(b"small"))


def test_it_is_on_the_disk_and_so_is_its_name(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can pull the plug here: the kernel is asked to write all three, and really does."""
    synced, real = [], os.fsync

    def fsync(handle: int) -> None:
        real(handle)
        synced.append(Path(f"/proc/self/fd/{handle}").readlink())

    monkeypatch.setattr(os, "fsync", fsync)
    path = media / store_content(b"as it is")
    assert synced == [path, path.parent, path.parent.parent]
    assert path.read_bytes() == b"as it is"
