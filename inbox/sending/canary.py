"""A mail to oneself, once a day: it leaves by SMTP, arrives by IMAP, and is known by its id (M50).

    due ─► written down ─► sent ─► looked for, every half minute ─┬─► seen: a day's rest
      ▲                     │                                     └─► ten minutes: told once
      └── a passing fault ──┘  nothing left: tried again

It stands on no timeline. What it leaves in the mailbox stays there: nothing is deleted (M8).
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from inbox.connect import doors
from inbox.mime import own_ids
from inbox.mime.build import Draft, build
from inbox.mime.headers import parse_headers
from inbox.mime.ids import normal
from inbox.mime.types import Address
from inbox.models import Canary, Folder, HeadersRead, Mailbox
from inbox.models.canaries import LOST, PATIENCE
from inbox.wire.faults import Fault, OutcomeUnknown

SOON = timedelta(minutes=10)  # after a fault that passes
MOST = 20  # of the newest from oneself that are looked at
_DAY = timedelta(days=1)  # the server's day may be another one than ours


def step(canary: Canary) -> None:
    """Do what is due: send one, or look for the one that was sent."""
    now = timezone.now()
    if not canary.claim(now):
        return
    if canary.token:
        _look_for(canary, now)
    else:
        _send(canary, now)


def _send(canary: Canary, now: datetime) -> None:
    mailbox = canary.mailbox
    token = own_ids.make(mailbox.email.partition("@")[2], settings.MESSAGE_ID_KEYS)
    canary.flies(token, now)
    try:
        with doors.posting(mailbox) as session:
            session.envelope(mailbox.email, [mailbox.email], international=False)
            session.begin_data()
            session.finish_data(_letter(mailbox, token, now))
    except OutcomeUnknown:
        pass  # it may have been taken: it is looked for
    except Fault as fault:
        _fails(canary, fault, now)
        return
    canary.looked_for_again(now)


def _letter(mailbox: Mailbox, token: str, now: datetime) -> bytes:
    oneself = Address(mailbox.name, mailbox.email)
    with mailbox.owner.preferences():
        subject = _("Daily test of your mailbox")
        text = _(
            "Musubi has sent this to itself, to prove that sending and reading work. You can "
            "delete it. It is switched off on the page of the mailbox."
        )
    return build(
        Draft(
            oneself,
            (oneself,),
            subject=subject,
            text=text,
            message_id=token,
            date=now,
            musubi_message=token,
        )
    )


def _look_for(canary: Canary, now: datetime) -> None:
    try:
        seen = _is_there(canary, now)
    except Fault as fault:
        if fault.transient and not _too_late(canary, now):
            canary.looked_for_again(now)
        else:
            canary.failed(fault.code, fault.cause, now)
        return
    if seen:
        canary.came_back(now)
    elif _too_late(canary, now):
        canary.failed(LOST, LOST, now)
    else:
        canary.looked_for_again(now)


def _is_there(canary: Canary, now: datetime) -> bool:
    """By its mark, which providers keep where they replace the id (M9); header fields alone."""
    mailbox, day = canary.mailbox, (canary.sent_at or now).date()
    folder = mailbox.folders.filter(role=Folder.Role.INBOX).first()
    if folder is None:
        return False
    with doors.reading(mailbox) as session:
        session.examine(folder.name)
        uids = session.uids_from(mailbox.email, day - _DAY, day + 2 * _DAY)[-MOST:]
        blocks = [block for uid in uids for block in session.headers(uid, uid)]
    HeadersRead.add(mailbox, now.date(), len(blocks))
    headers = [parse_headers(block.raw) for block in blocks]
    marks = {normal(mark) for said in headers for mark in (said.message_id, said.musubi_message)}
    return canary.token in marks and own_ids.is_ours(canary.token, settings.MESSAGE_ID_KEYS)


def _fails(canary: Canary, fault: Fault, now: datetime) -> None:
    """Nothing of it has left. What passes is waited for: that a server is away, looks tell."""
    Canary.objects.filter(pk=canary.pk).update(token="", due_at=now + SOON)
    if not fault.transient:
        canary.failed(fault.code, fault.cause, now)


def _too_late(canary: Canary, now: datetime) -> bool:
    return now - (canary.sent_at or now) >= PATIENCE
