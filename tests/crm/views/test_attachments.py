"""Files leave as files: never as a page of ours, never to somebody who may not see the e-mail."""

import pytest
from django.test import Client

from crm.models import Attachment, Audience, Contact, Email, User
from tests.factories import make_email

HOSTILE = b"<script>alert(document.cookie)</script>"


@pytest.fixture
def email(aoki: Contact, hana: User) -> Email:
    return make_email(aoki, by=hana)


def stored(email: Email, **values: object) -> Attachment:
    values = {"name": "offer.html", "content_type": "text/html"} | values
    return Attachment.objects.store(email.activity, HOSTILE, **values)


def test_a_file_is_downloaded_and_can_do_nothing(client: Client, email: Email, hana: User) -> None:
    client.force_login(hana)
    answer = client.get(f"/attachments/{stored(email).pk}/")
    assert b"".join(answer) == HOSTILE
    assert answer["Content-Disposition"] == 'attachment; filename="offer.html"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_names_and_types_from_outside_break_no_header(
    client: Client, email: Email, hana: User
) -> None:
    client.force_login(hana)
    file = stored(email, name='見積\r\nX: "1".pdf', content_type="text/html\r\nX-Evil: 1")
    answer = client.get(f"/attachments/{file.pk}/")
    assert answer["Content-Type"] == "application/octet-stream" and "X-Evil" not in answer


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("image/png", 200), ("image/svg+xml", 404), ("text/html", 404), ("application/pdf", 404)],
)
def test_only_pictures_are_shown_in_place(
    client: Client, email: Email, hana: User, content_type: str, status: int
) -> None:
    client.force_login(hana)
    file = stored(email, content_type=content_type, inline=True)
    assert client.get(f"/attachments/{file.pk}/inline/").status_code == status


@pytest.mark.rule("M41")
@pytest.mark.rule("M53")
def test_who_may_not_see_the_email_gets_no_file(
    client: Client, email: Email, aoki: Contact, ken: User, rin: User
) -> None:
    file = stored(email, content_type="image/png")
    aoki.change(audience=Audience.TEAM)
    client.force_login(rin)
    assert client.get(f"/attachments/{file.pk}/").status_code == 404
    client.force_login(ken)
    assert client.get(f"/attachments/{file.pk}/").status_code == 200
    Email.objects.update(visibility=Email.Visibility.SUBJECT)
    for path in ("", "inline/"):
        assert client.get(f"/attachments/{file.pk}/{path}").status_code == 404


def test_what_was_not_stored_is_not_there(client: Client, email: Email, hana: User) -> None:
    client.force_login(hana)
    file = Attachment.objects.create(
        activity=email.activity, name="a", content_type="a/b", size=1, not_stored="too_large"
    )
    assert client.get(f"/attachments/{file.pk}/").status_code == 404
