"""Who files the copy in Sent is learnt from the folder, so that there is one (M22)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import Contact, Email, User
from inbox.models import Mailbox, Outgoing
from inbox.sending import composer, outbox, sent_copy
from tests.factories import make_mailbox
from tests.servers.dovecot import Dovecot
from tests.servers.imap_script import ImapScript
from tests.servers.relay import Relay
from tests.servers.script import Answers
from tests.servers.smtp_script import SmtpScript

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.rule("M22")]


@pytest.fixture
def unknown(mailbox: Mailbox, relay: Relay) -> Mailbox:
    """At a provider of which nobody knows whether it files sent mail itself."""
    mailbox.change(sent_habit=0)
    return mailbox


def send(mailbox: Mailbox) -> Outgoing:
    draft = composer.NewEmail(mailbox=mailbox, to=["a@b.test"], subject="Our offer", text="Hello.")
    outgoing = Outgoing.objects.get(email=composer.send(draft, by=mailbox.owner))
    outbox.attempt(outgoing)
    return outgoing


def file(dovecot: Dovecot, outgoing: Outgoing) -> None:
    """As a provider does it."""
    raw = bytes(Outgoing.objects.get(pk=outgoing.pk).frozen or b"")
    dovecot.append(str(outgoing.mailbox), "Sent", raw)


def later(outgoing: Outgoing) -> float:
    """The tick, when the copy's time has come; how many seconds that was from now."""
    row = Outgoing.objects.get(pk=outgoing.pk)
    due_at = row.copy_due_at or timezone.now()
    seconds = (due_at - timezone.now()).total_seconds()
    Outgoing.objects.filter(pk=row.pk).update(copy_due_at=timezone.now())
    row = Outgoing.objects.copy_due(timezone.now()).get(pk=row.pk)
    assert row.claim(timezone.now())
    sent_copy.settle(row)
    outgoing.refresh_from_db()
    return seconds


def copies(mailbox: Mailbox, dovecot: Dovecot) -> int:
    return dovecot.counts(mailbox.email)["Sent"]


def habit(mailbox: Mailbox) -> int:
    return Mailbox.objects.get(pk=mailbox.pk).sent_habit


def test_of_an_unknown_provider_the_folder_is_asked_twice(
    unknown: Mailbox, dovecot: Dovecot
) -> None:
    outgoing = send(unknown)
    assert (outgoing.copy_state, copies(unknown, dovecot)) == ("pending", 0)
    assert not Outgoing.objects.copy_due(timezone.now()).exists()
    assert 3 < later(outgoing) < 5
    assert (outgoing.copy_state, copies(unknown, dovecot), habit(unknown)) == ("filed", 1, -1)


def test_a_provider_that_files_after_some_seconds_is_given_no_second_copy(
    unknown: Mailbox, dovecot: Dovecot
) -> None:
    outgoing = send(unknown)
    file(dovecot, outgoing)
    later(outgoing)
    assert (outgoing.copy_state, outgoing.frozen) == ("filed", None)
    assert (copies(unknown, dovecot), habit(unknown)) == (1, 1)


def test_who_left_it_to_us_twice_is_not_waited_for(unknown: Mailbox, dovecot: Dovecot) -> None:
    for _ in range(2):
        later(send(unknown))
    assert Mailbox.objects.get().sent_copies == "us"
    unknown.refresh_from_db()
    assert send(unknown).copy_state == "filed"
    assert copies(unknown, dovecot) == 3


def test_who_filed_twice_is_trusted_and_looked_after(unknown: Mailbox, dovecot: Dovecot) -> None:
    for _ in range(2):
        outgoing = send(unknown)
        file(dovecot, outgoing)
        later(outgoing)
    unknown.refresh_from_db()
    assert unknown.sent_copies == "provider"
    before = len(dovecot.sessions(unknown.email))
    outgoing = send(unknown)
    assert len(dovecot.sessions(unknown.email)) == before, "it is too early to look"
    assert 55 < later(outgoing) < 60
    assert outgoing.copy_state == "pending", "not there yet"
    file(dovecot, outgoing)
    assert 115 < later(outgoing) < 120
    assert (outgoing.copy_state, copies(unknown, dovecot)) == ("filed", 3)


