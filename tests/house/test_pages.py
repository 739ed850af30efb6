"""Every address answers: a page with one heading, or the way to one."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from crm.accounts import setup_url
from crm.models import User

HEADING = re.compile(rb"<h1[\s>]")
# Not pages: parts of one, files, and the mail that a page frames.
NO_HEADING = {
    *("crm:contact-choices", "crm:company-names", "crm:attachment", "crm:attachment-inline"),
    *(
        "inbox:email-body",
        "inbox:recipients",
        "inbox:arrivals",
        "inbox:conversation-news",
        "crm:pulse",
    ),
    *("inbox:template-filled", "inbox:snippet-filled", "inbox:archive"),
}
# Rightly not found: "since when?", a picture where this file is none, a file of a draft
# that is none, the folders of somebody else's mailbox.
ASKS_FOR_MORE = {
    *("crm:contact-news", "crm:company-news", "crm:deal-news"),
    *("crm:attachment-inline", "inbox:draft-file", "inbox:folders", "inbox:take-out"),
}
# That somebody has looked is noted here.
BY_LOOKING = {"lastread", "notice"}
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once,  # what each page asks for is asked on both databases by the tests of its view
]


def names(namespace: str) -> Iterator[tuple[str, str]]:
    """The name and the route of every address in a namespace."""
    for mounted in get_resolver().url_patterns:
        if isinstance(mounted, URLResolver) and mounted.namespace == namespace:
            for each in mounted.url_patterns:
                assert isinstance(each, URLPattern), "one list of addresses an app"
                yield f"{namespace}:{each.name}", str(each.pattern)


def everything() -> dict[str, Any]:
    """Every row of ours, by the name of its noun."""
    models = [each for each in apps.get_models() if each._meta.app_label in ("crm", "inbox")]
    return {
        str(each._meta.model_name): list(each.objects.order_by("pk").values())  # type: ignore[attr-defined]
        for each in models
    }


ADDRESSES = [*names("crm"), *names("inbox")]
OPENED = [each for each in ADDRESSES if "<str:" not in each[1]]


def address(name: str, route: str, rows: dict[str, int]) -> str:
    if "<int:pk>" in route:
        return reverse(name, args=[rows[route.partition("/")[0]]])
    return reverse(name)


def test_every_address_answers_and_looking_changes_nothing(
    client: Client, mio: User, rows: dict[str, int], subtests: pytest.Subtests
) -> None:
    client.force_login(mio)
    before = everything()
    for name, route in OPENED:
        with subtests.test(name, route=route):
            answer = client.get(address(name, route, rows))
            assert answer.status_code in (200, 302, 303, 304, 204, 404)
            assert answer.status_code != 404 or name in ASKS_FOR_MORE
            if answer.status_code == 200:
                assert "default-src 'none'" in answer["Content-Security-Policy"]
            if answer.status_code == 200 and name not in NO_HEADING:
                assert len(HEADING.findall(b"".join(answer))) == 1
    now = everything()
    assert {each for each in now if now[each] != before[each]} <= BY_LOOKING


def test_no_address_answers_a_stranger(
    client: Client, rows: dict[str, int], subtests: pytest.Subtests
) -> None:
    for name, route in OPENED:
        where = address(name, route, rows)
        with subtests.test(name, route=route):
            for answer in (client.get(where), client.post(where)):
                assert answer.status_code == 302
                assert answer["Location"].startswith(reverse("account_login"))


def test_the_door_answers_a_stranger(client: Client, db: None) -> None:
    for url in (reverse("account_login"), setup_url("http://testserver")):
        answer = client.get(url)
        assert answer.status_code == 200
        assert len(HEADING.findall(answer.content)) == 1
