"""What is written, as it leaves: against real servers (M21)."""

from email import message_from_bytes, policy

import pytest

from crm.models import Contact, Email
from inbox.models import Mailbox, Outgoing, Template
from inbox.sending import composer, outbox
from inbox.sync import engine
from tests.inbox.letters import reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]


def send(mailbox: Mailbox, to: str, answers: Email | None = None) -> Email:
    draft = composer.NewEmail(
        mailbox=mailbox, to=[to], subject="Our offer", text="Hello.", answers=answers
    )
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    return Email.objects.get(pk=email.pk)


@pytest.mark.rule("M21")
def test_an_answer_names_the_whole_conversation(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot, relay: Relay
) -> None:
    """So the program of whoever gets it, and of whoever is in copy, keeps it together."""
    offer = send(mailbox, aoki.email)
    dovecot.deliver(mailbox.email, reply_to(offer, sender=aoki.email, to=mailbox.email).as_bytes())
    engine.look(mailbox)
    theirs = Email.objects.latest("pk")
    send(mailbox, aoki.email, answers=theirs)
    left = message_from_bytes(relay.accepted_by(aoki.email)[-1].raw, policy=policy.default)
    assert left["In-Reply-To"] == f"<{theirs.message_id}>"
    assert left["References"].split() == [f"<{offer.message_id}>", f"<{theirs.message_id}>"]
    assert left["From"].addresses[0].addr_spec == mailbox.email


@pytest.mark.rule("M9")
def test_what_follows_a_letter_names_the_id_that_its_readers_have(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot, relay: Relay
) -> None:
    """Exchange gives a letter another id on its way; the one that we gave is named as well."""
    mailbox.change(files_sent_itself=True)
    offer = send(mailbox, aoki.email)
    copy = f"From: {mailbox.email}\r\nMessage-ID: <new@provider.test>\r\n"
    copy += f"X-Musubi-Message: {offer.message_id}\r\n\r\nHello."
    dovecot.append(mailbox.email, "Sent", copy.encode())
    engine.look(mailbox)
    send(mailbox, aoki.email, answers=offer)
    left = message_from_bytes(relay.accepted_by(aoki.email)[-1].raw, policy=policy.default)
    assert left["In-Reply-To"] == "<new@provider.test>"
    assert left["References"].split() == [f"<{offer.message_id}>", "<new@provider.test>"]


@pytest.mark.rule("M24")
@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("subject", {"subject": "For {{ contact.name }}", "text": "Hello."}),
        ("text", {"subject": "Hi", "text": "Dear {{ contact.first_name }},"}),
        ("text", {"subject": "Hi", "html": "<p>Dear {{ contact.<b>first</b>_name }},</p>"}),
    ],
)
def test_a_field_that_nobody_filled_never_leaves(
    mailbox: Mailbox, aoki: Contact, field: str, written: dict[str, str]
) -> None:
    draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], **written)
    with pytest.raises(composer.NotSendable, match="contact") as refused:
        composer.send(draft, by=mailbox.owner)
    assert refused.value.field == field
    assert not Outgoing.objects.exists()


@pytest.mark.rule("M24")
def test_a_quoted_field_is_no_field(mailbox: Mailbox, aoki: Contact) -> None:
    """Who was sent one must be able to say so, and be answered."""
    html = "<p>Sorry!</p><blockquote>Dear {{ contact.first_name }},</blockquote>"
    for body in ({"text": "Sorry!\n> Dear {{ contact.first_name }},"}, {"html": html}):
        draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], subject="Re: Hi", **body)
        assert composer.send(draft, by=mailbox.owner).status == "queued"


@pytest.mark.rule("M24")
def test_a_template_that_was_used_is_counted(mailbox: Mailbox, aoki: Contact) -> None:
    template = Template.objects.create(name="Offer", owner=mailbox.owner)
    draft = composer.NewEmail(
        mailbox=mailbox, to=[aoki.email], subject="Hi", text="Hello.", template=template
    )
    email = composer.send(draft, by=mailbox.owner)
    assert [use.email for use in template.uses.all()] == [email]


@pytest.mark.parametrize(
    "name", ["青木　由紀", "Anna\u00a0Weber", "می‌خواهم", "👩‍💻 Ann", "Ann\u200b", "Ann\tLee"]
)
def test_a_name_of_any_script_is_a_recipient(mailbox: Mailbox, name: str) -> None:
    """Wide spaces and joiners are letters to those who write with them."""
    typed = composer.written(name, "ann@aoki.example")
    draft = composer.NewEmail(mailbox=mailbox, to=[typed], subject="s", text="t")
    email = composer.send(draft, by=mailbox.owner)
    person = email.participants.get(role="to")
    assert person.address == "ann@aoki.example"
    assert person.name.split() == name.replace("\u200b", "\u200b").split()


@pytest.mark.parametrize(
    "typed",
    ["Ann\r\nBcc: eve@evil.test <ann@aoki.example>", "ann\u200b@aoki.example", "a\u2028n@b.test"],
)
def test_a_recipient_is_one_line_and_its_address_has_no_hidden_letters(
    mailbox: Mailbox, typed: str
) -> None:
    draft = composer.NewEmail(mailbox=mailbox, to=[typed], subject="s", text="t")
    with pytest.raises(composer.NotSendable):
        composer.send(draft, by=mailbox.owner)