def test_who_has_stopped_filing_is_found_out_within_minutes(
    unknown: Mailbox, dovecot: Dovecot
) -> None:
    unknown.change(sent_habit=2)
    outgoing = send(unknown)
    waited = sum(later(outgoing) for _ in range(3))
    assert 400 < waited < 420
    assert (outgoing.copy_state, copies(unknown, dovecot)) == ("filed", 1)
    assert (habit(unknown), Mailbox.objects.get().sent_copies) == (-1, "")


def test_our_own_copy_from_an_attempt_that_died_teaches_nothing(
    unknown: Mailbox, dovecot: Dovecot
) -> None:
    outgoing = send(unknown)
    file(dovecot, outgoing)  # by us, and nobody wrote that down
    Outgoing.objects.update(copy_begun=True)
    later(outgoing)
    assert (outgoing.copy_state, copies(unknown, dovecot), habit(unknown)) == ("filed", 1, 0)


@pytest.mark.django_db(transaction=True)
def test_no_folder_is_made_for_it(hana: User) -> None:
    listed: Answers = {"LIST": [b'* LIST () "/" INBOX\r\n* LIST () "/" Archive\r\n%tag OK\r\n']}
    with SmtpScript() as smtp, ImapScript(listed) as imap:
        values = {"smtp_host": "localhost", "smtp_port": smtp.port, "smtp_security": "none"}
        values |= {"imap_host": "localhost", "imap_port": imap.port, "imap_security": "none"}
        outgoing = send(make_mailbox(hana, **values))
        said = [line.split()[1] for line in imap.commands() if line.split()]
    assert (outgoing.state, Email.objects.get().status) == ("sent", "sent")
    assert (outgoing.copy_state, "no Sent folder" in outgoing.copy_error) == ("failed", True)
    assert b"CREATE" not in said and b"APPEND" not in said and b"LIST" in said


def test_what_we_began_to_file_is_not_waited_for(unknown: Mailbox, dovecot: Dovecot) -> None:
    unknown.change(sent_habit=2)
    outgoing = send(unknown)
    Outgoing.objects.update(copy_begun=True, copy_searches=0)
    later(outgoing)
    assert (outgoing.copy_state, copies(unknown, dovecot)) == ("filed", 1)


def test_it_is_told_on_the_page_of_the_mailbox_and_of_the_e_mail(
    client: Client, unknown: Mailbox, aoki: Contact
) -> None:
    client.force_login(unknown.owner)
    said = {
        0: "has not filed after 5 seconds",
        2: "provider files them itself",
        -2: "Musubi files",
    }
    for value, words in said.items():
        unknown.change(sent_habit=value)
        assert words in client.get(f"/mailboxes/{unknown.pk}/").content.decode()
    outgoing = send(unknown)
    assert "In the Sent folder" in client.get(f"/emails/{outgoing.email_id}/").content.decode()
    Outgoing.objects.update(copy_state="failed", copy_error="[OVERQUOTA] full")
    page = client.get(f"/emails/{outgoing.email_id}/").content.decode()
    assert "Could not be filed" in page and "[OVERQUOTA] full" in page


def test_a_copy_that_was_searched_for_is_settled_before_long(unknown: Mailbox) -> None:
    """Whatever is learnt meanwhile: nothing is searched for without end."""
    outgoing, searches = send(unknown), 1
    while outgoing.copy_state == "pending":
        later(outgoing)
        searches += 1
    assert searches == 2
    assert not Outgoing.objects.copy_due(timezone.now() + timedelta(days=1)).exists()
