"""Remote pictures: nothing is asked for until somebody says so, and then by our server alone."""

import re
from collections.abc import Iterator

import pytest
from django.core import signing
from django.test import Client

from crm.models import Contact, Email, UndoEntry, User
from tests.factories import make_email
from tests.servers.pictures import Pictures, png, showing


@pytest.fixture
def server() -> Iterator[Pictures]:
    with showing() as server:
        yield server


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.fixture
def letter(aoki: Contact, server: Pictures) -> Email:
    url = server.url
    return make_email(
        aoki,
        html=f'<p>Our offer</p><img src="{url}/a.png"><img src="{url.removeprefix("http:")}/b.png">'
        f'<img src="{url}/p1" width="1" height="1"><img src="{url}/p2" style="height: 0px">'
        f'<img src="{url}/p3" style="display:none">',
    )


def asking(client: Client, letter: Email) -> str:
    """The end of the link "Show images"."""
    html = client.get(f"/emails/{letter.pk}/").content.decode()
    return re.findall(rf'"/emails/{letter.pk}/(\?images=[^"]+)"', html)[0]


def shown_in(client: Client, letter: Email, asked: str = "") -> list[str]:
    html = client.get(f"/emails/{letter.pk}/body/{asked}").content.decode()
    return re.findall(r'<img [^>]*src="([^"]+)"', html)


def test_none_is_loaded_until_somebody_asks(
    signed_in: Client, letter: Email, aoki: Contact, server: Pictures
) -> None:
    record = signed_in.get(f"/contacts/{aoki.pk}/").content.decode()
    assert "2 remote images blocked, so the sender can" in record
    (link,) = set(re.findall(rf'"(/emails/{letter.pk}/\?images=[^"]+)"', record))
    assert shown_in(signed_in, letter) == []
    html = signed_in.get(link).content.decode()
    assert link.replace("?", "body/?") in html
    assert not server.asked


def test_nobody_else_can_say_that_they_are_wanted(
    client: Client, letter: Email, aoki: Contact, hana: User, ken: User
) -> None:
    client.force_login(ken)
    elsewhere = [asking(client, letter), asking(client, make_email(aoki, html=letter.html))]
    client.force_login(hana)
    for asked in ["?images=shown", "?images=", *elsewhere]:
        assert shown_in(client, letter, asked) == []
        page = client.get(f"/emails/{letter.pk}/{asked}").content.decode()
        assert "2 remote images blocked" in page and "body/?images" not in page
    assert len(shown_in(client, letter, asking(client, letter))) == 2


def test_they_come_through_our_server(signed_in: Client, letter: Email, server: Pictures) -> None:
    ours = shown_in(signed_in, letter, asking(signed_in, letter))
    assert len(ours) == 2 and all(url.startswith(f"/emails/{letter.pk}/images/") for url in ours)
    server.answers["//b.png"] = (404, {}, b"")
    answer = signed_in.get(ours[0])
    assert (answer.content, answer["Content-Type"]) == (png(), "image/png")
    assert answer["Cache-Control"].startswith("private") and "nosniff" in answer.headers.values()
    assert server.asked == ["/a.png"]  # and none of the pixels


def test_a_pixel_that_does_not_say_so_is_dropped(
    signed_in: Client, letter: Email, server: Pictures
) -> None:
    server.answers["/a.png"] = (200, {}, png(1, 1))
    answer = signed_in.get(shown_in(signed_in, letter, asking(signed_in, letter))[0])
    assert answer["Content-Type"] == "image/gif" and answer.content != png(1, 1)


def test_only_what_stands_in_the_mail_is_fetched(
    client: Client, letter: Email, aoki: Contact, hana: User, ken: User, server: Pictures
) -> None:
    client.force_login(hana)
    (ours, _second) = shown_in(client, letter, asking(client, letter))
    other = make_email(aoki, by=hana, html="<p>x</p>", visibility="subject")
    forged = signing.dumps(f"{server.url}/secret", salt="another")
    for path in (
        f"/emails/{letter.pk}/images/{forged}/",
        f"/emails/{letter.pk}/images/x/",
        ours.replace(f"/{letter.pk}/", f"/{other.pk}/"),
    ):
        assert client.get(path).status_code == 404
    letter.visibility, letter.activity.by = Email.Visibility.SUBJECT, hana
    letter.save()
    letter.activity.save()
    client.force_login(ken)
    assert client.get(ours).status_code == 404
    assert not server.asked


def test_what_is_no_picture_is_not_handed_on(
    signed_in: Client, letter: Email, server: Pictures
) -> None:
    server.answers["/a.png"] = (200, {"Content-Type": "image/png"}, b"<script>x()</script>")
    assert (
        signed_in.get(shown_in(signed_in, letter, asking(signed_in, letter))[0]).status_code == 404
    )


def test_always_from_this_sender(signed_in: Client, letter: Email, aoki: Contact) -> None:
    path = f"/emails/{letter.pk}/images/"
    assert signed_in.post(path, {"shown": "yes"}).status_code == 303
    assert len(shown_in(signed_in, letter)) == 2
    record = signed_in.get(f"/contacts/{aoki.pk}/").content.decode()
    assert "always shown" in record and "remote images blocked" not in record
    signed_in.post(f"/undo/{UndoEntry.objects.get().token}/")
    assert shown_in(signed_in, letter) == []
    signed_in.post(path, {"shown": "yes"})
    signed_in.post(path, {"shown": "no"})
    assert shown_in(signed_in, letter) == []


def test_only_of_a_contact(signed_in: Client, letter: Email) -> None:
    letter.participants.update(contact=None)
    html = signed_in.get(f"/emails/{letter.pk}/").content.decode()
    assert "remote images blocked" in html and "Always show" not in html
    assert signed_in.post(f"/emails/{letter.pk}/images/", {"shown": "yes"}).status_code == 404
