"""A key that was sent with before: is it the same e-mail again, or another one by mistake (M23)?

Of a request is compared what is kept of it, and in a way that no later change of an address book, a
template or a mailbox makes another e-mail of the same words. `send_at` is not: it can be moved.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from crm.models import Email, Participant, User
from inbox.mime.types import ParsedAttachment
from inbox.models import Mailbox, Outgoing, TemplateUse
from inbox.sending import addressing, kept


class KeyUsed(Exception):
    """The key belongs to another e-mail."""

    def __init__(self) -> None:
        super().__init__(
            "Another e-mail was sent with this Idempotency-Key. Give a new e-mail a new key; to "
            "ask again for the first one, repeat its request unchanged."
        )


@dataclass(frozen=True)
class Asked:
    """What a request said, word for word; ids are opaque. With a template, what is left empty of
    subject and body came from there."""

    mailbox_id: str
    to: Sequence[str]
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    sender: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    files: Sequence[ParsedAttachment] = ()
    answers_id: str | None = None
    template_id: str | None = None


def sent_with(key: str, asked: Asked, *, by: User) -> Email | None:
    """What `by` has sent with this key, from whichever mailbox. Raises KeyUsed."""
    # Named one by one, since the index of keys begins with the mailbox.
    boxes = Q(mailbox__in=list(Mailbox.objects.values_list("pk", flat=True))) | Q(mailbox=None)
    rows = Outgoing.objects.filter(boxes, idempotency_key=key, email__activity__by=by)
    found = list(rows.select_related("email__activity"))
    email = next((row.email for row in found if is_same(row, asked)), None)
    if found and email is None:
        raise KeyUsed
    return email


def is_same(outgoing: Outgoing, asked: Asked) -> bool:
    """Whether that request asks for this e-mail."""
    return (
        (outgoing.mailbox_id is None or _names(asked.mailbox_id, outgoing.mailbox_id))
        and _same_people(outgoing.email, asked)
        and _same_words(outgoing.email, asked)
        and _same_files(outgoing.email, asked)
        and _same_answer(outgoing, asked)
        and _same_template(outgoing.email, asked)
    )


def _same_people(email: Email, asked: Asked) -> bool:
    try:
        wanted = addressing.people(asked.to, asked.cc, asked.bcc)
    except addressing.NoAddress:
        return False
    rows = list(email.participants.all())
    readers = {(p.role, p.address.lower()) for p in rows if p.role in Participant.READERS}
    writer = next((p.address.lower() for p in rows if p.role == Participant.Role.FROM), "")
    same_writer = not asked.sender or asked.sender.strip().lower() == writer
    return same_writer and readers == {(role, who.address[:320].lower()) for role, who in wanted}


def _same_words(email: Email, asked: Asked) -> bool:
    """With a template, in what the request did not leave to it."""
    subject, body = kept.subject(asked.subject), kept.body(asked.text, asked.html)
    if asked.template_id and not asked.subject:
        subject = email.subject
    if asked.template_id and not (asked.text or asked.html):
        body = email.text, email.html
    return (email.subject, email.text, email.html) == (subject, *body)


def _same_files(email: Email, asked: Asked) -> bool:
    """By name and size; with a template, its own are there as well."""
    there = Counter((row.name, row.size) for row in email.activity.files.all())
    wanted = Counter((kept.storable(row.name)[:255], row.size) for row in asked.files)
    return wanted <= there if asked.template_id else wanted == there


def _same_answer(outgoing: Outgoing, asked: Asked) -> bool:
    """Of an e-mail that is erased by now only its id is known, and that there was one."""
    answers = outgoing.email.answers_id
    if answers is None:
        return bool(asked.answers_id) == bool(outgoing.in_reply_to)
    return _names(asked.answers_id, answers)


def _same_template(email: Email, asked: Asked) -> bool:
    """A template that is gone has taken its use along."""
    use = TemplateUse.objects.filter(email=email).first()
    return use is None or _names(asked.template_id, use.template_id)


def _names(given_id: str | None, pk: int) -> bool:
    """An opaque id is a number to us: "07" has been taken for 7."""
    return bool(given_id) and str(given_id).lstrip("0") == str(pk)
