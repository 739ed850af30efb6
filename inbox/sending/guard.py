"""What stops a send once: somebody wrote since the composer opened, or something looks forgotten.

Each is a Doubt with a key. What a person has seen comes back with the second press and is no doubt
any more; what is new since then stops it again. To whoever has unsubscribed a second press is not
enough: it is ticked. Nothing here forbids anything: that is `composer.NotSendable`.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.models import Activity, Association, Company, Contact, Deal, Email, User
from inbox.mime.headers import addresses
from inbox.models import Draft, Mailbox, OptOut
from inbox.sending import allowance
from inbox.sending.composer import NewEmail

MOST_NEWS = 3  # that are shown
WRITING = timedelta(minutes=2)  # whose draft was touched since then is writing now
MANY = 10  # recipients who see one another's addresses
_FILE = re.compile(
    r"\b(?:attach(?:ed|ments?|ing)|enclos(?:ed|ing)|anbei|angehängt|beigefügt|ci-joint|adjunt[oa]s?)\b"
    r"|\bim anhang\b|\bpi[èe]ces? jointes?\b|添付|別添|同封",
    re.IGNORECASE,
)


class Stopped(Exception):
    """Not sent, until somebody has seen these."""

    def __init__(self, doubts: "Sequence[Doubt]") -> None:
        super().__init__(len(doubts))
        self.doubts = doubts


@dataclass(frozen=True)
class Doubt:
    """`key` names it in the form; `email` is what came, where that is the reason; `ticked` are the
    words beside the box without which it stops each time."""

    key: str
    words: str
    email: Email | None = None
    ticked: str = ""


@dataclass(frozen=True)
class Scene:
    """Where it is written: in answer to what, on whose record."""

    answers: Email | None = None
    record: Contact | Company | Deal | None = None

    def emails(self, user: User) -> Q:
        """Of its conversation and of its record, as far as `user` sees them."""
        near = Q(thread=self.answers.thread_id) if self.answers else Q(pk__in=())
        if self.record:
            name = type(self.record).__name__.lower()
            on = Association.objects.filter(**{name: self.record}).values("activity")
            near |= Q(pk__in=on)
        return near & Q(pk__in=Activity.objects.visible_to(user).values("pk"))


def newest(scene: Scene, user: User) -> int:
    """The last e-mail there when the composer opens: what came after it is news. 0: none."""
    rows = Email.objects.filter(scene.emails(user))
    found: int | None = rows.aggregate(last=Max("pk"))["last"]
    return found or 0


def writing_now(scene: Scene, user: User, now: datetime) -> Sequence[str]:
    """Which colleagues are writing there at this moment: "Jonas"."""
    near = Q(pk__in=())
    if scene.answers:
        near = Q(answers__thread=scene.answers.thread_id)
    elif isinstance(scene.record, Contact):
        near = Q(contact=scene.record, answers=None)
    open_now = Draft.objects.filter(near, touched_at__gte=now - WRITING)
    others = open_now.filter(discarded_at=None, sent_as=None).exclude(user=user)
    return list(others.order_by("user__name").values_list("user__name", flat=True).distinct())


def doubts(
    new: NewEmail,
    scene: Scene,
    *,
    by: User,
    seen: int | None,
    text: str,
    confirmed: Collection[str],
) -> list[Doubt]:
    """What speaks against sending it now, but for what was confirmed. `text`: what the writer has
    written, without what is quoted; `seen`: the newest e-mail when the composer opened."""
    now = timezone.now()
    found = [*_news(scene, by, seen), *_colleagues(scene, by, now), *_forgotten(new, text)]
    found += [*_opted_out(new), *_waits(new.mailbox, now, later=bool(new.send_at))]
    return [doubt for doubt in found if doubt.key not in confirmed]


def _news(scene: Scene, by: User, seen: int | None) -> Iterator[Doubt]:
    if seen is None:
        return
    rows = Email.objects.filter(scene.emails(by), pk__gt=seen)
    rows = rows.exclude(direction=Email.Direction.OUTGOING, activity__by=by)
    rows = rows.exclude(status=Email.Status.CANCELLED).select_related("activity__by")
    for email in rows.prefetch_related("participants__contact", "readers").order_by("-pk")[
        :MOST_NEWS
    ]:
        yield Doubt(f"news-{email.pk}", _came(email, by), email)


def _came(email: Email, by: User) -> str:
    if not email.shows_people_to(by):
        return _("A private e-mail came since you began to write.")
    if email.direction == Email.Direction.OUTGOING and email.activity.by:
        return _("{name} has answered since you began to write.").format(name=email.activity.by)
    name = email.writer.contact or email.writer if email.writer else "?"
    return _("{name} has written since you began to write.").format(name=name)


def _colleagues(scene: Scene, by: User, now: datetime) -> Iterator[Doubt]:
    for name in writing_now(scene, by, now):
        yield Doubt(f"writing-{name}", _("{name} is writing an answer now.").format(name=name))


def _forgotten(new: NewEmail, text: str) -> Iterator[Doubt]:
    if not new.subject.strip():
        yield Doubt("subject", _("It has no subject."))
    if _FILE.search(text) and not _has_files(new):
        yield Doubt("file", _("It speaks of an attachment and has none."))
    seen = len(addresses([*new.to, *new.cc]))
    if seen > MANY:
        words = _("{n} recipients will see one another’s addresses. Bcc hides them.")
        yield Doubt("many", words.format(n=seen))


def _has_files(new: NewEmail) -> bool:
    return bool(new.files or getattr(new, "stored", ()))


def unsubscribed(new: NewEmail) -> list[str]:
    """To whom it should not go. An answer is what they asked for; a new letter may not be (M25)."""
    if new.answers:
        return []
    people = {person.address for person in addresses([*new.to, *new.cc, *new.bcc])}
    return sorted(OptOut.objects.among(people))


def _opted_out(new: NewEmail) -> Iterator[Doubt]:
    for address in unsubscribed(new):
        words = _("{address} has unsubscribed from automatic e-mails. Is this one welcome?")
        yes = _("Send it to {address} all the same").format(address=address)
        yield Doubt(f"opted-out-{address}", words.format(address=address), ticked=yes)


def _waits(mailbox: Mailbox, now: datetime, *, later: bool) -> Iterator[Doubt]:
    if mailbox.state == Mailbox.State.DISCONNECTED:
        words = _("{mailbox} cannot be reached now. The e-mail waits until it can.")
        yield Doubt("disconnected", words.format(mailbox=mailbox.email))
    left = None if later else allowance.remaining(mailbox, now)
    if left and left.today == 0:
        if left.next_at:
            at = date_format(timezone.localtime(left.next_at), "DATETIME_FORMAT")
            said = _("The provider’s daily limit is reached. It will leave on {when}.")
            yield Doubt("limit", said.format(when=at))
        else:
            yield Doubt("limit", _("The provider’s daily limit is reached. It will leave later."))
