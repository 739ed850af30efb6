"""The pages of snippets (M24)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.models import UndoEntry, User
from inbox.models import Snippet

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M24")]
PATH = "/snippets/"
HTMX = {"HX-Request": "true"}


def body(**values: Any) -> dict[str, Any]:
    return {"name": "Thanks", "shortcut": ";Thanks", "text": "Thank you.", **values}


def test_a_snippet_is_made_changed_and_deleted(client: Client, hana: User) -> None:
    client.force_login(hana)
    assert "No snippets yet" in client.get(PATH).content.decode()
    assert client.post(f"{PATH}new/", body(shown="x")).status_code == 303  # it means nothing yet
    row = Snippet.objects.get()
    assert (row.shortcut, row.html, row.owner) == ("thanks", "<p>Thank you.</p>", hana)
    assert ";thanks" in client.get(f"{PATH}?q=thank", headers=HTMX).content.decode()
    assert client.get(f"{PATH}{row.pk}/").status_code == 200
    assert client.post(f"{PATH}{row.pk}/", body(text="Thanks a lot.")).status_code == 303
    client.post(reverse("crm:undo", args=[UndoEntry.objects.get().token]))
    row.refresh_from_db()
    assert row.text == "Thank you."
    client.post(f"{PATH}{row.pk}/trash/")
    assert client.get(f"{PATH}{row.pk}/").status_code == 404
    assert "Restore Thanks" in client.get(f"{PATH}?view=trash").content.decode()
    assert client.post(f"{PATH}{row.pk}/restoration/").status_code == 303
    assert Snippet.objects.visible_to(hana).exists()


def test_what_was_saved_meanwhile_is_not_written_over_unseen(
    client: Client, hana: User, mio: User
) -> None:
    client.force_login(hana)
    client.post(f"{PATH}new/", body(shared="on"))
    row = Snippet.objects.get()
    address = f"{PATH}{row.pk}/"
    opened = {"shared": "on", "shown": client.get(address).context["form"].shown()}
    client.force_login(mio)
    assert client.post(address, body(text="Thanks a lot.", **opened)).status_code == 303
    client.force_login(hana)
    refused = client.post(address, body(name="Merci", **opened))
    assert refused.status_code == 422
    assert "This was changed meanwhile" in refused.content.decode()
    told = {"shared": "on", "shown": refused.context["form"].shown()}
    assert client.post(address, body(name="Merci", **told)).status_code == 303
    row.refresh_from_db()
    assert (row.name, row.text) == ("Merci", "Thank you.")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"shortcut": "two words"}, "without a space"),
        ({"shortcut": "taken"}, "Another snippet has this shortcut."),
        ({"text": "{{ contact.nam }}"}, "Did you mean {{ contact.name }}?"),
        ({"text": " "}, "Write something."),
    ],
)
def test_what_is_wrong_is_said(client: Client, hana: User, wrong: Any, said: str) -> None:
    Snippet.objects.create(name="x", shortcut="taken", owner=hana, text="x")
    client.force_login(hana)
    answer = client.post(f"{PATH}new/", body(**wrong))
    assert answer.status_code == 422 and said in answer.content.decode()
    assert Snippet.objects.count() == 1


def test_readers_duplicate_and_change_nothing(client: Client, hana: User, ken: User) -> None:
    secret = Snippet.objects.create(name="Own", shortcut="own", owner=hana, text="x")
    shared = Snippet.objects.create(name="All", shortcut="all", owner=hana, text="x", shared=True)
    client.force_login(ken)
    shown = client.get(PATH).content.decode()
    assert ";all" in shown and ";own" not in shown
    assert client.get(f"{PATH}{secret.pk}/").status_code == 404
    assert "It is Hana’s." in client.get(f"{PATH}{shared.pk}/").content.decode()
    for address in ("", "trash/", "restoration/"):
        assert client.post(f"{PATH}{shared.pk}/{address}", body()).status_code == 404
    for _ in range(2):
        assert client.post(f"{PATH}{shared.pk}/copy/").status_code == 303
    theirs = Snippet.objects.filter(owner=ken).values_list("shortcut", flat=True)
    assert list(theirs) == ["all", "all2"]
