"""Rows for tests, by plain functions: a test says what matters to it, the rest is filled in."""

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from crm import timeline
from crm.models import (
    Activity,
    Company,
    Contact,
    Deal,
    Email,
    Note,
    Participant,
    Pipeline,
    Stage,
    Team,
    Thread,
    User,
)
from inbox.connect import joining
from inbox.mime.ids import normal
from inbox.models import Credential, Folder, Mailbox, MessageId
from inbox.models.mailboxes import LEARNT
from inbox.wire.account import Settings
from tests.servers.imap_script import ImapScript
from tests.servers.ordinary import PASSWORD, MailServer

_numbers = itertools.count(1)


def make_team(name: str = "Sales") -> Team:
    return Team.objects.get_or_create(name=name)[0]


def make_user(name: str = "", **values: Any) -> User:
    """A person with the password "correct horse"; the address is made of the name."""
    name = name or f"User {next(_numbers)}"
    email = values.pop("email", f"{name.lower().replace(' ', '')}@musubi.test")
    return User.objects.create_user(
        email, values.pop("password", "correct horse"), name=name, **values
    )


def make_company(name: str = "", **values: Any) -> Company:
    return Company.objects.create(name=name or f"Company {next(_numbers)}", **values)


def make_contact(email: str | None = None, **values: Any) -> Contact:
    """A contact with one address; none for ""."""
    number = next(_numbers)
    values.setdefault("last_name", f"Customer {number}")
    return Contact.add(email=f"customer{number}@example.test" if email is None else email, **values)


def make_stage(outcome: str = Stage.Outcome.OPEN, **values: Any) -> Stage:
    pipeline = values.pop("pipeline", None) or Pipeline.objects.first()
    pipeline = pipeline or Pipeline.objects.create(name="Sales")
    values.setdefault("name", f"Stage {next(_numbers)}")
    return Stage.objects.create(pipeline=pipeline, outcome=outcome, **values)


def make_deal(*contacts: Contact, **values: Any) -> Deal:
    values.setdefault("name", f"Deal {next(_numbers)}")
    deal = Deal.objects.create(stage=values.pop("stage", None) or make_stage(), **values)
    deal.contacts.set(contacts)
    return deal


def make_note(contact: Contact, text: str = "They called.", **values: Any) -> Note:
    activity = _activity(Activity.Kind.NOTE, values)
    note = Note.objects.create(activity=activity, text=text)
    timeline.record(activity, contacts=[contact])
    return note


def make_email(contact: Contact, **values: Any) -> Email:
    """An e-mail from a contact, as a look would have logged it, with the id it is known by."""
    activity = _activity(Activity.Kind.EMAIL, values)
    values.setdefault("subject", f"Letter {next(_numbers)}")
    values.setdefault("message_id", f"<{next(_numbers)}@customer.test>")
    values.setdefault("direction", Email.Direction.INCOMING)
    values.setdefault("source", Email.Source.REPLY)
    values.setdefault("text", "Good morning.")
    values.setdefault("reply_length", len(values["text"]))
    thread = values.pop("thread", None) or Thread.objects.create(subject=values["subject"])
    email = Email.objects.create(activity=activity, thread=thread, **values)
    MessageId.objects.note(normal(email.message_id), email)
    Participant.objects.create(
        email=email, role="from", name=contact.name, address=contact.email, contact=contact
    )
    timeline.record(activity, contacts=[contact], thread=thread)
    return email


def make_mailbox(owner: User, **values: Any) -> Mailbox:
    """A connected mailbox as a row; no server answers for it (connect_mailbox: a real one)."""
    email = values.setdefault("email", owner.email)
    values.setdefault("username", email)
    values.setdefault("imap_host", "imap.example.test")
    values.setdefault("smtp_host", "smtp.example.test")
    values.setdefault("state", Mailbox.State.CONNECTED)
    values.setdefault("sent_habit", -LEARNT)  # known to leave the copy in Sent to us: at once
    roles: Sequence[str] = values.pop("folders", (Folder.Role.INBOX, Folder.Role.SENT))
    mailbox = Mailbox.objects.create(owner=owner, **values)
    Credential.objects.create(mailbox=mailbox, password=PASSWORD)
    for role in roles:
        mailbox.folders.create(name=role.upper() if role == "inbox" else role.title(), role=role)
    return mailbox


def scripted_mailbox(owner: User, server: ImapScript, **values: Any) -> Mailbox:
    """Of a server that answers as the test has written; its INBOX alone is looked at."""
    there = {"imap_host": "localhost", "imap_port": server.port, "imap_security": "none"}
    return make_mailbox(owner, folders=["inbox"], **there, **values)


def connect_mailbox(
    owner: User, server: MailServer, email: str, *, choices: joining.Choices | None = None
) -> Mailbox:
    """A mailbox of a real server, connected as the wizard does it: over TLS, tested, from now on.

    The test wants INBOX_CA_FILE to name the server's authority (the fixture `trusted`).
    """
    account = Settings(
        email=email,
        username=email,
        password=PASSWORD,
        imap_host="localhost",
        imap_port=server.imaps,
        imap_security="tls",
        smtp_host="localhost",
        smtp_port=server.submissions,
        smtp_security="tls",
    )
    mailbox = joining.connect(account, choices or joining.Choices(), owner=owner)
    mailbox.change(sent_habit=-LEARNT)  # known to leave the copy in Sent to us: at once
    return mailbox


def _activity(kind: str, values: dict[str, Any]) -> Activity:
    at: datetime = values.pop("at", None) or timezone.now()
    return Activity.objects.create(kind=kind, at=at, by=values.pop("by", None))
