"""What ends an enrolment, or delays its next step, against a real mailbox (M25, M56)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm.models import Contact, Email, Note, User
from inbox.models import Mailbox, OptOut, Outgoing, SendingHours, Sequence
from inbox.models.opt_outs import mark_of
from inbox.outreach import sequences
from inbox.sync import engine
from tests.factories import make_email
from tests.inbox.letters import bounce_of, letter, reply_to
from tests.inbox.outreach.conftest import Enrol, due_now, tick
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]


@pytest.mark.rule("M25")
def test_a_reply_ends_it_and_the_timeline_says_so(
    enrol: Enrol,
    aoki: Contact,
    mailbox: Mailbox,
    relay: Relay,
    dovecot: Dovecot,
    always_open: SendingHours,
) -> None:
    [enrolment] = enrol(aoki)
    tick()
    answer = reply_to(Email.objects.get(), sender=f"Yuki Aoki <{aoki.email}>", to=mailbox.email)
    dovecot.deliver(mailbox.email, answer.as_bytes())
    due_now(enrolment)
    tick()  # before any look has logged it
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.why, enrolment.values["name"]) == (
        "stopped",
        "mail",
        "Yuki Aoki",
    )
    assert len(relay.accepted_by(aoki.email)) == 1
    assert Note.objects.get().text == "“Follow-up” stopped: Yuki Aoki wrote."


@pytest.mark.rule("M56")
def test_mail_that_answers_nothing_in_any_folder_ends_it_and_is_not_read(
    enrol: Enrol,
    aoki: Contact,
    mailbox: Mailbox,
    relay: Relay,
    dovecot: Dovecot,
    always_open: SendingHours,
) -> None:
    [enrolment] = enrol(aoki)
    tick()
    dovecot.create(mailbox.email, "Customers")
    other = letter(sender=aoki.email.upper(), to=mailbox.email, subject="Something else")
    dovecot.append(mailbox.email, "Customers", other.as_bytes())
    due_now(enrolment)
    tick()
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.why) == ("stopped", "mail")
    assert not Email.objects.filter(direction="incoming").exists()
    assert not mailbox.readings.exists()
    assert len(relay.accepted_by(aoki.email)) == 1


@pytest.mark.rule("M56")
def test_what_the_mailbox_cannot_answer_delays_the_step(
    enrol: Enrol, aoki: Contact, mailbox: Mailbox, relay: Relay, always_open: SendingHours
) -> None:
    [enrolment] = enrol(aoki)
    mailbox.change(imap_port=1)
    tick()
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.delay) == ("active", "unreachable")
    assert not relay.accepted
    assert not enrolment.runs.exists()


@pytest.mark.rule("M56")
def test_an_out_of_office_reply_ends_nothing_and_its_day_delays_the_step(
    enrol: Enrol,
    aoki: Contact,
    mailbox: Mailbox,
    relay: Relay,
    dovecot: Dovecot,
    always_open: SendingHours,
) -> None:
    [enrolment] = enrol(aoki)
    tick()
    back = timezone.localdate() + timedelta(days=5)
    notice = letter(
        sender=aoki.email,
        to=mailbox.email,
        subject=f"Automatic reply: back on {back.isoformat()}",
        Auto_Submitted="auto-replied",
    )
    dovecot.deliver(mailbox.email, notice.as_bytes())
    due_now(enrolment)
    tick()
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.delay) == ("active", "away")
    assert enrolment.next_step_at.date() > back - timedelta(days=1)
    assert len(relay.accepted_by(aoki.email)) == 1


def test_who_has_opted_out_gets_nothing_more(
    enrol: Enrol, aoki: Contact, relay: Relay, always_open: SendingHours
) -> None:
    [enrolment] = enrol(aoki)
    OptOut.note(mark_of(aoki.email), OptOut.Why.LINK)
    tick()
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.why) == ("stopped", "unsubscribed")
    assert not relay.accepted


def test_a_refused_address_ends_it(
    enrol: Enrol, aoki: Contact, relay: Relay, always_open: SendingHours
) -> None:
    relay.behave(refuse_rcpt={"*": "550 5.1.1 nobody here"})
    [enrolment] = enrol(aoki)
    tick()
    due_now(enrolment)
    tick()
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.why) == ("stopped", "bounce")
    assert "nobody here" in enrolment.values["said"]


@pytest.mark.rule("M41")
def test_a_contact_that_is_hidden_from_its_sender_by_now_ends_it(
    enrol: Enrol, aoki: Contact, rin: User, relay: Relay, always_open: SendingHours
) -> None:
    [enrolment] = enrol(aoki)
    tick()
    aoki.change(owner=rin, audience="owner")
    due_now(enrolment)
    tick()
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.why) == ("stopped", "hidden")
    said = "“Follow-up” stopped: Hana does not see this contact any more."
    assert Note.objects.get().text == said
    assert len(relay.accepted_by(aoki.email)) == 1


@pytest.mark.rule("M32")
def test_a_contact_in_the_trash_ends_it_though_its_letter_failed(
    enrol: Enrol, aoki: Contact, relay: Relay, always_open: SendingHours
) -> None:
    """And after they were restored, neither the letter nor the sequence goes on by itself."""
    relay.behave(refuse_mail="451 4.7.1 later")
    [enrolment] = enrol(aoki)
    tick()
    aoki.trash()
    tick(timezone.now() + timedelta(hours=1))
    assert Outgoing.objects.get().state == "failed"
    due_now(enrolment)
    tick()
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.why) == ("stopped", "trashed")
    relay.behave()
    Contact.objects.get(pk=aoki.pk).restore()
    tick(timezone.now() + timedelta(days=9))
    assert not relay.accepted


def test_an_e_mail_that_cannot_be_sent_is_no_bounce(
    enrol: Enrol, aoki: Contact, mailbox: Mailbox, relay: Relay, always_open: SendingHours
) -> None:
    mailbox.change(smtp_utf8=False)
    aoki.set_addresses([("青木@aoki.example", "")])
    [enrolment] = enrol(aoki)
    tick()
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.why) == ("stopped", "refused")
    note = Note.objects.get().text
    assert note.startswith("“Follow-up” stopped: The e-mail could not be sent: ")
    assert "青木@aoki.example" in note and not relay.accepted


@pytest.mark.rule("M25")
@pytest.mark.parametrize(("method", "state"), [("request", "stopped"), ("cancel", "active")])
def test_an_invitation_ends_it_whoever_sent_it(
    enrol: Enrol, aoki: Contact, always_open: SendingHours, method: str, state: str
) -> None:
    [enrolment] = enrol(aoki)
    tick()
    invited = make_email(aoki, direction="outgoing", subject="Demo", at=timezone.now())
    Email.objects.filter(pk=invited.pk).update(invitation={"method": method, "title": "Demo"})
    due_now(enrolment)
    tick()
    enrolment.refresh_from_db()
    assert enrolment.state == state
    if state == "stopped":
        assert Note.objects.get().text == "“Follow-up” stopped: A meeting with them was arranged."


@pytest.mark.rule("M6")
def test_a_colleagues_mail_ends_it_where_the_sequence_wants_that(
    enrol: Enrol,
    aoki: Contact,
    sequence: Sequence,
    mailbox: Mailbox,
    dovecot: Dovecot,
    always_open: SendingHours,
) -> None:
    sequence.change(colleague_ends=True)
    [enrolment] = enrol(aoki)
    tick()
    other = letter(sender="Boss <boss@aoki.example>", to=mailbox.email)
    dovecot.deliver(mailbox.email, other.as_bytes())
    due_now(enrolment)
    tick()
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.why) == ("stopped", "colleague")
    # It was not logged: who wrote it is forgotten again (M6).
    assert not enrolment.values
    assert Note.objects.get().text == "“Follow-up” stopped: An answer came."


@pytest.mark.parametrize("what", ["trash", "opt out"])
def test_what_happens_while_the_mailbox_is_asked_counts(
    enrol: Enrol,
    aoki: Contact,
    always_open: SendingHours,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    """A slow server is asked for half a minute."""
    enrol(aoki)
    ask = sequences.ending.ask

    def slowly(*args: Any) -> Any:
        found = ask(*args)
        if what == "trash":
            Contact.objects.get(pk=aoki.pk).trash()
        else:
            OptOut.note(mark_of(aoki.email), OptOut.Why.LINK)
        return found

    monkeypatch.setattr(sequences.ending, "ask", slowly)
    tick()
    assert not Outgoing.objects.exists()


@pytest.mark.rule("M20")
@pytest.mark.parametrize("named", ["Original-Recipient: rfc822; yuki@aoki.example\r\n", ""])
def test_a_bounce_by_another_name_of_theirs_ends_it(
    named: str,
    enrol: Enrol,
    aoki: Contact,
    mailbox: Mailbox,
    relay: Relay,
    dovecot: Dovecot,
    always_open: SendingHours,
) -> None:
    """An alias led to an address that we have never seen."""
    [enrolment] = enrol(aoki)
    tick()
    sent = relay.accepted_by(aoki.email)[0].raw
    report = bounce_of(sent, recipient="y.aoki@internal.aoki.example", to=mailbox.email)
    field = b"Final-Recipient:"
    dovecot.deliver(mailbox.email, report.replace(field, named.encode() + field))
    engine.look(Mailbox.objects.get(pk=mailbox.pk))
    due_now(enrolment)
    tick()
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.why) == ("stopped", "bounce")
    assert len(relay.accepted_by(aoki.email)) == 1
