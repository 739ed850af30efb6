"""From what a person wrote to an e-mail on the timeline and an Outgoing that is due (M21, M23)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import timeline
from crm.models import Company, Deal, Email, Participant, User
from inbox import merge_fields
from inbox.connect.limits import MEGABYTE, limits_of
from inbox.files import StoredFile, store_files
from inbox.logbook import Letter, log_outgoing
from inbox.mime import own_ids
from inbox.mime.addresses import in_one_line
from inbox.mime.text import text_of_html
from inbox.mime.types import Address, ParsedAttachment
from inbox.models import Mailbox, MessageId, Outgoing, Template, TemplateUse
from inbox.models.identities import proven_sender
from inbox.sending import addressing, kept, repeats, server_limits

LONGEST_DOMAIN = 40  # of an id, which is to stay short (own_ids)


class NotSendable(Exception):
    """What was written cannot be sent; `field` says where, the words say what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True)
class NewEmail:
    """What a person wrote. Addresses as typed: "Ann <ann@a.example>, bob@b.example"."""

    mailbox: Mailbox
    to: Sequence[str]
    subject: str
    text: str = ""
    html: str = ""
    passed_on: tuple[str, str] = ("", "")  # the end of each that somebody else wrote: a forward
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    files: Sequence[ParsedAttachment] = ()
    stored: Sequence[StoredFile] = ()  # files whose bytes are in the storage by now
    answers: Email | None = None
    send_at: datetime | None = None
    idempotency_key: str | None = None
    asked: repeats.Asked | None = None  # the request that the key stands for, and no other
    on: Sequence[Company | Deal] = ()  # what it stands on beside its recipients' records
    unsubscribe_url: str = ""  # becomes List-Unsubscribe and its one press (M25)
    undo_seconds: int = 0  # how long it waits for second thoughts (M26)
    template: Template | None = None  # what it was written with: its uses are counted (M24)
    holds: bool = False  # with `send_at`: asks first where they write before it leaves
    sender: str = ""  # one of the mailbox's proven addresses (M52); "": its own


def send(draft: NewEmail, *, by: User) -> Email:
    """Log it and make it due, in one transaction; the worker sends it. Raises NotSendable.

    A second draft with the same idempotency key is answered with the e-mail of the first; one that
    `asked` for something else is refused.
    """
    before = _sent_before(draft)
    if before:
        return before
    draft = replace(draft, text=kept.storable(draft.text), html=kept.storable(draft.html))
    sender = _proven(draft, by)
    recipients = _recipients(draft)
    _refuse_unsendable(draft, recipients)
    files = store_files(replace(file, name=kept.storable(file.name)) for file in draft.files)
    return _log(draft, by, [(Participant.Role.FROM, sender), *recipients], [*files, *draft.stored])


@transaction.atomic
def _log(
    draft: NewEmail, by: User, people: list[tuple[str, Address]], files: list[StoredFile]
) -> Email:
    Mailbox.objects.select_for_update().get(pk=draft.mailbox.pk)  # one of two equal keys waits
    before = _sent_before(draft)
    if before:
        return before
    now = timezone.now()
    text, html = kept.body(draft.text, draft.html)
    email = log_outgoing(
        Letter(
            mailbox=draft.mailbox,
            by=by,
            at=draft.send_at or now,
            message_id=own_ids.make(_domain(draft.mailbox), settings.MESSAGE_ID_KEYS),
            recipients=people,
            subject=kept.subject(draft.subject),
            text=text,
            html=html,
            answers=draft.answers,
        ),
        files,
    )
    timeline.put(email.activity, *draft.on, thread=email.thread)
    if draft.template:
        TemplateUse.objects.create(template=draft.template, email=email)
    due_at = draft.send_at or now + timedelta(seconds=draft.undo_seconds)
    _make_due(draft, email, due_at, len(people) - 1)
    return email


def _make_due(draft: NewEmail, email: Email, due_at: datetime, recipients: int) -> None:
    if draft.send_at:
        email.status = Email.Status.SCHEDULED
        email.save(update_fields=["status"])
        timeline.touch(email.activity)  # whose turn it is has been counted without that
    chain = _chain(draft.answers) if draft.answers else [[]]
    Outgoing.objects.create(
        email=email,
        mailbox=draft.mailbox,
        idempotency_key=draft.idempotency_key or None,
        token=email.message_id,
        in_reply_to=next(reversed(chain[-1]), ""),
        references=[value for ids in chain for value in ids],
        unsubscribe_url=draft.unsubscribe_url,
        due_at=due_at,
        recipients=recipients,
        holds=draft.holds,
        claimed_until=timezone.now(),
    )


