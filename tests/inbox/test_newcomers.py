"""Unknown people of mail that is logged: always, asked, or never (M14, M55). On a real Dovecot."""

from collections.abc import Callable
from email.message import EmailMessage

import pytest
from django.utils import timezone

from crm import strangers, timeline
from crm.models import Contact, Email, Participant, User
from inbox.models import Mailbox, Outgoing
from inbox.sending import composer, outbox
from inbox.sync import engine
from tests.factories import connect_mailbox
from tests.inbox.letters import bounce_of, reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.rule("M14")]

WISH = Mailbox.ContactCreation


def send(mailbox: Mailbox, *to: str) -> Email:
    draft = composer.NewEmail(mailbox=mailbox, to=to, subject="Our offer", text="Hello.")
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    return email


def logged(mailbox: Mailbox, dovecot: Dovecot, letter: EmailMessage | bytes) -> Email:
    raw = letter if isinstance(letter, bytes) else letter.as_bytes()
    dovecot.deliver(mailbox.email, raw)
    receipt = engine.look(Mailbox.objects.get(pk=mailbox.pk))
    assert receipt is not None and receipt.logged == 1
    return Email.objects.latest("pk")


def names() -> list[str]:
    return sorted(Contact.objects.values_list("addresses__address", flat=True))


def offered(user: User) -> list[str]:
    return sorted(person.address for person in strangers.unknown_people(user))


def test_always_makes_contacts_of_people(
    mailbox: Mailbox, dovecot: Dovecot, hana: User, ken: User
) -> None:
    mailbox.change(contact_creation=WISH.ALWAYS)
    sent = send(mailbox, '"Weber, Anna" <anna@weber.example>', "no-reply@shop.example")
    (anna,) = Contact.objects.all()
    assert (anna.first_name, anna.last_name, anna.owner) == ("Anna", "Weber", hana)
    copies = f"田中 愛子 <aiko@tanaka.example>, Ken <{ken.email}>, {mailbox.email}"
    reply = reply_to(sent, sender="anna@weber.example", to=mailbox.email, Cc=copies)
    email = logged(mailbox, dovecot, reply)
    assert names() == ["aiko@tanaka.example", "anna@weber.example"]
    for contact in Contact.objects.all():
        assert email in [row.email for row in timeline.activities_of(contact)[0]]
    assert not offered(hana)


def test_ask_offers_them(mailbox: Mailbox, dovecot: Dovecot, hana: User, ken: User) -> None:
    sent = send(mailbox, "Anna@weber.example", "no-reply@shop.example", ken.email)
    logged(mailbox, dovecot, reply_to(sent, sender="anna@weber.example", to=mailbox.email))
    assert not Contact.objects.exists()
    assert offered(hana) == ["anna@weber.example"]
    assert not offered(ken)  # mail on no record is seen by who has the mailbox


def test_never_leaves_them_alone(mailbox: Mailbox, dovecot: Dovecot, hana: User) -> None:
    mailbox.change(contact_creation=WISH.NEVER)
    sent = send(mailbox, "anna@weber.example")
    logged(mailbox, dovecot, reply_to(sent, sender="anna@weber.example", to=mailbox.email))
    assert not Contact.objects.exists() and not offered(hana)


@pytest.mark.rule("M7")
def test_who_joins_unasked_is_offered_and_never_made(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot, hana: User
) -> None:
    mailbox.change(contact_creation=WISH.ALWAYS)
    sent = send(mailbox, aoki.email)
    email = logged(mailbox, dovecot, reply_to(sent, sender="eve@evil.example", to=mailbox.email))
    assert email.new_participant
    assert names() == [aoki.email]
    assert offered(hana) == ["eve@evil.example"]


def test_an_alias_that_one_writes_from_is_nobody_new(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot, hana: User
) -> None:
    sent = send(mailbox, aoki.email)
    for wish in (WISH.ALWAYS, WISH.ASK):
        mailbox.change(contact_creation=wish)
        own = reply_to(sent, sender="Sales <sales@alias.example>", to=aoki.email)
        dovecot.append(mailbox.email, "Sent", own.as_bytes())
        receipt = engine.look(Mailbox.objects.get(pk=mailbox.pk))
        assert receipt is not None and receipt.logged == 1
        assert names() == [aoki.email] and not offered(hana)


@pytest.mark.rule("M52")
def test_a_proven_alias_in_a_copy_is_nobody_new(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot, hana: User
) -> None:
    mailbox.identities.create(address="sales@alias.example", proven_at=timezone.now())
    mailbox.identities.create(address="other@alias.example")  # not proven: anybody may claim it
    sent = send(mailbox, aoki.email)
    copies = "Sales@Alias.example, sales+aoki@alias.example, other@alias.example"
    reply = reply_to(sent, sender=aoki.email, to=mailbox.email, Cc=copies)
    mailbox.change(contact_creation=WISH.ASK)
    logged(mailbox, dovecot, reply)
    assert offered(hana) == ["other@alias.example"]


@pytest.mark.rule("M55")
@pytest.mark.parametrize(
    "field",
    [("List-Id", "<x.y>"), ("Auto-Submitted", "auto-replied"), ("Precedence", "bulk")],
    ids=lambda field: field[0],
)
def test_newsletters_and_robots_make_no_contacts(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot, hana: User, field: tuple[str, str]
) -> None:
    mailbox.change(contact_creation=WISH.ALWAYS)
    sent = send(mailbox, aoki.email)
    reply = reply_to(sent, sender=aoki.email, to=mailbox.email, Cc="all@lists.example")
    reply[field[0]] = field[1]
    logged(mailbox, dovecot, reply)
    assert names() == [aoki.email] and not offered(hana)


def test_a_report_makes_no_contact(
    mailbox: Mailbox, aoki: Contact, dovecot: Dovecot, hana: User, relay: Relay
) -> None:
    mailbox.change(contact_creation=WISH.ALWAYS)
    send(mailbox, aoki.email)
    raw = relay.accepted_by(aoki.email)[0].raw
    logged(mailbox, dovecot, bounce_of(raw, recipient=aoki.email, to=mailbox.email))
    assert names() == [aoki.email] and not offered(hana)


def test_a_mailbox_that_is_connected_later_is_no_stranger(
    mailbox: Mailbox, trusted: Dovecot, mail_user: Callable[..., str], hana: User, ken: User
) -> None:
    later = mail_user("ken")
    send(mailbox, later)
    assert offered(hana) == [later]
    connect_mailbox(ken, trusted, later)
    assert not offered(hana)
    assert not Participant.objects.filter(stranger=True).exists()
