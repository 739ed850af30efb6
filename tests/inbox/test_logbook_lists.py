"""A list of messages makes the rows that the same messages make one by one (M10, M27, M60)."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from crm import privacy
from crm.models import (
    Association,
    Contact,
    Email,
    Notice,
    Participant,
    Reader,
    Thread,
    User,
)
from inbox import logbook
from inbox.arrivals import Arrival
from inbox.models import AwaitedId, Mailbox, MessageId, Outgoing
from tests.factories import make_deal, make_email, make_mailbox
from tests.inbox.letters import arrival_of, bounce_of, letter

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("RANDOM_EXAMPLES", "25"))
START = datetime(2026, 11, 2, 9, tzinfo=UTC)
OURS, THEIRS, SECRET = "ours@crm.test", "theirs@customer.test", "secret@crm.test"
PEOPLE = [
    "yuki@aoki.example",
    "Anna@weber.example",
    "eve@new.example",
    "Eve <EVE@new.example>",
    "adam@new.example",
    "hana@musubi.test",
    "ken@musubi.test",
    "no-reply@shop.example",
]
SUBJECTS = ["Re: Offer", "Offer", "Party", "Re: Party", ""]
KINDS = ["person"] * 5 + ["absent", "list", "bounce"]


@dataclass(frozen=True)
class Spec:
    """`names` are what it names, the nearest first: known e-mails, or letters of the list by their
    number, be they earlier, later, itself or never there."""

    names: Sequence[int | str]
    sender: str
    to: str
    cc: str
    subject: str
    kind: str
    rule: str
    outgoing: bool
    again: bool  # the one before it, once more


specs = st.builds(
    Spec,
    names=st.lists(
        st.one_of(st.integers(0, 7), st.sampled_from([OURS, THEIRS, SECRET])), max_size=3
    ),
    sender=st.sampled_from(PEOPLE),
    to=st.sampled_from(PEOPLE),
    cc=st.sampled_from(PEOPLE),
    subject=st.sampled_from(SUBJECTS),
    kind=st.sampled_from(KINDS),
    rule=st.sampled_from(["reply", "reply", "reply", "folder", "contact", "forward"]),
    outgoing=st.booleans(),
    again=st.sampled_from([False, False, False, True]),
)


def arrivals(mailbox: Mailbox, plan: Sequence[Spec]) -> list[Arrival]:
    found: list[Arrival] = []
    for number, spec in enumerate(plan):
        found.append(found[-1] if spec.again and found else arrival(mailbox, number, spec))
    return found


def arrival(mailbox: Mailbox, number: int, spec: Spec) -> Arrival:
    return arrival_of(
        raw_of(number, spec),
        mailbox,
        arrived_at=START + timedelta(minutes=number // 2),
        identity=f"{number}@list.test",
        rule=spec.rule,
        known_id=OURS,
        outgoing=spec.outgoing,
    )


def raw_of(number: int, spec: Spec) -> bytes:
    if spec.kind == "bounce":
        returned = f"Message-ID: <{spec.names[0] if spec.names else OURS}>\r\n\r\n".encode()
        return bounce_of(returned, recipient="yuki@aoki.example", to="hana@musubi.test")
    names = [f"<{n}@list.test>" if isinstance(n, int) else f"<{n}>" for n in spec.names]
    machine = {"absent": {"Auto_Submitted": "auto-replied"}, "list": {"List_Id": "<x.y>"}}
    message: EmailMessage = letter(
        sender=spec.sender,
        to=spec.to,
        subject=spec.subject,
        answers=names[0] if names else "",
        references=" ".join(reversed(names)),
        message_id=f"<{number}@list.test>",
        Cc=spec.cc,
        **machine.get(spec.kind, {}),
    )
    return message.as_bytes()


@pytest.fixture
def mailbox(hana: User, ken: User, aoki: Contact, weber: Contact) -> Mailbox:
    """An offer of ours of which nobody knows whether it arrived, an e-mail of theirs, and a private
    one of Ken's to somebody else."""
    found = make_mailbox(hana, contact_creation="always")
    first = {"direction": "outgoing", "by": hana, "status": "unknown"}
    ours = make_email(aoki, message_id=OURS, subject="Offer", at=START, **first)
    due = {"due_at": START, "claimed_until": START}
    Outgoing.objects.create(email=ours, mailbox=found, state="unknown", token=OURS, **due)
    make_email(weber, message_id=THEIRS, subject="Party", at=START)
    secret = make_email(weber, message_id=SECRET, subject="Offer", by=ken, at=START)
    privacy.set_thread_private(secret.thread, [secret], private=True)
    for _number in range(7):
        make_deal(aoki, weber)
    return found