def _chain(answers: Email) -> list[list[str]]:
    """The ids of each e-mail of the thread up to the answered one, oldest first (RFC 5322, 3.6.4).
    Where the provider has given another one, that is the last: its readers have no other (M9)."""
    before = answers.thread.emails.filter(activity__at__lte=answers.activity.at)
    newest = before.exclude(pk=answers.pk).order_by("-activity__at", "-pk")[:40]
    emails = [*reversed(newest), answers]
    given = MessageId.objects.given_to(emails)
    return [[email.message_id] * bool(email.message_id) + given[email.pk] for email in emails]


def _sent_before(draft: NewEmail) -> Email | None:
    if not draft.idempotency_key:
        return None
    same = Outgoing.objects.filter(mailbox=draft.mailbox, idempotency_key=draft.idempotency_key)
    found = same.select_related("email__activity").first()
    if found and draft.asked and not repeats.is_same(found, draft.asked):
        raise NotSendable("Idempotency-Key", str(repeats.KeyUsed()))
    return found.email if found else None


def _proven(draft: NewEmail, by: User) -> Address:
    """From whom it goes out: an address that the mailbox has proven, and no other (M52)."""
    sender = proven_sender(draft.mailbox, draft.sender)
    if sender is None:
        words = _("{mailbox} has not proven that it may send from “{address}”. Add it there first.")
        said = words.format(mailbox=draft.mailbox.email, address=kept.line(draft.sender)[:100])
        raise NotSendable("from", said)
    return Address(sender.name or by.name, sender.address)


def _recipients(draft: NewEmail) -> list[tuple[str, Address]]:
    try:
        return addressing.people(draft.to, draft.cc, draft.bcc)
    except addressing.NoAddress as wrong:
        message = _("“{text}” is not an e-mail address.").format(text=kept.line(wrong.typed)[:100])
        raise NotSendable(wrong.field, message) from None


def _refuse_unsendable(draft: NewEmail, recipients: list[tuple[str, Address]]) -> None:
    if not recipients:
        raise NotSendable("to", _("Add at least one recipient."))
    limits = limits_of(draft.mailbox)
    if len(recipients) > limits.recipients_a_message:
        words = _("An e-mail can have {n} recipients at most.")
        raise NotSendable("to", words.format(n=limits.recipients_a_message))
    if len(kept.subject(draft.subject)) > kept.LONGEST_SUBJECT:
        words = _("The subject can have {n} characters at most. Shorten it.")
        raise NotSendable("subject", words.format(n=kept.LONGEST_SUBJECT))
    if not (draft.text.strip() or draft.html.strip() or draft.files or draft.stored):
        raise NotSendable("text", _("Write something, or attach a file."))
    _refuse_unfilled(draft)
    sizes = [*(file.size for file in draft.files), *(file.size for file in draft.stored)]
    if sum(sizes) > limits.attachment_bytes:
        words = _("The attachments are larger than {n} MB together. Remove one.")
        raise NotSendable("attachments", words.format(n=limits.attachment_bytes // MEGABYTE))
    _refuse_beyond_the_server(draft, recipients)
    if draft.mailbox.waits_for_owner:
        raise NotSendable(
            "mailbox_id",
            _("{mailbox} is disconnected. Reconnect it first.").format(mailbox=draft.mailbox.email),
        )


def _refuse_beyond_the_server(draft: NewEmail, people: list[tuple[str, Address]]) -> None:
    """What its mail server said that it takes no more of; the outbox would be refused (M23)."""
    large = server_limits.too_large(draft.mailbox, draft.files, draft.text, draft.html)
    if large:
        raise NotSendable("attachments", large)
    for role, person in people:
        unreachable = server_limits.cannot_reach(draft.mailbox, person.address)
        if unreachable:
            raise NotSendable(role, unreachable)


def _refuse_unfilled(draft: NewEmail) -> None:
    """A merge field that nobody filled never leaves (M24); one in what is passed on is not ours."""
    own, html = map(str.removesuffix, (draft.text, draft.html), draft.passed_on)
    body = [own, text_of_html(merge_fields.outside_quotes(html))]
    for field, texts in (("subject", [draft.subject]), ("text", body)):
        names = merge_fields.left_over(*texts)
        if names:
            tokens = ", ".join(map(merge_fields.token, names))
            raise NotSendable(
                field, _("Fill in or take out {fields} before you send.").format(fields=tokens)
            )


def written(name: str, address: str) -> str:
    """A recipient as a person types one: `"Mori, Kenji" <kenji@hoshizora.example>`."""
    name = re.sub(r'["\\]', "", in_one_line(name)).strip()
    if not name or name == address:
        return address
    return f'"{name}" <{address}>' if re.search(r"[,;:<>()@]", name) else f"{name} <{address}>"


def _domain(mailbox: Mailbox) -> str:
    """The right side of its ids: its domain, of a long one the last part."""
    domain = mailbox.email.rpartition("@")[2]
    return domain[-LONGEST_DOMAIN:].lstrip(".-") if domain.isascii() else "localhost"
