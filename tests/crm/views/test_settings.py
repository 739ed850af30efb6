"""One's own settings: kept by group, refused with the reason, and what is kept for how long."""

import pytest
from django.test import Client

from crm.models import User


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


def test_the_profile_is_saved(signed_in: Client, hana: User) -> None:
    values = {"part": "profile", "name": "Hana M.", "language": "en", "time_zone": "Asia/Tokyo"}
    page = signed_in.post("/settings/", values, follow=True).content.decode()
    hana.refresh_from_db()
    assert (hana.name, hana.language, hana.time_zone) == ("Hana M.", "en", "Asia/Tokyo")
    assert "Saved." in page and hana.undo_seconds == 10


def test_that_it_is_saved_is_said_in_the_language_just_chosen(signed_in: Client) -> None:
    values = {"part": "profile", "name": "Hana", "language": "ja", "time_zone": "Asia/Tokyo"}
    page = signed_in.post("/settings/", values, follow=True).content.decode()
    assert "保存しました" in page and "Saved." not in page


def test_the_appearance_is_saved_and_shown(signed_in: Client, hana: User) -> None:
    values = {"part": "appearance", "theme": "dark", "undo_seconds": "20"}
    page = signed_in.post("/settings/", values, follow=True).content.decode()
    hana.refresh_from_db()
    assert (hana.theme, hana.undo_seconds, hana.single_keys) == ("dark", 20, False)
    assert 'data-theme="dark"' in page and 'data-single-keys="off"' in page


@pytest.mark.parametrize(
    "values",
    [
        {"part": "profile", "name": "", "language": "", "time_zone": ""},
        {"part": "profile", "name": "Hana", "language": "xx", "time_zone": ""},
        {"part": "profile", "name": "Hana", "language": "", "time_zone": "Moon/Base"},
        {"part": "appearance", "theme": "pink", "undo_seconds": "10"},
        {"part": "appearance", "theme": "", "undo_seconds": "11"},
        {"part": "role", "role": "admin"},
    ],
)
def test_what_cannot_be_is_refused(signed_in: Client, hana: User, values: dict[str, str]) -> None:
    assert signed_in.post("/settings/", {**values, "role": "admin"}).status_code == 422
    before = hana.name
    hana.refresh_from_db()
    assert (hana.name, hana.role) == (before, "member")


def test_the_admin_is_shown_to_admins(client: Client, hana: User, mio: User) -> None:
    client.force_login(hana)
    assert "/admin/" not in client.get("/settings/").content.decode()
    client.force_login(mio)
    assert "/admin/" in client.get("/settings/").content.decode()
