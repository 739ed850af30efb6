"""An e-mail as the bytes that every attempt sends: the same id, the same Date (M23)."""

from datetime import datetime

from crm.models import Email, Participant
from inbox.mime.build import Draft, build
from inbox.mime.types import Address, ParsedAttachment
from inbox.models import Outgoing


def built(outgoing: Outgoing, date: datetime) -> bytes:
    """Raises OSError where a file is not in the storage any more."""
    return build(_message(outgoing, date))


def _message(outgoing: Outgoing, date: datetime) -> Draft:
    email = outgoing.email
    people: dict[str, list[Address]] = {}
    for row in email.participants.all():
        people.setdefault(row.role, []).append(Address(row.name, row.address))
    role = Participant.Role
    return Draft(
        sender=people[role.FROM][0],
        to=tuple(people.get(role.TO, ())),
        cc=tuple(people.get(role.CC, ())),
        subject=email.subject,
        text=email.text,
        html=email.html,
        attachments=tuple(_files(email)),
        message_id=email.message_id,
        in_reply_to=outgoing.in_reply_to,
        references=tuple(outgoing.references),
        date=date,
        musubi_message=outgoing.token,
        unsubscribe_url=outgoing.unsubscribe_url,
    )


def _files(email: Email) -> list[ParsedAttachment]:
    return [
        ParsedAttachment(
            name=file.name,
            content_type=file.content_type,
            size=file.size,
            content=file.content(),
            content_id=file.content_id,
            inline=file.inline,
        )
        for file in email.activity.files.all()
    ]
