"""How templates speak of e-mails: who wrote it, to whom, when, and the day it stands under."""

import re
from collections.abc import Collection, Iterable
from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from crm.lib.html import is_designed, remote_images
from crm.lib.simple import as_part_of_a_page
from crm.models import Activity, Contact, Email, Participant, User
from crm.models.activities import WAITS_AT_MOST
from crm.templatetags.ui import heading_for, icon
from crm.timeline import Line

register = template.Library()

ANSWERED = re.compile(r"(?:\s*(?:re|aw|sv|antw|res|回复|返信)\s*(?:\[\d+\])?\s*[::])+\s*", re.I)


@register.filter
def sender(email: Email) -> Participant | None:
    return email.writer


@register.filter
def called(person: Participant | None, contact: Contact | None) -> str:
    """A name for somebody: the record's own name for the contact whose page this is."""
    if person is None:
        return ""
    if not person.name and contact and person.contact_id == contact.pk:
        return contact.name
    return str(person)


@register.filter
def designed(email: Email) -> bool:
    """Whether its HTML says more than its text does."""
    return bool(email.html) and (not email.text.strip() or is_designed(email.html))


@register.filter
def formatted(email: Email) -> SafeString:
    """Its bold, lists and links, as part of our page; "" where its text says all."""
    label = _("Show quoted text")
    html = as_part_of_a_page(
        email.html, label, lambda host: _("⚠ leads to {host}").format(host=host)
    )
    dots = icon("more", "sm")
    more = f'<summary aria-label="{escape(label)}">{dots}</summary>'
    return mark_safe(html.replace(f"<summary>{label}</summary>", more))  # it is cleaned


@register.filter
def recipients(email: Email, own: Collection[str]) -> str:
    """ "to you, copy to Kenji Mori", as a whole sentence; `own` are the reader's addresses."""
    to = _names(_of(email, "to"), own)
    copies = _names(_of(email, "cc", "bcc"), own)
    if not to:
        return _("copy to {others}").format(others=copies) if copies else ""
    if copies:
        return _("to {people}, copy to {others}").format(people=to, others=copies)
    return _("to {people}").format(people=to)


@register.filter
def other_side(email: Email) -> str:
    """Whom it is with, for a list: who wrote it, else whom we wrote to."""
    if email.direction == Email.Direction.INCOMING:
        person = email.writer
        return called(person, person.contact if person else None)
    people = _of(email, "to") or _of(email, "cc", "bcc")
    return ", ".join(called(person, person.contact) for person in people)


@register.filter
def remote_pictures(email: Email) -> int:
    """How many pictures it would load from elsewhere."""
    return remote_images(email.html)


@register.filter
def topic(activity: Activity, user: User) -> str:
    """What a conversation is about: the subject of its newest message, without "Re:"."""
    said = heading_for(activity, user)
    return ANSWERED.sub("", said) or said


@register.filter
def writers(line: Line, user: User) -> str:
    """Who wrote in a conversation, in the order of their first message: "Aiko, Mika"."""
    emails = [row.email for row in line.main if row.email.shows_people_to(user)]
    names = [str(person) for email in emails if (person := sender(email))]
    return ", ".join(dict.fromkeys(names))


@register.filter
def named_to(email: Email, user: User) -> bool:
    """{% if email|named_to:user %}: whether they may see who wrote it, and to whom (M53)."""
    return email.shows_people_to(user)


@register.filter
def own_in(line: Line, user: User) -> bool:
    """Whether something in a conversation is theirs, to be shown or not."""
    return any(row.by_id == user.pk for row in (*line.earlier, line.activity))


@register.filter
def hidden_by(line: Line, user: User) -> bool:
    """Whether all that is theirs in a conversation is private."""
    rows = [row for row in (*line.earlier, line.activity) if row.by_id == user.pk]
    return bool(rows) and all(row.email.private for row in rows)


@register.filter
def waits_for_reply(activity: Activity) -> bool:
    """Whether an answer of ours to it is awaited: as `waits_now` finds them, snoozed or not."""
    return activity.email.waits and activity.at >= timezone.now() - WAITS_AT_MOST


@register.filter
def moment(when: datetime) -> str:
    """The time, and the day before today: "10:24", "Mon 18:05", "16 March 18:05"."""
    local = timezone.localtime(when)
    today = timezone.localdate()
    if local.date() == today:
        return date_format(local, "H:i")
    if 0 < (today - local.date()).days < 7:
        return date_format(local, "D H:i")
    return f"{_day(local.date(), today)} {date_format(local, 'H:i')}"


@register.filter
def dayname(when: datetime) -> str:
    """What a day of the timeline is called: "Today", "Yesterday", "16 March"."""
    today = timezone.localdate()
    day = timezone.localtime(when).date()
    if day == today:
        return _("Today")
    if (today - day).days == 1:
        return _("Yesterday")
    return _day(day, today)


def _day(day: date, today: date) -> str:
    return date_format(day, "MONTH_DAY_FORMAT" if day.year == today.year else "DATE_FORMAT")


def _of(email: Email, *roles: str) -> list[Participant]:
    return [person for person in email.participants.all() if person.role in roles]


def _names(people: Iterable[Participant], own: Collection[str]) -> str:
    return ", ".join(_("you") if p.address.lower() in own else str(p) for p in people)
