"""Every address answers: a page with one heading, or the way to one."""

import re
from collections.abc import Iterator

import pytest
from django.contrib import admin
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


def names(namespace: str) -> Iterator[tuple[str, str]]:
    """The name and the route of every address in a namespace."""
    for mounted in get_resolver().url_patterns:
        if isinstance(mounted, URLResolver) and mounted.namespace == namespace:
            for each in mounted.url_patterns:
                assert isinstance(each, URLPattern), "one list of addresses an app"
                yield f"{namespace}:{each.name}", str(each.pattern)


ADDRESSES = [*names("crm"), *names("inbox")]
OPENED = [each for each in ADDRESSES if "<str:" not in each[1]]


def address(name: str, route: str, rows: dict[str, int]) -> str:
    if "<int:pk>" in route:
        return reverse(name, args=[rows[route.partition("/")[0]]])
    return reverse(name)


def test_every_address_answers(
    client: Client, mio: User, rows: dict[str, int], subtests: pytest.Subtests
) -> None:
    client.force_login(mio)
    for name, route in OPENED:
        with subtests.test(name, route=route):
            answer = client.get(address(name, route, rows))
            assert answer.status_code in (200, 302, 303, 304, 204, 404)
            assert answer.status_code != 404 or name in ASKS_FOR_MORE
            if answer.status_code == 200:
                assert "default-src 'none'" in answer["Content-Security-Policy"]
            if answer.status_code == 200 and name not in NO_HEADING:
                assert len(HEADING.findall(b"".join(answer))) == 1


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


def test_every_list_of_the_admin_answers(client: Client, mio: User, rows: dict[str, int]) -> None:
    client.force_login(mio)
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        assert client.get(reverse(name)).status_code == 200
