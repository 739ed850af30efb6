"""The first account: by a one-time link, once; afterwards people sign in."""

from django.core import mail
from django.test import Client

from crm.accounts import setup_url
from crm.models import Pipeline, User

FILLED = {
    "name": "Hana Sato",
    "email": "hana@musubi.test",
    "password": "a long enough sentence",
    "time_zone": "Asia/Tokyo",
}


def test_the_link_makes_an_administrator_who_is_signed_in(client: Client, db: None) -> None:
    url = setup_url("http://testserver")
    answer = client.post(url, FILLED)
    assert answer.status_code == 303 and answer["Location"] == "/mailboxes/connect/"
    hana = User.objects.get()
    assert hana.is_admin and hana.time_zone == "Asia/Tokyo"
    assert Pipeline.objects.count() == 1
    assert client.get("/contacts/").status_code == 200


def test_the_link_works_once_and_no_other_works(client: Client, db: None) -> None:
    url = setup_url("http://testserver")
    assert client.get("/setup/guessed/").status_code == 404
    client.post(url, FILLED)
    other = Client()
    assert other.get(url).status_code == 404
    assert other.post(url, FILLED | {"email": "eve@musubi.test"}).status_code == 404
    assert User.objects.count() == 1


def test_a_weak_password_is_refused_with_the_reason(client: Client, db: None) -> None:
    answer = client.post(setup_url("http://testserver"), FILLED | {"password": "12345"})
    assert answer.status_code == 422
    assert b"too short" in answer.content and b'aria-invalid="true"' in answer.content
    assert not User.objects.exists()


def test_signing_in_and_out(client: Client, hana: User) -> None:
    signed_in = client.post(
        "/accounts/login/?next=/mailboxes/", {"login": hana.email, "password": "correct horse"}
    )
    assert signed_in.status_code == 302 and signed_in["Location"] == "/mailboxes/"
    assert client.get("/accounts/logout/").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/contacts/").status_code == 302


def test_a_wrong_password_does_not_say_which_half_was_wrong(client: Client, hana: User) -> None:
    for login in (hana.email, "nobody@musubi.test"):
        answer = client.post("/accounts/login/", {"login": login, "password": "wrong"})
        assert b"email address and/or password" in answer.content


def test_a_new_password_by_mail(client: Client, hana: User) -> None:
    asked = client.post("/accounts/password/reset/", {"email": hana.email}, follow=True)
    assert b"Check your mail" in asked.content
    link = next(word for word in mail.outbox[0].body.split() if "/password/reset/key/" in word)
    page = client.get(link, follow=True)
    assert b"New password" in page.content
    words = {"password1": "another long sentence", "password2": "another long sentence"}
    done = client.post(page.redirect_chain[-1][0], words, follow=True)
    assert b"Your new password is saved" in done.content


def test_nobody_signs_up(client: Client, db: None) -> None:
    assert b"Accounts are made by an administrator" in client.get("/accounts/signup/").content
