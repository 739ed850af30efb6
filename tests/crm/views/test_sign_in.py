"""Signing in and out: sessions, guessing, enumeration, and where one is sent afterwards."""

from typing import Any

import pytest
from django.conf import settings as house
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from crm.models import User

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
RESET = "/accounts/password/reset/"
PASSWORD = "correct horse"
ELSEWHERE = [
    *("//evil.test", "https:evil.test", "https://evil.test/", r"\\evil.test", r"/\evil.test"),
    *(
        "///evil.test",
        "http:///evil.test",
        "javascript:alert(1)",
        "\t//evil.test",
        "//evil.test\\@x",
    ),
]


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post(LOGIN, {"login": email, "password": password}, **more)


def inside(client: Client) -> bool:
    return client.get("/contacts/").status_code == 200


def session_of(client: Client) -> str:
    return str(client.cookies[house.SESSION_COOKIE_NAME].value)


# --- sessions (class 37) ---


def test_who_signs_in_gets_another_session(client: Client, hana: User) -> None:
    """One that somebody has put into the browser before opens nothing."""
    sign_in(client, hana.email, "wrong")
    before = client.session
    before["planted"] = True
    before.save()
    client.cookies[house.SESSION_COOKIE_NAME] = before.session_key
    sign_in(client, hana.email)
    assert inside(client) and session_of(client) != before.session_key
    planted = Client()
    planted.cookies[house.SESSION_COOKIE_NAME] = before.session_key
    assert not inside(planted)


def test_a_session_that_nobody_gave_out_is_not_taken(client: Client, hana: User) -> None:
    client.cookies[house.SESSION_COOKIE_NAME] = "chosen" * 5
    sign_in(client, hana.email)
    assert inside(client) and session_of(client) != "chosen" * 5


def test_who_signs_out_is_out_everywhere_with_that_session(client: Client, hana: User) -> None:
    sign_in(client, hana.email)
    stolen = Client()
    stolen.cookies[house.SESSION_COOKIE_NAME] = session_of(client)
    assert inside(stolen)
    client.post("/accounts/logout/")
    assert not inside(stolen) and not Session.objects.exists()


def test_a_new_password_ends_the_other_sessions(client: Client, hana: User) -> None:
    other = Client()
    for each in (client, other):
        sign_in(each, hana.email)
    before = session_of(client)
    new = {
        "oldpassword": PASSWORD,
        "password1": "another long one",
        "password2": "another long one",
    }
    assert client.post("/accounts/password/change/", new).status_code == 302
    assert inside(client) and session_of(client) != before
    assert not inside(other)


def test_a_password_set_by_mail_ends_all_sessions(client: Client, hana: User) -> None:
    other = Client()
    sign_in(other, hana.email)
    client.post(RESET, {"email": hana.email})
    link = next(word for word in mail.outbox[0].body.split() if "/password/reset/key/" in word)
    form = client.get(link, follow=True).redirect_chain[-1][0]
    words = {"password1": "another long one", "password2": "another long one"}
    client.post(form, words)
    assert not inside(other)
    assert b"another long one" not in mail.outbox[0].body.encode()
    again = Client().get(link, follow=True)
    assert b"password1" not in again.content, "a link works once"


def test_who_was_switched_off_is_out_at_once(client: Client, hana: User) -> None:
    sign_in(client, hana.email)
    hana.change(is_active=False)
    assert not inside(client)
    sign_in(client, hana.email)
    assert not inside(client)


def test_an_account_has_the_address_that_an_administrator_gave_it(
    client: Client, hana: User
) -> None:
    """The logging address and the invitations believe it (M16)."""
    sign_in(client, hana.email)
    for action in ("action_add", "action_primary"):
        client.post("/accounts/email/", {action: "", "email": "boss@customer.test"})
    assert client.get("/accounts/email/").status_code == 404
    hana.refresh_from_db()
    assert hana.email == "hana@musubi.test"


# --- where one is sent afterwards (class 35) ---


@pytest.mark.parametrize("to", ELSEWHERE)
def test_nobody_is_sent_elsewhere(client: Client, hana: User, to: str) -> None:
    for where in (LOGIN, "/accounts/logout/"):
        form = {"login": hana.email, "password": PASSWORD, "next": to}
        answer = client.post(where, form)
        assert answer.status_code == 302
        assert answer["Location"] in ("/", LOGIN)


@pytest.mark.parametrize("to", ELSEWHERE)
def test_nor_by_what_a_page_says_that_one_came_from(client: Client, hana: User, to: str) -> None:
    client.force_login(hana)
    answer = client.post("/notifications/read/", headers={"Referer": to})
    assert answer.status_code == 303 and answer["Location"].startswith("/")
    assert not answer["Location"].startswith("//") and "evil" not in answer["Location"]


# --- guessing and enumeration (class 38) ---


def test_an_account_is_guessed_at_five_times_from_wherever(client: Client, hana: User) -> None:
    answers = [
        sign_in(client, hana.email, "wrong", REMOTE_ADDR=f"192.0.2.{n}") for n in range(1, 6)
    ]
    assert all(b"and/or password" in each.content for each in answers)
    right = sign_in(client, hana.email, REMOTE_ADDR="192.0.2.99")
    assert b"Too many failed login attempts" in right.content and not inside(client)


def test_an_address_guesses_at_many_accounts_ten_times(client: Client, hana: User) -> None:
    for number in range(10):
        sign_in(client, f"nobody{number}@musubi.test", "wrong")
    assert b"Too many failed login attempts" in sign_in(client, hana.email).content
    sign_in(client, hana.email, REMOTE_ADDR="192.0.2.9")
    assert inside(client)


def test_the_log_tells_who_came_in_and_who_did_not(
    client: Client, hana: User, caplog: pytest.LogCaptureFixture
) -> None:
    """By the number of the account; an address that is none of ours may be a password."""
    caplog.set_level("INFO", "crm.accounts")
    sign_in(client, hana.email.upper(), "wrong")
    sign_in(client, "nobody@musubi.test", "wrong")
    sign_in(client, hana.email)
    said = [
        (line.message, line.__dict__["user"]) for line in caplog.records if "user" in vars(line)
    ]
    refused, came = "A sign-in was refused.", "Signed in."
    assert said == [(refused, hana.pk), (refused, None), (came, hana.pk)]


def test_thirty_sign_ins_a_minute_are_a_page_in_our_words(client: Client, hana: User) -> None:
    answers = [sign_in(client, f"nobody{n}@musubi.test", "") for n in range(31)]
    assert (answers[-2].status_code, answers[-1].status_code) == (200, 429)
    assert b"That was too often" in answers[-1].content


def test_whether_somebody_has_an_account_is_not_told(client: Client, hana: User) -> None:
    pages = {}
    for who in (hana.email, "nobody@musubi.test"):
        wrong = sign_in(client, who, "wrong").content.decode()
        asked = client.post(RESET, {"email": who}, follow=True)
        pages[who] = [
            text.replace(who, "…").partition("csrfmiddlewaretoken")[0]
            for text in (wrong, asked.content.decode())
        ]
        pages[who].append(str(asked.redirect_chain))
    assert pages[hana.email] == pages["nobody@musubi.test"]
    assert [letter.to for letter in mail.outbox] == [[hana.email], ["nobody@musubi.test"]]


def test_a_new_password_is_asked_for_five_times_a_minute(client: Client, hana: User) -> None:
    answers = [client.post(RESET, {"email": hana.email}) for _time in range(6)]
    assert [each.status_code for each in answers] == [302] * 5 + [429]
    assert len(mail.outbox) == 5
