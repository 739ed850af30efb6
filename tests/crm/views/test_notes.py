"""Notes on any record: added, changed, moved to the Trash, each with Undo."""

import re
from typing import Any

import pytest
from django.test import Client

from crm import notes
from crm.models import Activity, Audience, Contact, Note, UndoEntry, User
from crm.undo import undo
from tests.factories import make_deal, make_note


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


def test_a_note_on_each_noun(signed_in: Client, aoki: Contact, hana: User) -> None:
    deal = make_deal(owner=hana)
    assert aoki.company
    for record in (aoki, aoki.company, deal):
        url = record.get_absolute_url()
        assert signed_in.get(f"{url}notes/").status_code == 200
        answer = signed_in.post(f"{url}notes/", {"text": f"About {record}"})
        assert answer.status_code == 303 and answer["Location"] == url
        assert f"About {record}" in signed_in.get(url).content.decode()
        assert signed_in.post(f"{url}notes/", {"text": " "}).status_code == 422
    assert undo(UndoEntry.objects.latest("pk"))
    assert not deal.associations.filter(activity__deleted_at=None).exists()


def test_one_goes_on_where_one_was(signed_in: Client, aoki: Contact) -> None:
    came = f"http://testserver/contacts/{aoki.pk}/?tab=notes"
    answer = signed_in.post(
        f"/contacts/{aoki.pk}/notes/", {"text": "Hi"}, headers={"Referer": came}
    )
    assert answer["Location"] == came


def test_a_note_is_changed_and_taken_back(signed_in: Client, aoki: Contact) -> None:
    note = make_note(aoki, "She calld.")
    url = f"/notes/{note.pk}/"
    assert "She calld." in signed_in.get(url).content.decode()
    part = signed_in.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and f'hx-post="{url}"' in part
    answer = signed_in.post(
        url, {"text": "She called."}, headers={"Referer": f"http://testserver{url}"}
    )
    assert answer["Location"] == f"/contacts/{aoki.pk}/"
    note.refresh_from_db()
    assert note.text == "She called."
    assert undo(UndoEntry.objects.get())
    note.refresh_from_db()
    assert note.text == "She calld."
    assert signed_in.post(url, {"text": ""}).status_code == 422


def test_what_a_colleague_saved_meanwhile_is_not_written_over_unseen(
    signed_in: Client, aoki: Contact, ken: User
) -> None:
    note = make_note(aoki, "She called.")
    url = f"/notes/{note.pk}/"
    posted = {"text": "She called twice.", "shown": shown_with(signed_in.get(url))}
    notes.edit(note, "She called on Monday.\nAbout <terms>.", by=ken)
    empty = signed_in.post(url, posted | {"text": " "})
    assert shown_with(empty) == posted["shown"]  # it tells of that mistake, not of Ken's words
    refused = signed_in.post(url, posted)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "It says now: “She called on Monday.<br>About &lt;terms&gt;.”." in page
    assert "She called twice." in page
    assert Note.objects.get().text == "She called on Monday.\nAbout <terms>."
    signed_in.post(url, posted | {"shown": shown_with(refused)})  # by now it was seen
    assert Note.objects.get().text == "She called twice."
    same = {"text": "She called twice.", "shown": posted["shown"]}
    assert signed_in.post(url, same).status_code == 303  # both wrote the same


def shown_with(answer: Any) -> str:
    (found,) = re.findall('name="shown" value="([0-9a-f]+)"', answer.content.decode())
    return str(found)


def test_a_note_goes_to_the_trash_and_comes_back(signed_in: Client, aoki: Contact) -> None:
    note = make_note(aoki, "She called.")
    signed_in.post(f"/notes/{note.pk}/trash/")
    assert "She called." not in signed_in.get(f"/contacts/{aoki.pk}/").content.decode()
    assert undo(UndoEntry.objects.get())
    assert "She called." in signed_in.get(f"/contacts/{aoki.pk}/").content.decode()


@pytest.mark.rule("M41")
def test_a_stranger_finds_nothing(client: Client, aoki: Contact, rin: User) -> None:
    note = make_note(aoki)
    aoki.change(audience=Audience.OWNER)
    client.force_login(rin)
    assert client.get(f"/notes/{note.pk}/").status_code == 404
    assert client.post(f"/notes/{note.pk}/", {"text": "Hi"}).status_code == 404
    assert client.post(f"/notes/{note.pk}/trash/").status_code == 404
    assert Note.objects.get().text != "Hi" and not Activity.objects.trashed().exists()
