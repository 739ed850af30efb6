"""When a letter shall leave: times that are offered, times that are typed, and held where somebody
answered meanwhile (M26)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from crm import notices
from crm.lib.dates import ALL_DAY, read
from crm.models import Activity, Email, User
from crm.timeline import touch
from inbox.models import Outgoing

MORNING, AFTERNOON = time(9), time(14)
FARTHEST = timedelta(days=3660)
SATURDAY = 5


class NotATime(ValueError):
    """The words say what to do."""


class Offer(NamedTuple):
    label: str
    at: datetime  # in UTC

    @property
    def key(self) -> str:
        return f"at {self.at.isoformat()}"


def offers(now: datetime, their_zone: str = "") -> list[Offer]:
    """Usual times after `now`, a local time with its zone; and the next working morning of who gets
    it, where their zone is known and another one."""
    tomorrow = now.date() + timedelta(days=1)
    monday = now.date() + timedelta(days=7 - now.weekday())
    found = [Offer(_("In an hour"), _utc(now + timedelta(hours=1)))]
    if now.time() < time(13):
        found.append(Offer(_("This afternoon"), _at(now, AFTERNOON)))
    found.append(Offer(_("Tomorrow morning"), _at(now, MORNING, tomorrow)))
    if monday != tomorrow:
        found.append(Offer(_("Monday morning"), _at(now, MORNING, monday)))
    if their_zone:
        found += _in_their_morning(now, ZoneInfo(their_zone))
    return found


def _in_their_morning(now: datetime, zone: ZoneInfo) -> list[Offer]:
    theirs = now.astimezone(zone)
    if theirs.utcoffset() == now.utcoffset():
        return []
    day = theirs.date() + timedelta(days=theirs.time() >= MORNING)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    city = zone.key.rpartition("/")[2].replace("_", " ")
    return [Offer(_("Their morning in {city}").format(city=city), _at(theirs, MORNING, day))]


def _at(now: datetime, clock: time, day: date | None = None) -> datetime:
    return _utc(datetime.combine(day or now.date(), clock, now.tzinfo))


def _utc(local: datetime) -> datetime:
    """So that an hour that the clock leaves out is the one after it, and one that comes twice the
    first of the two."""
    return local.astimezone(UTC)


def read_time(typed: str, now: datetime) -> datetime:
    """A time as somebody types it ("tomorrow 9:00", 明日9時, 2027-03-01T09:00), after `now`, which
    is local; in UTC. A day without a time is its morning. Raises NotATime."""
    at = _read(typed.strip(), now)
    if at is None:
        raise NotATime(_("Write a day and a time, “tomorrow 9:00” or “3/17 14:30” say."))
    if at <= now:
        raise NotATime(_("This time is over. Choose a later one."))
    if at > now + FARTHEST:
        raise NotATime(_("This is more than ten years ahead."))
    return _utc(at)


def _read(typed: str, now: datetime) -> datetime | None:
    try:
        exact = parse_datetime(typed)
    except ValueError:
        return None
    if exact:
        return exact if exact.tzinfo else exact.replace(tzinfo=now.tzinfo)
    found = read(typed, now)
    if found.at is None or found.title != typed:
        return None  # something stands beside the time
    if found.at.time() == ALL_DAY:
        return datetime.combine(found.at.date(), MORNING, now.tzinfo)
    return found.at


# --- what waits -----------------------------------------------------------------------------------


@transaction.atomic
def move(outgoing: Outgoing, at: datetime) -> bool:
    """Another time for a letter that waits for one, or was held: somebody has decided, and it is
    not held again. False where it waits no more."""
    waiting = Outgoing.objects.filter(Outgoing.KEPT, pk=outgoing.pk).scheduled()
    if waiting.update(state=Outgoing.State.QUEUED, due_at=at, holds=False) != 1:
        return False
    outgoing.refresh_from_db()
    email = outgoing.email
    email.error = ""
    email.save(update_fields=["error"])
    email.activity.change(at=at)
    touch(email.activity)
    return True


def answer_to(outgoing: Outgoing) -> Email | None:
    """What was written since it was scheduled: in its conversation, or by one whom it is for."""
    email = outgoing.email
    theirs = email.participants.exclude(contact=None).exclude(role="from").values("contact")
    near = Q(thread=email.thread_id) | Q(
        participants__role="from", participants__contact__in=theirs
    )
    rows = Email.objects.filter(
        near,
        pk__gt=email.pk,
        direction=Email.Direction.INCOMING,
        auto_reply=False,
        activity__deleted_at=None,
    )
    found: Email | None = rows.order_by("-pk").first()
    return found


@transaction.atomic
def hold(outgoing: Outgoing, answer: Email, now: datetime) -> bool:
    """It stays here until somebody says what becomes of it; whoever wrote it is told."""
    if not outgoing.settle(state=Outgoing.State.HELD, claimed_until=now):
        return False
    email, by = outgoing.email, outgoing.email.activity.by
    name = str(answer.writer or "") if by and _is_shown(answer, by) else ""
    email.error = _("Held, since a private e-mail came meanwhile.")
    if name:
        email.error = _("Held, since {name} wrote meanwhile.").format(name=name)
    email.save(update_fields=["error"])
    email.activity.change()  # open pages show it anew
    touch(email.activity)
    about = {"email": email.pk, "subject": email.summary()}
    if name:
        notices.tell(by, "send_held", name=name, **about)
    else:
        notices.tell(by, "send_held_privately", **about)
    return True


def _is_shown(answer: Email, user: User) -> bool:
    """Whether `user` may know who wrote it (M53)."""
    seen = Activity.objects.visible_to(user).filter(pk=answer.pk)
    return answer.shows_people_to(user) and seen.exists()
