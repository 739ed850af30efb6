"""The logging address, by Bcc and by forwarding: who may use it, and what is logged; on Dovecot."""

from collections.abc import Callable
from email.message import EmailMessage

import pytest
from django.conf import settings

from crm import timeline
from crm.models import Contact, Email, User
from inbox.mime import own_ids
from inbox.models import HeadersRead, LogSecret, Mailbox, MessageId, NeverLog, Reading
from inbox.sync import engine
from inbox.sync.visit import Receipt
from tests.factories import connect_mailbox, make_email, make_mailbox
from tests.inbox.letters import letter
from tests.servers.dovecot import Dovecot

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.rule("M16")]
TRUSTED = "mx.example.test; dkim=pass header.d=musubi.test"
FORWARDED = """For the file.

---------- Forwarded message ---------
From: Yuki Aoki <{sender}>
Date: Tue, Mar 17, 2026 at 10:24 AM
Subject: Order 4711
To: Hana <hana@musubi.test>, <{log}>


We order forty.
"""


@pytest.fixture
def logging(mio: User, trusted: Dovecot, mail_user: Callable[..., str]) -> Mailbox:
    """A mailbox that an admin has made the organisation's logging address."""
    mailbox = connect_mailbox(mio, trusted, mail_user("log"))
    mailbox.change(logs_mail=True)
    return mailbox


@pytest.fixture
def address(logging: Mailbox, hana: User) -> str:
    """Where hana logs: with her secret behind the plus."""
    return LogSecret.of(hana).address_at(logging.email)


def look(mailbox: Mailbox) -> Receipt:
    receipt = engine.look(Mailbox.objects.get(pk=mailbox.pk))
    assert receipt is not None
    return receipt


def newest(contact: Contact) -> Email:
    found: Email = timeline.activities_of(contact)[0][0].email
    return found


def forward(hana: User, to: str, sender: str = "yuki@aoki.example", **more: str) -> EmailMessage:
    text = FORWARDED.format(sender=sender, log=to)
    return letter(sender=hana.email, to=to, subject="Fwd: Order 4711", text=text, **more)


@pytest.mark.rule("M15")
def test_a_blind_copy_logs_an_outgoing_letter(
    logging: Mailbox, address: str, hana: User, aoki: Contact, dovecot: Dovecot
) -> None:
    """Its To names the customer alone; where it was delivered, the server writes."""
    own = letter(sender=f"Hana <{hana.email}>", to=aoki.email, subject="Our offer")
    dovecot.deliver(address, own.as_bytes())
    assert look(logging).logged == 1
    email = newest(aoki)
    assert (email.source, email.reason_rule, email.direction) == ("bcc", "bcc", "outgoing")
    assert email.activity.by == hana
    assert email.reason_text == Reading.objects.get().text
    assert [p.address for p in email.participants.filter(role="to")] == [aoki.email]


def test_a_visible_copy_does_too_and_the_secret_stays_one(
    logging: Mailbox, address: str, hana: User, aoki: Contact, dovecot: Dovecot
) -> None:
    logging.change(contact_creation="always")
    own = letter(sender=hana.email, to=aoki.email, Cc=address)
    dovecot.deliver(address, own.as_bytes())
    assert look(logging).logged == 1
    people = newest(aoki).participants.values_list("address", flat=True)
    assert set(people) == {hana.email, aoki.email}
    assert not Contact.objects.with_addresses([address, logging.email])


@pytest.mark.rule("M15")
def test_a_forward_logs_what_it_passes_on(
    logging: Mailbox, address: str, hana: User, aoki: Contact, dovecot: Dovecot
) -> None:
    dovecot.deliver(address, forward(hana, address, aoki.email).as_bytes())
    assert look(logging).logged == 1
    email = newest(aoki)
    assert (email.source, email.reason_rule, email.direction) == ("forward", "forward", "incoming")
    assert (email.subject, email.text) == ("Order 4711", "We order forty.")
    assert email.participants.get(role="from").contact == aoki
    assert address not in email.participants.values_list("address", flat=True)
    assert email.activity.at.date().isoformat() == "2026-03-17"
    assert email.activity.by == hana
    assert not email.new_participant


def test_the_same_forward_twice_is_one_email(
    logging: Mailbox, address: str, hana: User, aoki: Contact, dovecot: Dovecot
) -> None:
    for _time in range(2):
        dovecot.deliver(address, forward(hana, address, aoki.email).as_bytes())
        look(logging)
    assert Email.objects.count() == 1


def test_a_thread_that_was_forwarded_is_followed(
    logging: Mailbox,
    address: str,
    hana: User,
    aoki: Contact,
    dovecot: Dovecot,
    mail_user: Callable[..., str],
) -> None:
    """The forward names the original; a later answer to that is found in hana's own mailbox."""
    mine = connect_mailbox(hana, dovecot, mail_user("hana"))
    passed_on = forward(hana, address, aoki.email, answers="<orig@aoki.example>")
    dovecot.deliver(address, passed_on.as_bytes())
    look(logging)
    again = letter(sender=aoki.email, to=mine.email, answers="<orig@aoki.example>")
    dovecot.deliver(mine.email, again.as_bytes())
    assert look(mine).logged == 1
    assert newest(aoki).thread == Email.objects.get(source="forward").thread


