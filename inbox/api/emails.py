"""REST: e-mails: read, send, retry, resolve, move to the Trash."""

import base64
import binascii
import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Header, Router, Status
from pydantic import Field, field_validator

from crm.models import Activity, Email, User
from crm.models.emails import readable_by
from crm.rest import access, shown
from crm.rest.inputs import Body, Text
from crm.rest.problems import FieldError, Problem
from inbox.mime.types import ParsedAttachment
from inbox.models import Mailbox, Outgoing, Template
from inbox.outreach.using import with_template
from inbox.sending import again, composer, guard, outbox, recipients, repeats
from inbox.sending.replies import answered_from

router = Router(tags=["e-mails"])
Json = dict[str, Any]
FARTHEST = timedelta(days=3660)  # of send_at


class FileIn(Body):
    name: str = Field(min_length=1, max_length=255)
    content_type: str = Field("application/octet-stream", max_length=127)
    content_base64: str


class EmailIn(Body):
    """`from`: an address that the mailbox has proven (M52); without it, its own. What is left
    empty of subject and body comes from the template, its fields filled for the first recipient.
    Whoever has unsubscribed is refused, unless it is an answer or `to_unsubscribed` says so (M25).
    """

    mailbox_id: str
    from_: str = Field("", alias="from", max_length=320)
    to: list[str] = []
    cc: list[str] = []
    bcc: list[str] = []
    subject: str = ""
    html: str = ""
    text: str = ""
    in_reply_to_id: str | None = None
    template_id: str | None = None
    send_at: datetime | None = None
    to_unsubscribed: bool = False
    attachments: list[FileIn] = []

    @field_validator("send_at", mode="before")
    @classmethod
    def _is_iso_8601(cls, value: Any) -> Any:
        """Not a number of seconds, which pydantic would take as well: 0 would be sent at once."""
        if value is not None and not (isinstance(value, str) and "T" in value):
            raise ValueError("Give a time as ISO 8601 with zone: 2027-01-31T09:00:00+09:00.")
        return value


class RecipientIn(Body):
    email: str = Field(max_length=320)


class Resolution(Body):
    delivered: bool


@router.get("/{email_id}")
def read_email(request: HttpRequest, email_id: str) -> Json:
    return _show(_one(request, email_id), request)


@router.post("", response={202: Json})
def send_email(
    request: HttpRequest,
    payload: EmailIn,
    idempotency_key: Annotated[Text, Header("", alias="Idempotency-Key", max_length=200)],
) -> Status[Json]:
    """The key of an e-mail that was sent asks for that one again: its request alone may, and is
    answered even where it would be refused by now. For another e-mail take another key."""
    caller, key = access.caller(request), _own_key(access.caller(request), idempotency_key)
    asked = _asked(payload)
    try:
        before = repeats.sent_with(key, asked, by=caller) if key else None
    except repeats.KeyUsed as used:
        raise access.wrong("Idempotency-Key", str(used)) from None
    if before:
        return Status(202, _show(before, request))
    return Status(202, _show(_sent(request, payload, key, asked), request))


def _sent(request: HttpRequest, payload: EmailIn, key: str, asked: repeats.Asked) -> Email:
    draft = replace(_draft(request, payload, asked), idempotency_key=key, asked=asked)
    if not payload.to_unsubscribed:
        _refuse_unsubscribed(draft)
    try:
        return composer.send(draft, by=access.caller(request))
    except composer.NotSendable as error:
        raise access.wrong(error.field, error.message) from None


def _refuse_unsubscribed(draft: composer.NewEmail) -> None:
    for address in guard.unsubscribed(draft):
        words = f"{address} has unsubscribed from automatic e-mails."
        raise access.wrong("to", words)


@router.post("/{email_id}/retry", response={202: Json})
def retry_email(request: HttpRequest, email_id: str) -> Status[Json]:
    email = _one(request, email_id)
    if not outbox.retry(_outgoing(request, email)):
        raise Problem(409, "Only an e-mail that failed can be sent again.")
    return Status(202, _show(_one(request, email_id), request))


@router.post("/{email_id}/recipients/retry", response={202: Json})
def retry_recipient(request: HttpRequest, email_id: str, payload: RecipientIn) -> Status[Json]:
    """To one whom the server did not take, or of whom nobody knows: to nobody else."""
    email = _one(request, email_id)
    outgoing = _outgoing(request, email)
    found = recipients.named(email, payload.email)
    if found is None:
        words = "This e-mail has no such recipient."
        raise access.wrong("email", words)
    try:
        begun = again.send_again(outgoing, found)
    except OSError:
        raise Problem(409, "A file of this e-mail is gone.") from None
    if not begun:
        raise Problem(409, "Only a recipient that was refused or is unknown can be sent to again.")
    return Status(202, _show(_one(request, email_id), request))


