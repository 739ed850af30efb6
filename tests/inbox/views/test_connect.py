"""The wizard, against a real Dovecot: each failure its own words, and nothing half-made stays."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from crm.models import ApiToken, Contact, User
from inbox.models import Credential, Mailbox
from tests.factories import make_mailbox
from tests.inbox.letters import letter
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.names import naming

URL = "/mailboxes/connect/"
PREVIEW = "/mailboxes/connect/preview/"
Form = dict[str, Any]
A_DAY = 86_400  # seconds: as long a window as no test meets the end of


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.fixture
def form(trusted: Dovecot, relay: object, mail_user: Callable[[str], str]) -> Form:
    email = mail_user("hana")
    return {
        "email": email,
        "username": email,
        "password": PASSWORD,
        "imap_host": "localhost",
        "imap_port": trusted.imaps,
        "imap_security": "tls",
        "smtp_host": "localhost",
        "smtp_port": trusted.submissions,
        "smtp_security": "tls",
        "since_days": 0,
    }


@pytest.mark.rule("M3")
def test_the_address_finds_the_settings(signed_in: Client) -> None:
    html = signed_in.post(URL, {"step": "address", "email": "hana@gmail.com"}).content.decode()
    assert 'value="imap.gmail.com"' in html and "app password" in html
    html = signed_in.post(URL, {"step": "address", "email": "hana@own.example"}).content.decode()
    assert 'value="imap.own.example"' in html and 'value="hana@own.example"' in html
    assert signed_in.post(URL, {"step": "address", "email": "no address"}).status_code == 422


@pytest.mark.rule("M3")
def test_who_knew_the_servers_is_said_and_they_can_be_edited(
    signed_in: Client, settings: Settings
) -> None:
    settings.INBOX_DISCOVERY = True
    with naming() as names:
        names.records["own.example", "MX"] = ["1 aspmx.l.google.com."]
        names.records["_imaps._tcp.srv.example", "SRV"] = ["0 1 993 in.srv.example."]
        address = {"step": "address", "email": "hana@own.example"}
        google = signed_in.post(URL, address).content.decode()
        other = signed_in.post(URL, address | {"email": "hana@srv.example"}).content.decode()
    assert "goes to aspmx.l.google.com" in google and "app password" in google
    assert 'value="imap.gmail.com"' in google
    assert "DNS records of srv.example say so" in other and "Edit servers" in other
    assert 'value="in.srv.example"' in other and 'value="smtp.srv.example"' in other


@pytest.mark.live
@pytest.mark.rule("M1")
def test_tested_and_connected(signed_in: Client, form: Form, hana: User) -> None:
    answer = signed_in.post(URL, form)
    mailbox = Mailbox.objects.get()
    assert answer.status_code == 303 and answer["Location"] == f"/mailboxes/{mailbox.pk}/"
    assert (mailbox.owner, mailbox.email) == (hana, form["email"])
    assert mailbox.credential.password == PASSWORD
    assert "The mailbox is connected." in signed_in.get(answer["Location"]).content.decode()


@pytest.mark.live
@pytest.mark.rule("M3")
@pytest.mark.parametrize(
    ("wrong", "step"),
    [
        ({"password": "wrong"}, "login"),
        ({"imap_host": "no-such-host.invalid"}, "resolve"),
        ({"imap_port": 1}, "connect"),
        ({"smtp_port": 1}, "smtp_connect"),
    ],
)
def test_the_step_that_failed_is_named_and_nothing_stays(
    signed_in: Client, form: Form, wrong: Form, step: str
) -> None:
    answer = signed_in.post(URL, form | wrong)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert f'data-step="{step}" data-state="fail"' in html
    assert 'data-step="smtp_login" data-state="wait"' in html
    assert PASSWORD not in html and 'value="wrong"' not in html
    assert f'value="{form["username"]}"' in html
    assert not Mailbox.objects.exists() and not Credential.objects.exists()


@pytest.mark.live
@pytest.mark.rule("M39")
def test_a_certificate_that_nobody_vouches_for(
    signed_in: Client, form: Form, settings: Settings
) -> None:
    settings.INBOX_CA_FILE = ""
    html = signed_in.post(URL, form).content.decode()
    assert 'data-step="tls" data-state="fail"' in html and not Mailbox.objects.exists()


@pytest.mark.rule("M2")
@pytest.mark.parametrize(
    "pop", [{"imap_host": "pop.gmail.com"}, {"imap_port": 995}, {"imap_port": 110}]
)
def test_pop3_is_refused_with_the_reason(signed_in: Client, pop: Form) -> None:
    servers = {"imap_host": "imap.a.example", "imap_port": 993, "imap_security": "tls"}
    servers |= {"smtp_host": "smtp.a.example", "smtp_port": 465, "smtp_security": "tls"}
    who = {"email": "h@a.example", "username": "h", "password": "x", "since_days": 0}
    answer = signed_in.post(URL, servers | who | pop)
    assert answer.status_code == 422
    assert "POP3 takes the mail off the server" in answer.content.decode()


def test_private_addresses_are_refused_unless_allowed(
    signed_in: Client, settings: Settings, hana: User
) -> None:
    settings.INBOX_ALLOW_PRIVATE_HOSTS = False
    values = {"email": "h@a.example", "username": "h", "password": "x", "since_days": 0}
    for half in ("imap", "smtp"):
        values |= {f"{half}_host": "127.0.0.1", f"{half}_port": 993, f"{half}_security": "tls"}
    answer = signed_in.post(URL, values)
    assert answer.status_code == 422
    assert 'data-step="resolve" data-state="fail"' in answer.content.decode()


def test_nobody_looks_for_open_ports_from_here(
    signed_in: Client, settings: Settings, hana: User, ken: User
) -> None:
    """The rate holds for all ways to test, and what was typed stays."""
    most = 4
    settings.RATES = settings.RATES | {"connection_test": (most, A_DAY)}
    values = {"email": "h@a.example", "username": "h", "password": "x", "since_days": 0}
    for half in ("imap", "smtp"):
        values |= {f"{half}_host": "no-such-host.invalid", f"{half}_port": 993}
        values |= {f"{half}_security": "tls"}
    for number in range(most):
        step = {"step": "test"} if number % 2 else {}
        assert signed_in.post(URL, values | step).status_code == 422
    for step in ({"step": "test"}, {}):
        refused = signed_in.post(URL, values | step)
        html = refused.content.decode()
        assert refused.status_code == 429 and "That was too often. Try again in" in html
        assert "data-step=" not in html and 'value="no-such-host.invalid"' in html
    mailbox = make_mailbox(hana)
    again = signed_in.post(f"/mailboxes/{mailbox.pk}/password/", {"password": PASSWORD})
    assert again.status_code == 422 and "That was too often" in again.content.decode()
    headers = {"Authorization": f"Bearer {ApiToken.issue(hana)}"}
    by_rest = signed_in.post("/api/v1/mailboxes", values, "application/json", headers=headers)
    assert (by_rest.status_code, by_rest["Content-Type"]) == (429, "application/problem+json")
    assert int(by_rest["Retry-After"]) <= A_DAY
    signed_in.force_login(ken)
    assert signed_in.post(URL, values).status_code == 422


def test_nobody_asks_other_peoples_servers_without_end(
    signed_in: Client, settings: Settings
) -> None:
    settings.RATES = settings.RATES | {"discovery": (1, A_DAY)}
    address = {"step": "address", "email": "hana@own.example"}
    assert signed_in.post(URL, address).status_code == 200
    refused = signed_in.post(URL, address)
    assert refused.status_code == 429 and "That was too often" in refused.content.decode()
    assert 'value="hana@own.example"' in refused.content.decode()


@pytest.mark.live
def test_too_often_at_the_last_step_keeps_what_was_chosen(
    signed_in: Client, form: Form, settings: Settings
) -> None:
    settings.RATES = settings.RATES | {"connection_test": (1, A_DAY)}
    html = signed_in.post(URL, form | {"step": "test"}).content.decode()
    chosen = {"draft": draft_in(html), "since_days": 365, "go": "connect"}
    chosen |= {"visibility": "subject", "contact_creation": "never", "scope": "threads"}
    refused = signed_in.post(PREVIEW, chosen)
    assert refused.status_code == 429 and "That was too often" in refused.content.decode()
    assert '<option value="365" selected>' in refused.content.decode()
    assert not Mailbox.objects.exists()


@pytest.mark.live
@pytest.mark.rule("M37")
def test_reconnecting_asks_for_the_password_alone(signed_in: Client, form: Form) -> None:
    signed_in.post(URL, form)
    mailbox = Mailbox.objects.get()
    mailbox.change(state=Mailbox.State.DISCONNECTED)
    refused = signed_in.post(f"/mailboxes/{mailbox.pk}/password/", {"password": "wrong"})
    assert refused.status_code == 422
    assert 'data-step="login" data-state="fail"' in refused.content.decode()
    assert signed_in.post(f"/mailboxes/{mailbox.pk}/password/", {"password": ""}).status_code == 422
    taken = signed_in.post(f"/mailboxes/{mailbox.pk}/password/", {"password": PASSWORD})
    assert taken.status_code == 303
    mailbox.refresh_from_db()
    assert mailbox.state == Mailbox.State.CONNECTED


@pytest.mark.live
@pytest.mark.rule("M51")
def test_what_would_be_found_is_shown_before_anything_is_stored(
    signed_in: Client, form: Form, hana: User, aoki: Contact, dovecot: Dovecot
) -> None:
    raw = letter(sender=aoki.email, to=form["email"])
    dovecot.deliver(form["email"], raw.as_bytes())
    answer = signed_in.post(URL, form | {"step": "test", "name": "Hana M."})
    html = answer.content.decode()
    assert answer.status_code == 200 and not Mailbox.objects.exists()
    assert "Yuki Aoki (1)" in html and PASSWORD not in html
    choices = {"since_days": 365, "visibility": "subject", "contact_creation": "never"}
    choices |= {"draft": draft_in(html), "scope": "threads"}
    counted = signed_in.post(PREVIEW, choices | {"go": "count"}).content.decode()
    assert "The last 365 days" in counted and not Mailbox.objects.exists()
    back = signed_in.post(PREVIEW, choices | {"go": "back"}).content.decode()
    assert 'value="Hana M."' in back and f'value="{form["username"]}"' in back
    again = {"step": "test", "password": "", "draft": draft_in(back), "name": "Hana M."}
    shown = signed_in.post(URL, form | choices | again).content.decode()
    assert '<option value="subject" selected>' in shown
    assert '<option value="365" selected>' in shown
    done = signed_in.post(PREVIEW, choices | {"draft": draft_in(shown), "go": "connect"})
    mailbox = Mailbox.objects.get()
    assert done["Location"] == f"/mailboxes/{mailbox.pk}/"
    chosen = (mailbox.visibility, mailbox.contact_creation, mailbox.since_days, mailbox.name)
    assert chosen == ("subject", "never", 365, "Hana M.")
    assert mailbox.credential.password == PASSWORD
    html = signed_in.post(URL, form | {"step": "test"}).content.decode()
    assert '<option value="subject" selected>' in html  # as it holds for this mailbox already


@pytest.mark.live
@pytest.mark.rule("M51")
def test_the_password_typed_before_goes_to_no_other_server(
    signed_in: Client, form: Form, ken: User
) -> None:
    html = signed_in.post(URL, form | {"step": "test"}).content.decode()
    kept = {"step": "test", "password": "", "draft": draft_in(html)}
    elsewhere = signed_in.post(URL, form | kept | {"imap_host": "imap.elsewhere.test"})
    assert elsewhere.status_code == 422
    assert "Type the password for these servers." in elsewhere.content.decode()
    signed_in.force_login(ken)
    assert signed_in.post(URL, form | kept).status_code == 422
    late = signed_in.post(PREVIEW, {"draft": draft_in(html), "since_days": 0, "go": "connect"})
    assert late["Location"] == URL and not Mailbox.objects.exists()


@pytest.mark.live
def test_what_fails_at_the_last_step_is_shown_with_all_that_was_typed(
    signed_in: Client, form: Form, settings: Settings
) -> None:
    html = signed_in.post(URL, form | {"step": "test"}).content.decode()
    settings.INBOX_CA_FILE = ""
    refused = signed_in.post(PREVIEW, {"draft": draft_in(html), "since_days": 0, "go": "connect"})
    assert refused.status_code == 422
    assert 'data-step="tls" data-state="fail"' in refused.content.decode()
    assert signed_in.post(PREVIEW, {"draft": draft_in(html), "go": "connect"}).status_code == 422


def draft_in(html: str) -> str:
    return html.split('name="draft" value="')[1].split('"')[0]