def test_an_attached_message_with_its_files_is_logged(
    logging: Mailbox, address: str, hana: User, aoki: Contact, dovecot: Dovecot
) -> None:
    inner = letter(sender=aoki.email, to=hana.email, subject="Order 4712")
    inner.add_attachment(b"%PDF", "application", "pdf", filename="order.pdf")
    outer = letter(sender=hana.email, to=address, subject="Fwd")
    outer.add_attachment(inner)
    dovecot.deliver(address, outer.as_bytes())
    assert look(logging).logged == 1
    email = newest(aoki)
    assert (email.subject, email.source) == ("Order 4712", "forward")
    assert email.message_id == str(inner["Message-ID"]).strip("<>")
    assert [file.name for file in email.activity.files.all()] == ["order.pdf"]


@pytest.mark.rule("M10")
def test_each_letter_of_a_forward_has_its_place_in_the_mailbox(
    logging: Mailbox, address: str, hana: User, aoki: Contact, dovecot: Dovecot
) -> None:
    outer = letter(sender=hana.email, to=address)
    for number in range(3):
        outer.add_attachment(letter(sender=aoki.email, to=hana.email, subject=f"No. {number}"))
    for _time in range(2):  # the second time each is known
        dovecot.deliver(address, outer.as_bytes())
        look(logging)
    uids = dovecot.uids(logging.email)
    for email in Email.objects.all():
        assert sorted(email.copies.values_list("uid", flat=True)) == uids
    assert Email.objects.count() == 3


@pytest.fixture
def mine(hana: User, dovecot: Dovecot, mail_user: Callable[..., str], logging: Mailbox) -> Mailbox:
    """Hana's own mailbox, which logs all mail with contacts."""
    found = connect_mailbox(hana, dovecot, mail_user("hana"))
    found.change(scope="contacts")
    return found


@pytest.mark.rule("M10")
@pytest.mark.parametrize("first", ["forward", "original"])
def test_a_forward_that_names_what_it_passes_on_is_that_message(
    logging: Mailbox,
    address: str,
    hana: User,
    aoki: Contact,
    dovecot: Dovecot,
    mine: Mailbox,
    first: str,
) -> None:
    """Thunderbird does. In a forward the time is told to the minute, and without a zone."""
    original = letter(
        sender=aoki.email, to=mine.email, subject="Order 4711", message_id="<orig@aoki.example>"
    )
    named = {"X_Forwarded_Message_Id": "<orig@aoki.example>", "references": "<x@y> <older@y.test>"}
    passed_on = forward(hana, address, aoki.email, **named)
    both = [(logging, address, passed_on), (mine, mine.email, original)]
    for box, to, message in both if first == "forward" else reversed(both):
        dovecot.deliver(to, message.as_bytes())
        look(box)
    email = Email.objects.get()
    assert set(email.copies.values_list("mailbox", flat=True)) == {logging.pk, mine.pk}
    answer = letter(sender="boss@aoki.example", to=mine.email, answers="<orig@aoki.example>")
    dovecot.deliver(mine.email, answer.as_bytes())
    assert look(mine).logged == 1
    assert Email.objects.filter(thread=email.thread).count() == 2


@pytest.mark.rule("M46")
@pytest.mark.parametrize("claimed", ["another's", "forged", "two"])
def test_an_id_that_a_forward_merely_claims_puts_nothing_in_the_place_of_another(
    logging: Mailbox,
    address: str,
    hana: User,
    aoki: Contact,
    weber: Contact,
    dovecot: Dovecot,
    claimed: str,
) -> None:
    known = make_email(weber, message_id="known@weber.example", subject="Order 4711")
    forged = f"{own_ids.marker(settings.MESSAGE_ID_KEYS)}.guess.guess@musubi.test"
    names = {"another's": "<known@weber.example>", "forged": f"<{forged}>", "two": "<a@b> <c@d>"}
    named = {"X_Forwarded_Message_Id": names[claimed]}
    dovecot.deliver(address, forward(hana, address, aoki.email, **named).as_bytes())
    assert look(logging).logged == 1
    assert newest(aoki) != known and newest(aoki).subject == "Order 4711"
    assert not known.copies.exists()
    assert not MessageId.objects.filter(value__in=[forged, "a@b", "c@d"]).exists()


def test_ones_own_letter_that_is_forwarded_is_outgoing(
    logging: Mailbox, address: str, hana: User, aoki: Contact, dovecot: Dovecot
) -> None:
    make_mailbox(hana)
    inner = letter(sender=hana.email, to=aoki.email)
    outer = letter(sender=hana.email, to=address)
    outer.add_attachment(inner)
    dovecot.deliver(address, outer.as_bytes())
    look(logging)
    assert newest(aoki).direction == "outgoing"


