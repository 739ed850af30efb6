"""What is one person's own is not there for anybody else, at any address (attack class 30).

All that can be kept to oneself is kept so by hana, or by mio, who is an administrator. rin works
elsewhere in the house and is none: whatever id she guesses, she is told what she is told of an id
that does not exist, no list or search of hers names it, and nothing has changed.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from crm.models import ApiToken, Company, Contact, Deal, Email, Note, Task, Thread, User
from inbox.models import DraftFile, Mailbox, NeverLog, Sequence, Snippet, Template
from tests.house.test_pages import ADDRESSES, everything

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # see test_pages
CANARY = "Nightingale"  # in the name of everything that is private; asked for as "nighting"
MISSING = 10**9
# Folders of templates are the house's own, whoever made them.
EVERYBODYS = {"inbox:template-folder", "inbox:folder-removal"}
WITH_ID = re.compile(r"<int:pk>")
NAMES = {"fields/<str:name>/": "last_name", "<str:signed>/": "x"}
# A body that every call takes, so that it comes to look for the row.
BODY = json.dumps(
    {"delivered": True, "email": "a@b.test", "state": "paused", "name": "x"}
    | {"contact_ids": ["1"], "mailbox_id": "1"}
)
SEARCH = "q=nighting&search=nighting&contacts_q=nighting"
SEARCHED = re.compile("contacts|compan|deals|palette|recipients|picker|templates|snippets|inbox")


@pytest.fixture
def private(rows: dict[str, int], hana: User, mio: User, rin: User) -> dict[str, int]:
    """The rows that every address is walked with, closed to others, their names made known."""
    for model in (Contact, Company, Deal):
        model.objects.update(owner=hana, audience="owner")
    Contact.objects.update(last_name=CANARY)
    Company.objects.update(name=CANARY, domain="nightingale.example")
    Deal.objects.update(name=CANARY)
    Note.objects.update(text=CANARY)
    Task.objects.update(title=CANARY)
    Email.objects.update(subject=CANARY, text=CANARY, html=f"<p>{CANARY}", private=True)
    Thread.objects.update(subject=CANARY)
    for model in (Template, Snippet, Sequence):
        model.objects.update(shared=False, name=CANARY)
    Mailbox.objects.update(name=CANARY, email="nightingale@musubi.test")
    NeverLog.objects.update(mailbox=rows["mailboxes"], entry="nightingale.example")
    values = {"name": "a.png", "content_type": "image/png", "size": 1, "path": "x"}
    rows["drafts/files"] = DraftFile.objects.create(draft_id=rows["drafts"], **values).pk
    return rows


def pages() -> Iterator[tuple[str, str]]:
    """The name and the route of each page with an id, its other parts filled in."""
    for name, route in ADDRESSES:
        if WITH_ID.search(route) and name not in EVERYBODYS:
            for part, value in NAMES.items():
                route = route.replace(part, f"{part.partition('<')[0]}{value}/")
            yield name, route


def calls() -> Iterator[str]:
    """The route of each REST call with an id."""
    for mounted in get_resolver().url_patterns:
        if getattr(mounted, "namespace", "") == "api":
            routes = {str(each.pattern) for each in mounted.url_patterns}
            yield from sorted(route for route in routes if "_id>" in route)


def told(answer: Any) -> tuple[int, str, bytes]:
    """What somebody learns from an answer, but for the id that they typed and the page's token."""
    content = b"" if answer.streaming else answer.content
    tokens = rb'name="csrfmiddlewaretoken" value="\w+"|"X-CSRFToken": "\w+"'
    said = re.sub(tokens, b"", content)
    return answer.status_code, re.sub(r"\d+", "N", answer.get("Location", "")), said


def test_no_page_of_anothers_own_is_there(
    client: Client, private: dict[str, int], rin: User
) -> None:
    client.force_login(rin)
    before, wrong, walked = everything(), [], list(pages())
    for name, route in walked:
        path, none = (f"/{WITH_ID.sub(str(pk), route)}" for pk in (of(route, private), MISSING))
        for ask in (client.get, client.post):
            answer = told(ask(path))
            missing = told(ask(none))
            if answer != missing or answer[0] not in (404, 405, 303):
                wrong.append((name, ask.__name__, answer[0], missing[0]))
    assert wrong == []
    assert everything() == before
    assert len(walked) > 80


def of(route: str, rows: dict[str, int]) -> int:
    first = "drafts/files" if route.startswith("drafts/files") else route.partition("/")[0]
    return rows[first]


def test_the_walk_would_find_one(client: Client, private: dict[str, int], hana: User) -> None:
    """The same addresses are there for whose they are."""
    client.force_login(hana)
    paths = [f"/{WITH_ID.sub(str(of(route, private)), route)}" for _name, route in pages()]
    found = [path for path in paths if client.get(path).status_code == 200]
    assert len(found) > 30


def test_no_call_answers_with_anothers_own(private: dict[str, int], rin: User) -> None:
    client = Client(headers={"Authorization": f"Bearer {ApiToken.issue(rin)}"})
    before, wrong, walked = everything(), [], list(calls())
    for route in walked:
        path, none = (filled(route, rows) for rows in (private, dict.fromkeys(private, MISSING)))
        for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
            answer, missing = (
                told(client.generic(method, f"/api/v1/{each}", BODY, "application/json"))
                for each in (path, none)
            )
            if answer != missing or answer[0] not in (404, 405):
                wrong.append((method, route, answer[0], missing[0]))
    assert wrong == []
    assert everything() == before
    assert len(walked) > 15


def filled(route: str, rows: dict[str, int]) -> str:
    """A REST route with the ids of rows: `emails/<email_id>/retry`, `trash/<kind>/<row_id>/…`."""
    first = {"trash": "contacts"}.get(route.partition("/")[0], route.partition("/")[0])
    route = route.replace("<kind>", "contact").replace("<enrolment_id>", str(rows["enrolments"]))
    return re.sub(r"<\w+_id>", str(rows[first]), route)


def test_no_list_and_no_search_names_it(
    client: Client, private: dict[str, int], rin: User, hana: User
) -> None:
    nouns = ("contacts", "companies", "deals", "mailboxes", "templates", "sequences")
    rest = [f"/api/v1/{each}" for each in nouns]
    lists = [*(reverse(name) for name, route in ADDRESSES if "<" not in route), *rest]
    searches = [f"{path}?{SEARCH}" for path in lists if SEARCHED.search(path)]
    assert naming(client, rin, [*lists, *searches]) == set()
    assert len(naming(client, hana, searches)) > 5
    for model in (Contact, Company, Deal):
        model.objects.get().trash()
    Email.objects.get().activity.trash()
    Note.objects.get().activity.trash()
    bins = ["/trash/", "/api/v1/trash", f"/palette/?{SEARCH}"]
    assert naming(client, rin, bins) == set()
    assert naming(client, hana, bins) == {"/trash/", "/api/v1/trash"}


def naming(client: Client, who: User, paths: list[str]) -> set[str]:
    """Those of the paths whose answer holds the name."""
    client.force_login(who)
    token = {"Authorization": f"Bearer {ApiToken.issue(who)}"}
    answers = {path: client.get(path, headers=token if "/api/" in path else {}) for path in paths}
    return {
        path
        for path, answer in answers.items()
        if answer.status_code == 200 and CANARY in answer.content.decode()
    }