def names_of_threads(name: dict[int, str]) -> dict[int, str]:
    """By the names of their e-mails."""
    members: dict[int, list[str]] = {}
    for thread, pk in Email.objects.values_list("thread", "pk"):
        members.setdefault(thread, []).append(name[pk])
    return {pk: " ".join(sorted(names)) for pk, names in members.items()}


def picture() -> dict[str, list[Any]]:
    """All that was written, without the numbers of rows."""
    name = dict(MessageId.objects.exclude(email=None).values_list("email", "value"))
    threads = names_of_threads(name)
    contacts = {contact.pk: contact.email for contact in Contact.objects.all()}

    def rows(found: Any, *fields: str) -> list[Any]:
        return sorted(repr(row) for row in found.values_list(*fields))

    emails = Email.objects.order_by().select_related("activity")
    fields = (
        "subject direction apart new_participant auto_reply unproven private visibility status "
        "error waits settled text reply_length source reason_message_id"
    )
    return {
        "emails": sorted(
            repr([name[e.pk], threads[e.thread_id], name.get(e.answers_id), e.activity.at])
            + repr([getattr(e, field) for field in fields.split()])
            for e in emails
        ),
        "threads": sorted(
            repr([threads.get(t.pk), t.subject, t.state, t.stands_at, t.private])
            + repr([name.get(t.newest_id), t.whose_id])
            for t in Thread.objects.exclude(emails=None)
        ),
        "ids": rows(MessageId.objects, "value", "origin", "dated"),
        "waiting": sorted(
            repr([name[row.email_id], row.value, row.distance]) for row in AwaitedId.objects.all()
        ),
        "people": sorted(
            repr([name[p.email_id], p.role, p.name, p.address, p.position, p.stranger, p.status])
            + repr(contacts.get(p.contact_id))
            for p in Participant.objects.all()
        ),
        "contacts": rows(Contact.objects, "first_name", "last_name", "owner", "addresses__address"),
        "records": sorted(
            repr([name[a.activity_id], contacts.get(a.contact_id), a.company_id, a.deal_id, a.at])
            + repr(threads[a.thread_id])
            for a in Association.objects.all()
        ),
        "readers": sorted(
            repr([name[r.email_id], r.user_id, r.let_in]) for r in Reader.objects.all()
        ),
        "told": sorted(
            repr([n.user_id, n.kind, n.values.get("subject"), n.values.get("name")])
            + repr(contacts.get(n.values.get("contact")))
            for n in Notice.objects.all()
        ),
        "sent": rows(Outgoing.objects, "state", "sent_at", "copy_due_at"),
    }


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def names_of(emails: Sequence[Email | None]) -> list[str]:
    return [email.message_id if email else "" for email in emails]


@pytest.mark.rule("M7")
@pytest.mark.rule("M10")
@pytest.mark.rule("M27")
def test_a_list_makes_the_rows_that_one_by_one_makes(mailbox: Mailbox) -> None:
    @settings(max_examples=EXAMPLES, database=None)
    @given(st.sampled_from(["always", "ask", "never"]), st.lists(specs, min_size=2, max_size=8))
    def holds(wish: str, plan: list[Spec]) -> None:
        mailbox.contact_creation = wish
        found = arrivals(mailbox, plan)
        with undone():
            alone = names_of([email for one in found for email in logbook.log_found([one])])
            one_by_one = picture()
        with undone():
            together = names_of(logbook.log_found(found))
            at_once = picture()
        assert together == alone
        assert at_once == one_by_one

    holds()


@pytest.mark.rule("M60")
def test_the_number_of_statements_does_not_depend_on_the_length(mailbox: Mailbox) -> None:
    """Each answers another one, or is the first of a thread; with people who are new, and with a
    copy that is logged already."""

    def statements(length: int) -> int:
        plan = [
            ordinary(number, [number - 2] if number > 1 else [[], [SECRET]][number])
            for number in range(length)
        ]
        with undone(), CaptureQueriesContext(connection) as captured:
            logbook.log_found([*arrivals(mailbox, plan), arrival(mailbox, 0, plan[0])])
        return len(captured)

    assert statements(4) == statements(14) < 45


def ordinary(number: int, names: Sequence[int | str]) -> Spec:
    new = f"p{number}@new.example"
    return Spec(names, PEOPLE[0], PEOPLE[5], new, SUBJECTS[0], "person", "folder", False, False)