@pytest.mark.rule("M13")
def test_a_forward_without_anything_in_it_is_in_the_ledger_alone(
    logging: Mailbox, address: str, hana: User, dovecot: Dovecot
) -> None:
    dovecot.deliver(address, letter(sender=hana.email, to=address, text="Log this!").as_bytes())
    receipt = look(logging)
    assert (receipt.bodies_read, receipt.logged) == (1, 0)
    assert Reading.objects.get().email is None
    assert not Email.objects.exists()


@pytest.mark.rule("M6")
def test_the_rest_is_left_alone_and_counted(
    logging: Mailbox, address: str, hana: User, aoki: Contact, dovecot: Dovecot
) -> None:
    dovecot.deliver(address, letter(sender=aoki.email, to=address).as_bytes())
    dovecot.deliver(logging.email, forward(hana, logging.email).as_bytes())  # her name, no proof
    guessed = logging.email.replace("@", "+guess@")
    dovecot.deliver(guessed, forward(hana, guessed).as_bytes())
    receipt = look(logging)
    assert (receipt.headers_read, receipt.bodies_read, receipt.logged) == (3, 0, 0)
    day = HeadersRead.objects.get(mailbox=logging)
    assert (day.not_ours, day.unproven, day.never_log) == (1, 2, 0)
    assert not Reading.objects.exists()


@pytest.mark.parametrize(
    ("results", "logged"),
    [
        ([TRUSTED], 1),
        (["mx.evil.test; dkim=pass header.d=musubi.test"], 0),
        (["mx.example.test; dkim=fail header.d=musubi.test", TRUSTED], 0),
        ([], 0),
    ],
    ids=["passed", "by somebody else", "below a failure", "not told"],
)
def test_where_the_server_tells_its_topmost_word_decides(
    logging: Mailbox,
    address: str,
    hana: User,
    aoki: Contact,
    dovecot: Dovecot,
    results: list[str],
    logged: int,
) -> None:
    logging.change(authserv_id="mx.example.test")
    own = forward(hana, address, aoki.email).as_bytes()
    above = "".join(f"Authentication-Results: {each}\n" for each in results).encode()
    dovecot.deliver(address, above + own)
    assert look(logging).logged == logged
    assert HeadersRead.objects.get(mailbox=logging).unproven == 1 - logged


@pytest.mark.rule("M11")
@pytest.mark.parametrize("inline", [True, False])
def test_a_never_log_list_covers_what_is_forwarded_too(
    logging: Mailbox, address: str, hana: User, aoki: Contact, dovecot: Dovecot, inline: bool
) -> None:
    NeverLog.objects.create(entry=aoki.email.partition("@")[2])
    outer = letter(sender=hana.email, to=address)
    outer.add_attachment(letter(sender=aoki.email, to=hana.email))
    message = forward(hana, address, aoki.email) if inline else outer
    dovecot.deliver(address, message.as_bytes())
    assert look(logging).logged == 0
    assert not Email.objects.exists()


def test_a_person_who_left_logs_nothing(
    logging: Mailbox, address: str, hana: User, aoki: Contact, dovecot: Dovecot
) -> None:
    hana.is_active = False
    hana.save()
    dovecot.deliver(address, forward(hana, address, aoki.email).as_bytes())
    assert look(logging).bodies_read == 0


@pytest.mark.rule("M10")
@pytest.mark.parametrize(("subject", "emails"), [("Order 4711", 1), ("Order 4712", 2)])
def test_what_is_on_the_timeline_already_is_not_logged_again_from_a_forward(
    subject: str,
    emails: int,
    logging: Mailbox,
    address: str,
    hana: User,
    aoki: Contact,
    dovecot: Dovecot,
    mail_user: Callable[..., str],
) -> None:
    """It was found in her mailbox; the forward retells no id of it."""
    own = connect_mailbox(hana, dovecot, mail_user("hana"))
    own.change(scope=Mailbox.Scope.CONTACTS)
    order = letter(sender=aoki.email, to=own.email, subject=subject)
    del order["Date"]
    order["Date"] = "Tue, 17 Mar 2026 10:24:31 +0000"
    dovecot.deliver(own.email, order.as_bytes())
    assert look(own).logged == 1
    dovecot.deliver(address, forward(hana, address).as_bytes())
    look(logging)
    assert Email.objects.count() == emails


@pytest.mark.parametrize("date", ["0001-01-01 00:00", "9999-12-31 23:59"])
def test_a_date_at_the_edge_of_the_calendar_is_one(
    date: str, logging: Mailbox, address: str, hana: User, dovecot: Dovecot
) -> None:
    text = FORWARDED.format(sender="yuki@aoki.example", log=address)
    text = text.replace("Tue, Mar 17, 2026 at 10:24 AM", date)
    sent = letter(sender=hana.email, to=address, subject="Fwd: Order 4711", text=text)
    dovecot.deliver(address, sent.as_bytes())
    assert look(logging).logged == 1
