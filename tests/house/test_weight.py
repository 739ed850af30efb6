"""What a page loads before it is drawn: little, and all of it from here."""

import gzip
import re

from django.contrib.staticfiles import finders
from django.test import Client

from crm.models import Contact, User

MOST = 60 * 1024  # bytes, compressed


def test_styles_and_scripts_of_a_record_are_light_and_ours(
    client: Client, hana: User, aoki: Contact
) -> None:
    client.force_login(hana)
    html = client.get(f"/contacts/{aoki.pk}/").content.decode()
    files = re.findall(r'<(?:link rel="stylesheet"|script)[^>]* (?:href|src)="([^"]+)"', html)
    assert files and all(file.startswith("/static/") for file in files)
    weights = []
    for file in files:
        path = finders.find(file.removeprefix("/static/"))
        assert path
        with open(path, "rb") as content:  # noqa: PTH123
            weights.append(len(gzip.compress(content.read())))
    assert sum(weights) <= MOST
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', html)
