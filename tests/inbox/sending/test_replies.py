"""Whom a reply goes to, and from where."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone, translation

from crm.models import Contact, Email, User
from inbox.mime import quotes
from inbox.sending.replies import quotation, reply_to, subject
from tests.factories import make_email, make_mailbox


def add(email: Email, role: str, address: str, name: str = "") -> None:
    email.participants.create(role=role, address=address, name=name)


def test_to_the_sender_from_the_mailbox_it_came_to(aoki: Contact, hana: User) -> None:
    others = make_mailbox(hana, email="other@musubi.test", imap_host="b.test")
    own = make_mailbox(hana)
    email = make_email(aoki, subject="Offer")
    add(email, "to", hana.email)
    reply = reply_to(email, [others, own])
    assert (reply.mailbox, reply.to, reply.cc) == (own, "Yuki Aoki <yuki@aoki.example>", "")


def test_reply_to_is_where_the_sender_wants_it(aoki: Contact) -> None:
    email = make_email(aoki)
    add(email, "reply_to", "office@aoki.example")
    assert reply_to(email, []).to == "office@aoki.example"


def test_to_all_leaves_oneself_out(aoki: Contact, hana: User) -> None:
    own = make_mailbox(hana)
    email = make_email(aoki)
    add(email, "to", hana.email.upper())
    add(email, "to", "kenji@aoki.example", 'Kenji "K" Mori\r\nBcc: x')
    add(email, "cc", "boss@aoki.example")
    reply = reply_to(email, [own], everybody=True)
    assert reply.to == "Yuki Aoki <yuki@aoki.example>"
    assert reply.cc == '"Kenji K MoriBcc: x" <kenji@aoki.example>, boss@aoki.example'


def test_after_ones_own_mail_it_goes_to_the_same_people(aoki: Contact, hana: User) -> None:
    own = make_mailbox(hana)
    email = make_email(aoki, direction=Email.Direction.OUTGOING)
    email.participants.all().delete()
    add(email, "from", hana.email)
    add(email, "to", "yuki@aoki.example")
    assert reply_to(email, [own]).to == "yuki@aoki.example"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Offer", "Re: Offer"),
        ("RE: Offer", "RE: Offer"),
        ("AW: x", "AW: x"),
        ("Re[2]: x", "Re[2]: x"),
        ("返信:見積", "返信:見積"),
        ("Report", "Re: Report"),
        ("", "Re:"),
    ],
)
def test_one_re_is_enough(before: str, after: str) -> None:
    assert subject(before) == after


WORDS = "Shall we?\n\n> No hurry.\nYuki"


def test_it_quotes_the_new_words_alone(aoki: Contact) -> None:
    at = datetime(2026, 5, 3, 10, 24, tzinfo=UTC)
    email = make_email(aoki, text=f"{WORDS}\n\n> older", reply_length=len(WORDS), at=at)
    assert reply_to(email, []).quote == (
        "On 3 May 2026, 10:24, Yuki Aoki <yuki@aoki.example> wrote:\n"
        "> Shall we?\n>\n>> No hurry.\n> Yuki"
    )
    assert quotation(make_email(aoki, text="", html="<p>A picture.</p>")) == ""


@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_it_quotes_is_known_again_as_quoted(aoki: Contact, language: str) -> None:
    with translation.override(language):
        text = f"Yes, gladly.\n\n{quotation(make_email(aoki, text=WORDS))}"
    assert quotes.split(text)[0] == "Yes, gladly."


@pytest.mark.rule("M52")
def test_from_the_address_that_it_was_written_to(aoki: Contact, hana: User) -> None:
    own = make_mailbox(hana)
    own.identities.create(address="sales@musubi.test", proven_at=timezone.now())
    own.identities.create(address="info@musubi.test")  # not proven
    email = make_email(aoki)
    add(email, "to", "info@musubi.test")
    add(email, "cc", "Sales@musubi.test")
    reply = reply_to(email, [own], everybody=True)
    assert (reply.mailbox, reply.sender, reply.cc) == (
        own,
        "sales@musubi.test",
        "info@musubi.test",
    )
