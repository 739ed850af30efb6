"""The pages of mailboxes: how they do, what was read, look now, disconnect."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from crm.models import Contact, Heartbeat, User
from inbox.models import HeadersRead, Mailbox, Reading
from tests.factories import make_email, make_mailbox


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    return make_mailbox(hana, last_synced_at=timezone.now())


@pytest.mark.rule("M13")
def test_what_was_read_is_shown_with_the_reason(
    signed_in: Client, mailbox: Mailbox, aoki: Contact
) -> None:
    now = timezone.now()
    HeadersRead.objects.create(mailbox=mailbox, day=now.date(), count=1234)
    Reading.objects.create(
        mailbox=mailbox,
        email=make_email(aoki),
        message_id="a@b",
        rule="reply",
        known_id="c@d",
        at=now,
    )
    html = signed_in.get(f"/mailboxes/{mailbox.pk}/").content.decode()
    assert "1234" in html and "It replies to &lt;c@d&gt;" in html and "INBOX" in html
    assert [
        len(row.bodies) for row in signed_in.get(f"/mailboxes/{mailbox.pk}/").context["days"]
    ] == [1]


@pytest.mark.rule("M38")
def test_health_is_on_every_page(signed_in: Client, mailbox: Mailbox) -> None:
    assert mailbox.email in signed_in.get("/contacts/").content.decode()
    said = "NO [AUTHENTICATIONFAILED] no"
    mailbox.change(state=Mailbox.State.DISCONNECTED, fault="login", state_reason=said)
    html = signed_in.get("/contacts/").content.decode()
    assert "is disconnected." in html and "Reconnect" in html
    html = signed_in.get(f"/mailboxes/{mailbox.pk}/").content.decode()
    assert "NO [AUTHENTICATIONFAILED] no" in html and "Test and reconnect" in html


def test_trouble_that_passes_is_no_disconnection(signed_in: Client, mailbox: Mailbox) -> None:
    mailbox.change(state=Mailbox.State.DEGRADED, state_reason="421 busy")
    html = signed_in.get("/contacts/").content.decode()
    assert "Having trouble" in html and "is disconnected." not in html
    before = timezone.now() - timedelta(hours=2)
    mailbox.change(state=Mailbox.State.CONNECTED, state_since=before, last_synced_at=before)
    assert "is the worker running?" in signed_in.get("/mailboxes/").content.decode()


@pytest.mark.rule("M37")
def test_a_fault_is_explained_with_its_time_and_what_can_be_done(
    signed_in: Client, mailbox: Mailbox
) -> None:
    now = timezone.now()
    mailbox.change(imap_host="imap.gmail.com")
    mailbox.note_fault("authenticationfailed", "Invalid credentials", now, transient=False)
    html = signed_in.get(f"/mailboxes/{mailbox.pk}/").content.decode()
    assert "16 letters" in html and "Invalid credentials" in html
    assert "next try" not in html
    mailbox.note_fault("expired", "", now, transient=False, again=True)
    html = signed_in.get(f"/mailboxes/{mailbox.pk}/").content.decode()
    assert "has expired" in html and "next try" in html
    assert "Test and reconnect" not in html  # no password would help
    assert "tried again by itself" in signed_in.get("/contacts/").content.decode()


@pytest.mark.rule("M49")
def test_the_receipts_of_absences_stand_on_the_page(signed_in: Client, mailbox: Mailbox) -> None:
    now = timezone.now()
    mailbox.absences.create(
        since=now - timedelta(days=3), until=now, fault="login", headers=2418, found=11
    )
    html = signed_in.get(f"/mailboxes/{mailbox.pk}/").content.decode()
    assert "What we missed, and found" in html and ">2418<" in html and ">11<" in html
    assert "no longer accepts the password" in html


@pytest.mark.rule("M50")
def test_a_part_that_does_not_report_is_named(signed_in: Client, mailbox: Mailbox) -> None:
    page = f"/mailboxes/{mailbox.pk}/"
    Heartbeat.beat("worker")
    assert "has not reported" not in signed_in.get(page).content.decode()
    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=12))
    html = signed_in.get(page).content.decode()
    assert "“worker” has not reported" in html and "12\xa0minutes ago" in html


@pytest.mark.rule("M38")
def test_large_folders_are_named(signed_in: Client, mailbox: Mailbox) -> None:
    page = f"/mailboxes/{mailbox.pk}/"
    assert ">large<" not in signed_in.get(page).content.decode()
    mailbox.folders.filter(role="inbox").update(messages=123_456)
    html = signed_in.get(page).content.decode()
    assert "123,456" in html and ">large<" in html


def test_look_now_makes_it_due(signed_in: Client, mailbox: Mailbox) -> None:
    mailbox.change(next_look_at=timezone.now() + timedelta(hours=1))
    for action in ("look", "password"):
        answer = signed_in.get(f"/mailboxes/{mailbox.pk}/{action}/")
        assert (answer.status_code, answer["Location"]) == (303, f"/mailboxes/{mailbox.pk}/")
    assert signed_in.post(f"/mailboxes/{mailbox.pk}/look/").status_code == 303
    mailbox.refresh_from_db()
    assert mailbox.next_look_at <= timezone.now()


@pytest.mark.rule("M39")
def test_no_page_shows_the_password(signed_in: Client, mailbox: Mailbox) -> None:
    for path in ("/mailboxes/", f"/mailboxes/{mailbox.pk}/"):
        assert mailbox.credential.password not in signed_in.get(path).content.decode()


def test_of_others_there_is_nothing(client: Client, mailbox: Mailbox, rin: User) -> None:
    client.force_login(rin)
    assert mailbox.email not in client.get("/mailboxes/").content.decode()
    assert client.get(f"/mailboxes/{mailbox.pk}/").status_code == 404
    for path in ("look/", "password/", "disconnection/"):
        assert client.post(f"/mailboxes/{mailbox.pk}/{path}").status_code == 404
    assert Mailbox.objects.count() == 1


@pytest.mark.rule("M5")
def test_a_shared_mailbox_is_seen_but_its_owner_alone_disconnects_it(
    client: Client, mailbox: Mailbox, ken: User
) -> None:
    mailbox.change(team=ken.team)
    client.force_login(ken)
    assert client.get(f"/mailboxes/{mailbox.pk}/").status_code == 200
    assert client.post(f"/mailboxes/{mailbox.pk}/disconnection/").status_code == 404
    assert client.post(f"/mailboxes/{mailbox.pk}/password/").status_code == 404


@pytest.mark.rule("M35")
@pytest.mark.parametrize("kept", ["keep", "trash"])
def test_disconnecting_asks_what_stays(
    signed_in: Client, mailbox: Mailbox, aoki: Contact, settings: Settings, kept: str
) -> None:
    settings.RETENTION_TRASH_DAYS = 30
    email = make_email(aoki)
    email.copies.create(mailbox=mailbox, folder=mailbox.folders.all()[0], uidvalidity=1, uid=1)
    page = signed_in.get(f"/mailboxes/{mailbox.pk}/").content.decode()
    assert "They stay on the contacts’ pages" in page and "restored for 30 days" in page
    answer = signed_in.post(f"/mailboxes/{mailbox.pk}/disconnection/", {"emails": kept})
    assert answer.status_code == 303 and not Mailbox.objects.exists()
    email.activity.refresh_from_db()
    assert (email.activity.deleted_at is None) == (kept == "keep")


@pytest.mark.rule("M14")
def test_what_happens_with_unknown_people_is_set_here(
    client: Client, hana: User, ken: User
) -> None:
    mailbox = make_mailbox(hana, team=hana.team)
    client.force_login(hana)
    assert "Unknown people" in client.get(f"/mailboxes/{mailbox.pk}/").content.decode()
    path = f"/mailboxes/{mailbox.pk}/people/"
    assert client.post(path, {"contact_creation": "sometimes"}).status_code == 422
    assert client.post(path, {"contact_creation": "always"}).status_code == 303
    mailbox.refresh_from_db()
    assert mailbox.contact_creation == "always"
    client.force_login(ken)
    assert client.post(path, {"contact_creation": "never"}).status_code == 404
