"""What ends an enrolment, asked before each step: pull, don't push (M25, M56).

First what the CRM knows, then the mailbox itself. A meeting is an invitation among the logged mail,
from either side.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from crm.models import Contact, Email, EmailAddress, Participant
from inbox.models import Enrolment, OptOut, StepRun
from inbox.outreach import asking
from inbox.outreach.away import away_until
from inbox.wire.faults import Fault

SLACK = timedelta(minutes=5)  # by which a mail server's clock may be behind ours
INVITES = ("request", "add")  # RFC 5546, 3.2: a meeting is asked for; a change is asked anew
LOST = ("refused", "bounced")  # what becomes of a recipient who is not reached
Why = Enrolment.Why


@dataclass(frozen=True)
class Ending:
    """`values` are what the words of the reason are made with (`reasons.py`)."""

    why: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """What was found out: an end, or a day until which they are away, or neither."""

    ending: Ending | None = None
    away: date | None = None


class Unanswered(Exception):
    """The mailbox could not be asked: nothing may be sent before it was (M56)."""


def ask(enrolment: Enrolment, now: datetime, today: date) -> Asked:
    """Whether it ends here, and whether they are away on `today` (of the sender's zone). Raises
    Unanswered."""
    contact = enrolment.contact
    addresses = addresses_of(contact)
    last = enrolment.runs.order_by("-pk").first()
    ending = _in_the_crm(enrolment, addresses)
    if ending:
        return Asked(ending)
    heard = _hear(enrolment, addresses, last)
    if heard.wrote:
        return Asked(_by_unlogged(heard.wrote.address, contact, addresses))
    since = last.at if last else enrolment.created_at
    return Asked(away=_away(heard, addresses, since, today))


def addresses_of(contact: Contact) -> list[str]:
    rows = EmailAddress.objects.filter(contact=contact, released=False)
    return list(rows.values_list("address", flat=True))


def forbidden(enrolment: Enrolment) -> Ending | None:
    """What ends it whatever came, as it stands at this moment: to ask a mailbox takes its time."""
    contact = enrolment.contact
    contact.refresh_from_db(fields=["deleted_at"])
    if contact.deleted_at:
        return Ending(Why.TRASHED)
    if not Contact.objects.visible_to(enrolment.by).filter(pk=contact.pk).exists():
        return Ending(Why.HIDDEN, {"name": enrolment.by.name})
    addresses = addresses_of(contact)
    if not addresses:
        return Ending(Why.NO_ADDRESS)
    return Ending(Why.UNSUBSCRIBED) if OptOut.objects.among(addresses) else None


def known(enrolment: Enrolment) -> Ending | None:
    """What they have done by what the CRM has, without asking a mailbox."""
    return _in_the_crm(enrolment, addresses_of(enrolment.contact))


def _in_the_crm(enrolment: Enrolment, addresses: list[str]) -> Ending | None:
    """Bounces, meetings, replies, and any mail from the address, in whoever's mailbox it was."""
    sent = Email.objects.filter(activity__step_run__enrolment=enrolment)
    lost = sent.filter(participants__status__in=LOST).first()
    if lost:
        return Ending(Why.BOUNCE, {"said": lost.error[:200], "email": lost.pk})
    meeting = _meeting(enrolment, addresses)
    if meeting:
        return Ending(Why.MEETING, {"email": meeting.pk})
    came = _came_since(enrolment.created_at)
    reply = came.filter(Q(thread__in=sent.values("thread")) | Q(answers__in=sent)).first()
    if reply:
        return _by_mail(Why.REPLY, reply)
    mail = came.filter(participants__in=_senders(addresses)).first()
    if mail:
        return _by_mail(Why.MAIL, mail)
    colleague = _of_colleague(enrolment, came)
    return _by_mail(Why.COLLEAGUE, colleague) if colleague else None


def _meeting(enrolment: Enrolment, addresses: list[str]) -> Email | None:
    """That one is arranged with them since they were enrolled: whoever of us invites."""
    named = Participant.objects.annotate(said=Lower("address")).filter(said__in=addresses)
    found: Email | None = Email.objects.filter(
        invitation__method__in=INVITES,
        unproven=False,
        participants__in=named,
        activity__deleted_at=None,
        activity__at__gte=enrolment.created_at,
    ).first()
    return found


def _came_since(moment: datetime) -> "QuerySet[Email]":
    """What people wrote; an automatic reply is none, and ends nothing."""
    return Email.objects.filter(
        direction=Email.Direction.INCOMING,
        auto_reply=False,
        unproven=False,
        activity__at__gte=moment,
    ).order_by("activity__at", "pk")


def _senders(addresses: Collection[str]) -> "QuerySet[Participant]":
    rows = Participant.objects.annotate(said=Lower("address"))
    found: QuerySet[Participant] = rows.filter(
        said__in=addresses, role__in=[Participant.Role.FROM, Participant.Role.REPLY_TO]
    )
    return found


def _of_colleague(enrolment: Enrolment, came: "QuerySet[Email]") -> Email | None:
    """From another contact of the company, or from its domain, where the sequence wants that."""
    company = enrolment.contact.company
    if company is None or not enrolment.sequence.colleague_ends:
        return None
    theirs = Q(participants__contact__company=company)
    if company.domain:
        theirs |= Q(participants__address__iendswith=f"@{company.domain}")
    return came.filter(theirs, participants__role=Participant.Role.FROM).first()


def _by_mail(why: str, email: Email) -> Ending:
    """Who wrote; of what is private no more than that it came (M53)."""
    writer = None if email.private else email.writer
    return Ending(why, {"name": str(writer) if writer else "", "email": email.pk})


def _hear(enrolment: Enrolment, addresses: list[str], last: StepRun | None) -> asking.Heard:
    mailbox, company = enrolment.mailbox, enrolment.contact.company
    if mailbox is None or mailbox.waits_for_owner:
        raise Unanswered
    since = last.at - SLACK if last else enrolment.created_at
    widely = enrolment.sequence.colleague_ends and company is not None
    domain = company.domain.lower() if widely and company else ""
    try:
        return asking.ask(mailbox, addresses, since, domain=domain)
    except Fault as fault:
        raise Unanswered(fault.code) from fault


def _by_unlogged(address: str, contact: Contact, addresses: list[str]) -> Ending:
    """Mail that only the mailbox has: of a colleague's not even the address is kept (M6)."""
    if address.lower() in addresses:
        return Ending(Why.MAIL, {"name": str(contact)})
    return Ending(Why.COLLEAGUE)


def _away(heard: asking.Heard, addresses: list[str], since: datetime, today: date) -> date | None:
    """The latest day that an automatic reply names since the last step."""
    logged = Email.objects.filter(
        direction=Email.Direction.INCOMING,
        auto_reply=True,
        activity__at__gte=since,
        participants__in=_senders(addresses),
    )
    rows = logged.distinct().select_related("activity")
    texts = [(f"{row.subject}\n{row.reply_text}", row.activity.at.date()) for row in rows]
    days = [away_until(text, day) for text, day in (*texts, *heard.automatic)]
    return max((day for day in days if day and day >= today), default=None)
