"""What is loaded: by a page, little before it is drawn and everything from here; by the watcher,
nothing that only pages use."""

import gzip
import re
import subprocess
import sys
from pathlib import Path

from django.contrib.staticfiles import finders
from django.test import Client

from crm.models import Contact, User

BEFORE_PAINT, IN_ALL = 60 * 1024, 66 * 1024  # bytes, compressed
PAGES_ALONE = {"ninja", "pydantic", "django.test", "holidays", "nh3"}  # 15 MB
PAGES_ALONE |= {"config.urls", "crm.admin", "inbox.admin"}


def test_styles_and_scripts_of_a_record_are_light_and_ours(
    client: Client, hana: User, aoki: Contact
) -> None:
    client.force_login(hana)
    html = client.get(f"/contacts/{aoki.pk}/").content.decode()
    tags = re.findall(r'<link rel="stylesheet"[^>]*>|<script[^>]*>', html)
    waits = [tag for tag in tags if " defer" not in tag and 'type="module"' not in tag]
    assert 0 < sum(map(weight, waits)) <= BEFORE_PAINT
    assert sum(map(weight, tags)) <= IN_ALL
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', html)


def weight(tag: str) -> int:
    found = re.search(r'(?:href|src)="/static/([^"]+)"', tag)
    assert found, tag
    path = finders.find(found[1])
    assert path, tag
    return len(gzip.compress(Path(path).read_bytes()))


def test_the_watcher_holds_nothing_in_memory_that_only_pages_use() -> None:
    start = "import django, sys; django.setup(); import inbox.sync.watcher; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", start], capture_output=True, text=True, check=True)
    assert not PAGES_ALONE & set(ran.stdout.split())