@router.post("/{email_id}/resolve")
def resolve_email(request: HttpRequest, email_id: str, payload: Resolution) -> Json:
    email = _one(request, email_id)
    if not outbox.resolve(_outgoing(request, email), delivered=payload.delivered):
        raise Problem(409, "It is known what became of this e-mail.")
    return _show(_one(request, email_id), request)


@router.delete("/{email_id}", response={204: None})
def trash_email(request: HttpRequest, email_id: str) -> Status[None]:
    email = _one(request, email_id)
    if not email.seen_by(access.caller(request)):
        raise Problem(403, "Who may not read an e-mail does not move it to the Trash.")
    email.activity.trash()
    return Status(204, None)


def _one(request: HttpRequest, email_id: str) -> Email:
    rows = Activity.objects.visible_to(access.caller(request)).filter(kind=Activity.Kind.EMAIL)
    rows = rows.with_details().prefetch_related("email__participants", "files")
    activity: Activity = access.one(rows, email_id)
    return activity.email


def _outgoing(request: HttpRequest, email: Email) -> Outgoing:
    """The delivery of an e-mail, for who may decide on it."""
    rows = Outgoing.objects.decided_by(access.caller(request)).select_related("email")
    row: Outgoing | None = rows.filter(email=email).first()
    if row is None:
        raise Problem(409, "This e-mail was not sent from a mailbox of yours.")
    return row


def _show(email: Email, request: HttpRequest) -> Json:
    return shown.email(email, access.caller(request))


def _asked(payload: EmailIn) -> repeats.Asked:
    names = ("mailbox_id", "to", "cc", "bcc", "subject", "text", "html", "template_id")
    return repeats.Asked(
        **{name: getattr(payload, name) for name in names},
        sender=payload.from_,
        files=[_file(row, place) for place, row in enumerate(payload.attachments)],
        answers_id=payload.in_reply_to_id,
    )


def _draft(request: HttpRequest, payload: EmailIn, asked: repeats.Asked) -> composer.NewEmail:
    caller = access.caller(request)
    emails = Activity.objects.visible_to(caller).filter(kind=Activity.Kind.EMAIL)
    emails = emails.filter(readable_by(caller, "email__")).select_related("email__thread")
    answers = access.related(emails, payload.in_reply_to_id, "in_reply_to_id")
    mailbox = access.related(Mailbox.objects.usable_by(caller), payload.mailbox_id, "mailbox_id")
    draft = composer.NewEmail(
        mailbox=mailbox,
        sender=payload.from_ or (answered_from(answers.email, mailbox) if answers else ""),
        to=asked.to,
        cc=asked.cc,
        bcc=asked.bcc,
        subject=asked.subject,
        text=asked.text,
        html=asked.html,
        files=asked.files,
        answers=answers.email if answers else None,
        send_at=_send_at(payload.send_at),
    )
    templates = Template.objects.visible_to(caller)
    template = access.related(templates, payload.template_id, "template_id")
    return with_template(draft, template, by=caller) if template else draft


def _send_at(given: datetime | None) -> datetime | None:
    """A time without a zone is in the zone of the server."""
    if given is None:
        return None
    aware = given if timezone.is_aware(given) else timezone.make_aware(given)
    now = timezone.now()
    if aware > now + FARTHEST:
        words = "This is more than ten years ahead."
        raise access.wrong("send_at", words)
    return aware if aware > now else None


def _own_key(caller: User, key: str) -> str:
    """A key is the caller's own: who shares a mailbox is not answered with a colleague's e-mail."""
    return f"api-{hashlib.sha256(f'{caller.pk} {key}'.encode()).hexdigest()}" if key else ""


def _file(row: FileIn, place: int) -> ParsedAttachment:
    try:
        content = base64.b64decode(row.content_base64, validate=True)
    except (binascii.Error, ValueError):
        field = f"attachments.{place}.content_base64"
        errors = [FieldError(field, "This is not base64.")]
        raise Problem(422, "Some fields are not valid.", errors=errors) from None
    return ParsedAttachment(
        name=row.name,
        content_type=row.content_type,
        size=len(content),
        content=content,
        content_id="",
        inline=False,
    )
