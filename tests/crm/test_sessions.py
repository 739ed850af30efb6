"""Where somebody is signed in: what they see of it, and how it ends."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core import signing
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from crm import sessions
from crm.models import Notice, User
from tests.crm.views.test_sign_in import PASSWORD, inside, session_of, sign_in

pytestmark = pytest.mark.django_db
PAGE, END, AGAIN = "/settings/sign-in/", "/settings/sign-in/sessions/", "/accounts/reauthenticate/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def here(hana: User) -> Client:
    client = Client(headers={"User-Agent": FIREFOX}, REMOTE_ADDR="192.0.2.1")
    sign_in(client, hana.email)
    return client


@pytest.fixture
def phone(hana: User) -> Client:
    client = Client(headers={"User-Agent": SAFARI}, REMOTE_ADDR="192.0.2.2")
    sign_in(client, hana.email)
    return client


def again(client: Client, form: dict[str, Any] | None = None) -> Any:
    """Press the button, type the password, and come to where the answer leads."""
    asked = client.post(END, form or {})
    assert asked.status_code == 302 and asked["Location"].startswith(AGAIN)
    return client.post(asked["Location"], {"password": PASSWORD}, follow=True)


def test_one_sees_ones_own(here: Client, phone: Client, hana: User, rin: User) -> None:
    sign_in(Client(REMOTE_ADDR="192.0.2.3"), rin.email)
    page = here.get(PAGE).content.decode()
    firefox, safari = page.index("Firefox · Linux"), page.index("Safari · iPhone")
    assert firefox < page.index("this one") < safari
    assert "192.0.2.1" in page and "192.0.2.2" in page and "192.0.2.3" not in page


def test_the_others_are_ended_with_the_password(here: Client, phone: Client) -> None:
    form = here.post(END)
    here.post(form["Location"], {"password": "wrong"})
    assert inside(phone)
    answer = here.post(form["Location"], {"password": PASSWORD}, follow=True)
    assert b"1 session was ended." in answer.content
    assert inside(here) and not inside(phone)
    assert UserSession.objects.count() == 1


def test_one_of_them_is_ended(here: Client, phone: Client, hana: User) -> None:
    sign_in(third := Client(), hana.email)
    pk = UserSession.objects.get(session_key=session_of(phone)).pk
    again(here, {"session": str(pk)})
    assert (inside(here), inside(phone), inside(third)) == (True, False, True)
    assert b"It had ended already." in here.post(END, {"session": str(pk)}, follow=True).content


def test_nobody_ends_anothers_nor_the_one_they_are_in(here: Client, hana: User, rin: User) -> None:
    sign_in(other := Client(), rin.email)
    for client in (here, other):
        pk = UserSession.objects.get(session_key=session_of(client)).pk
        again(here, {"session": str(pk)}) if client is here else here.post(END, {"session": pk})
    here.post(END, {"session": "9" * 30})
    assert inside(here) and inside(other)


def test_one_that_nothing_stands_beside_is_ended_too(here: Client, phone: Client) -> None:
    """From before there was a list."""
    UserSession.objects.filter(session_key=session_of(phone)).delete()
    again(here)
    assert not inside(phone)


def test_an_administrator_ends_them_all(
    here: Client, phone: Client, client: Client, mio: User, hana: User, caplog: Any
) -> None:
    client.force_login(mio)
    form = {"action": "end_sessions", "_selected_action": [hana.pk]}
    answer = client.post("/admin/crm/user/", form, follow=True)
    assert b"2 sessions were ended." in answer.content
    assert not inside(here) and not inside(phone) and inside(client)
    notice = Notice.objects.get(user=hana)
    assert notice.kind == "sessions_ended" and notice.mail_due_at
    (line,) = [each for each in caplog.records if each.message == "Sessions were ended."]
    assert (line.__dict__["user"], line.__dict__["by"]) == (hana.pk, mio.pk)


def test_what_no_longer_opens_anything_is_not_listed(here: Client, phone: Client) -> None:
    new = {
        "oldpassword": PASSWORD,
        "password1": "another long one",
        "password2": "another long one",
    }
    here.post("/accounts/password/change/", new)
    page = here.get(PAGE).content.decode()
    assert "Safari" not in page and page.count("Firefox · Linux") == 1


def test_when_it_was_last_used_is_noted_now_and_then(phone: Client, hana: User) -> None:
    row = UserSession.objects.filter(session_key=session_of(phone))
    long_ago = timezone.now() - timedelta(days=3)
    hana.change(last_login=long_ago)
    for passed, noted in ((True, True), (False, False), (True, True)):
        if passed:
            cache.clear()
        row.update(last_seen_at=long_ago)
        phone.get("/tasks/", REMOTE_ADDR="192.0.2.77")
        assert (row.get().last_seen_at > long_ago) is noted
    assert row.get().ip == "192.0.2.77"


def test_one_from_before_there_was_a_list_comes_onto_it(phone: Client, hana: User) -> None:
    UserSession.objects.all().delete()
    hana.change(last_login=timezone.now() - timedelta(days=3))
    assert "Safari · iPhone" in phone.get(PAGE).content.decode()


def test_a_page_costs_no_query_for_it(here: Client, hana: User) -> None:
    for passed in (timedelta(0), timedelta(days=3)):
        hana.change(last_login=timezone.now() - passed)
        here.get("/help/")
        with CaptureQueriesContext(connection) as asked:
            here.get("/help/")
        assert not [each for each in asked.captured_queries if "usersession" in each["sql"]]


def test_the_list_costs_the_same_for_one_and_for_many(here: Client, hana: User) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            here.get(PAGE)
        return len(asked)

    here.get(PAGE)
    one = cost()
    for _number in range(5):
        sign_in(Client(), hana.email)
    assert cost() == one


def test_who_signs_out_leaves_no_address(here: Client) -> None:
    here.post("/accounts/logout/")
    assert not UserSession.objects.exists()


def test_what_has_ended_is_forgotten(here: Client, phone: Client, hana: User) -> None:
    Session.objects.filter(pk=session_of(phone)).update(expire_date=timezone.now())
    sessions.forget_ended()
    assert [each.session_key for each in UserSession.objects.all()] == [session_of(here)]
    assert Session.objects.count() == 1 and inside(here)
    hana.delete()
    assert not UserSession.objects.exists()


# --- as they lie in the database -----------------------------------------------------------------


class Raw:
    """What Django has signed, as it is."""

    def loads(self, data: bytes) -> bytes:
        return data


def stored(client: Client) -> bytes:
    data = Session.objects.get(session_key=session_of(client)).session_data
    return bytes(signing.loads(data, salt=SessionStore().key_salt, serializer=Raw))


@pytest.mark.rule("M39")
def test_what_one_holds_is_ciphertext(here: Client) -> None:
    session = here.session
    session["secret"] = "canary"
    session.save()
    assert b"canary" not in stored(here) and b"_auth_user" not in stored(here)
    assert here.session["secret"] == "canary" and inside(here)


def test_one_from_before_goes_on(hana: User, settings: Settings) -> None:
    ours = settings.SESSION_SERIALIZER
    settings.SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
    sign_in(old := Client(), hana.email)
    assert b"_auth_user" in stored(old)
    settings.SESSION_SERIALIZER = ours
    assert inside(old)


def test_one_whose_key_is_gone_is_over(here: Client, settings: Settings) -> None:
    settings.FERNET_KEYS = [Fernet.generate_key().decode()]
    assert not inside(here)
