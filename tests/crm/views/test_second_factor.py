"""The second factor through its pages: on, sign in, recovery, guesses, off; and no way round it."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings as house
from django.core import mail
from django.test import Client
from django.urls import reverse

from crm import second_factor
from crm.models import ApiToken, Notice, User
from tests.crm.views.test_sign_in import PASSWORD, RESET, inside, session_of, sign_in

pytestmark = pytest.mark.django_db
ON, OFF = "/accounts/2fa/totp/activate/", "/accounts/2fa/totp/deactivate/"
CODE, NEW_CODES = "/accounts/2fa/authenticate/", "/accounts/2fa/recovery-codes/generate/"
AGAIN, PAGE = "/accounts/reauthenticate/", "/settings/sign-in/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Each code has its half minute, however long the test takes."""
    with time_machine.travel("2026-11-30T09:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def switched_on(client: Client, hana: User) -> tuple[str, list[str]]:
    """Hana's secret and recovery codes, as the pages have shown them to her; she is signed out."""
    sign_in(client, hana.email)
    found = switch_on(client)
    client.post("/accounts/logout/")
    return found


def switch_on(client: Client) -> tuple[str, list[str]]:
    assert client.get(ON)["Location"].startswith(AGAIN)
    asked = client.post(f"{AGAIN}?next={ON}", {"password": PASSWORD}, follow=True)
    secret = re.findall(r'id="secret">([A-Z2-7]+)<', asked.content.decode())[0]
    codes = client.post(ON, {"code": code_of(secret)}, follow=True)
    return secret, re.findall(r"<li><code>(\d{8})</code>", codes.content.decode())


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def wrong(secret: str) -> str:
    return f"{(int(code_of(secret)) + 1) % 10**6:06}"


def test_who_has_it_signs_in_with_a_code(
    client: Client, hana: User, switched_on: tuple[str, list[str]]
) -> None:
    secret, _codes = switched_on
    asked = sign_in(client, hana.email)
    assert asked["Location"] == CODE and not inside(client)
    before = session_of(client)
    client.post(CODE, {"code": code_of(secret)})
    assert inside(client) and session_of(client) != before


def test_where_one_wanted_to_go_is_where_one_comes(
    client: Client, hana: User, switched_on: tuple[str, list[str]]
) -> None:
    form = {"login": hana.email, "password": PASSWORD, "next": "/tasks/"}
    client.post("/accounts/login/", form)
    assert client.post(CODE, {"code": code_of(switched_on[0])})["Location"] == "/tasks/"


def test_a_code_works_once(
    client: Client, hana: User, switched_on: tuple[str, list[str]], clock: Any
) -> None:
    code = code_of(switched_on[0])
    for who, comes_in in ((client, True), (Client(), False)):
        sign_in(who, hana.email)
        answer = who.post(CODE, {"code": code})
        assert inside(who) is comes_in
    assert b"works once" in answer.content
    clock.shift(31)
    late = Client()
    sign_in(late, hana.email)
    late.post(CODE, {"code": code})
    assert not inside(late)


def test_a_recovery_code_works_once(hana: User, switched_on: tuple[str, list[str]]) -> None:
    codes = switched_on[1]
    assert len(set(codes)) == 10
    for comes_in in (True, False):
        client = Client()
        sign_in(client, hana.email)
        client.post(CODE, {"code": codes[3]})
        assert inside(client) is comes_in
    sign_in(client, hana.email)
    client.post(CODE, {"code": codes[4]})
    assert "8 of 10" in client.get(PAGE).content.decode()


def test_codes_are_guessed_at_five_times_from_wherever(
    hana: User, switched_on: tuple[str, list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    secret, codes = switched_on
    for number in range(5):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        sign_in(client, hana.email)
        assert b"not the right one" in client.post(CODE, {"code": wrong(secret)}).content
    for code in (code_of(secret), codes[0]):
        assert b"Too many failed" in client.post(CODE, {"code": code}).content
        assert not inside(client)
    refused = [each for each in caplog.records if each.message == "A code was refused."]
    assert {each.__dict__["user"] for each in refused} == {hana.pk} and len(refused) == 7
    assert not any(code in each.getMessage() for each in caplog.records for code in codes)


def test_a_password_alone_opens_nothing(
    client: Client, hana: User, switched_on: tuple[str, list[str]]
) -> None:
    """Half-way in, no page answers, and the second factor cannot be switched off."""
    sign_in(client, hana.email)
    for path in (PAGE, OFF, ON, NEW_CODES, AGAIN, "/accounts/password/change/", "/tasks/"):
        for ask in (client.get, client.post):
            answer = ask(path)
            assert answer.status_code == 302, path
            assert answer["Location"].startswith("/accounts/login/"), path
    assert second_factor.of(hana)


def test_a_new_password_by_mail_is_no_way_round(
    client: Client, hana: User, switched_on: tuple[str, list[str]]
) -> None:
    client.post(RESET, {"email": hana.email})
    link = next(word for word in mail.outbox[-1].body.split() if "/password/reset/key/" in word)
    form = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": "another long one", "password2": "another long one"})
    assert not inside(client)
    assert sign_in(client, hana.email, "another long one")["Location"] == CODE


def test_the_administration_has_no_sign_in_of_its_own(client: Client, mio: User) -> None:
    sign_in(client, mio.email)
    switch_on(client)
    stranger = Client()
    form = {"username": mio.email, "password": PASSWORD, "next": "/admin/"}
    answer = stranger.post("/admin/login/", form)
    assert answer["Location"].startswith("/accounts/login/?next=%2Fadmin%2F")
    asked = stranger.get("/admin/", follow=True)
    assert asked.redirect_chain[-1][0].startswith("/accounts/login/?next=%2Fadmin%2F")


def test_a_token_is_its_own_secret(hana: User, switched_on: tuple[str, list[str]]) -> None:
    token = {"Authorization": f"Bearer {ApiToken.issue(hana)}"}
    assert Client(headers=token).get("/api/v1/contacts").status_code == 200


def test_it_is_not_on_before_a_code_was_right(client: Client, hana: User) -> None:
    sign_in(client, hana.email)
    client.post(f"{AGAIN}?next={ON}", {"password": PASSWORD})
    secret = re.findall(r'id="secret">([A-Z2-7]+)<', client.get(ON).content.decode())[0]
    refused = client.post(ON, {"code": wrong(secret)})
    assert b"not the right one" in refused.content
    assert secret in refused.content.decode(), "the app that has it already goes on"
    assert second_factor.of(hana) is None


def test_the_picture_holds_the_secret_and_comes_from_us(client: Client, hana: User) -> None:
    sign_in(client, hana.email)
    page = client.post(f"{AGAIN}?next={ON}", {"password": PASSWORD}, follow=True)
    text = page.content.decode()
    secret = re.findall(r'id="secret">([A-Z2-7]+)<', text)[0]
    assert f"otpauth://totp/hana%40musubi.test?secret={secret}&amp;issuer=Musubi" in text
    assert 'src="data:image/svg+xml;base64,' in text and "no-store" in page["Cache-Control"]
    assert "data:" in page["Content-Security-Policy"]


def test_the_codes_are_shown_once(client: Client, hana: User) -> None:
    sign_in(client, hana.email)
    _secret, codes = switch_on(client)
    again = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert len(codes) == 10 and not [code for code in codes if code in again]
    assert client.get("/accounts/2fa/recovery-codes/download/").status_code == 404
    answer = client.post(NEW_CODES, follow=True)
    assert "no-store" in answer["Cache-Control"]
    shown = answer.content.decode()
    anew = re.findall(r"<li><code>(\d{8})</code>", shown)
    assert len(anew) == 10 and not set(anew) & set(codes)
    assert f"{anew[0]}%0A" in shown, "to download, without another question to the server"


def test_it_is_switched_off_with_the_password(
    client: Client, hana: User, switched_on: tuple[str, list[str]]
) -> None:
    sign_in(client, hana.email)
    client.post(CODE, {"code": code_of(switched_on[0])})
    assert client.post(OFF)["Location"].startswith(AGAIN)
    client.post(f"{AGAIN}?next={OFF}", {"password": "wrong"})
    assert second_factor.of(hana)
    client.post(f"{AGAIN}?next={OFF}", {"password": PASSWORD}, follow=True)
    client.post(OFF)
    assert not Authenticator.objects.exists(), "recovery codes are gone with it"
    sign_in(stranger := Client(), hana.email)
    assert inside(stranger)


def test_its_owner_is_told(
    client: Client,
    hana: User,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    sign_in(client, hana.email)
    with django_capture_on_commit_callbacks(execute=True):
        switch_on(client)
        client.post(NEW_CODES)
    client.post(OFF)
    told = Notice.objects.order_by("pk").values_list("kind", flat=True)
    assert list(told) == ["second_factor_on", "recovery_codes_new", "second_factor_off"]
    assert Notice.objects.exclude(mail_due_at=None).count() == 3


def test_secrets_are_stored_encrypted(
    client: Client, hana: User, switched_on: tuple[str, list[str]]
) -> None:
    secret, codes = switched_on
    stored = [str(row.data) for row in Authenticator.objects.all()]
    assert len(stored) == 2 and not [each for each in stored if secret in each]
    adapter = second_factor.SecondFactorAdapter()
    assert [adapter.decrypt(each) for each in second_factor.sealed()][0] == secret
    assert not [code for code in codes for each in stored if code in each]


def test_nobody_else_sees_a_secret(
    client: Client, hana: User, mio: User, switched_on: tuple[str, list[str]]
) -> None:
    client.force_login(mio)
    listed = client.get("/admin/crm/user/")
    assert listed.status_code == 200 and b"icon-yes" in listed.content
    for path in ("/admin/mfa/", "/admin/usersessions/", "/admin/mfa/authenticator/"):
        assert client.get(path).status_code == 404
    for path in ("/admin/", "/admin/crm/user/", f"/admin/crm/user/{hana.pk}/change/"):
        content = client.get(path).content.decode()
        assert switched_on[0] not in content
        assert not [each for each in second_factor.sealed() if each in content]


def test_an_administrator_takes_a_lost_one_away(
    client: Client, hana: User, mio: User, switched_on: tuple[str, list[str]]
) -> None:
    client.force_login(mio)
    form = {"action": "take_second_factor_away", "_selected_action": [hana.pk, mio.pk]}
    answer = client.post("/admin/crm/user/", form, follow=True)
    assert b"1 signs in with the password alone now" in answer.content
    assert second_factor.of(hana) is None
    notice = Notice.objects.get(user=hana)
    assert (notice.kind, notice.values) == ("second_factor_taken", {"by": "Mio"})
    assert notice.mail_due_at and not Notice.objects.filter(user=mio).exists()
    sign_in(back := Client(), hana.email)
    assert inside(back)


def test_no_member_takes_it_away(
    client: Client, hana: User, ken: User, switched_on: tuple[str, list[str]]
) -> None:
    client.force_login(ken)
    form = {"action": "take_second_factor_away", "_selected_action": [hana.pk]}
    assert client.post("/admin/crm/user/", form).status_code in (302, 403)
    assert second_factor.of(hana)


def test_what_is_kept_of_it_goes_with_the_account(
    hana: User, switched_on: tuple[str, list[str]]
) -> None:
    hana.delete()
    assert not Authenticator.objects.exists()


def test_its_pages_speak_our_words(client: Client, hana: User) -> None:
    """allauth's own templates would come without our layout."""
    assert reverse("mfa_index") == "/accounts/2fa/"
    sign_in(client, hana.email)
    assert client.get("/accounts/2fa/")["Location"] == PAGE
    assert house.MFA_RECOVERY_CODES_SHOW_ONCE
    page = client.get(PAGE).content.decode()
    assert page.count("<h1") == 1 and ON in page
