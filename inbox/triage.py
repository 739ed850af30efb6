"""The inbox page: which conversations each folder holds, across mailboxes, and what a row says of
them. Whose turn it is decides crm/lib/turns.py; what people do about it stands in crm/turns.py.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.lib import keyset
from crm.models import (
    Association,
    Attachment,
    Contact,
    Deal,
    Email,
    Participant,
    Thread,
    User,
    visible_records,
)
from crm.models.activities import WAITS_AT_MOST
from crm.models.emails import readable_by, snippet
from crm.models.visibility import MOST_LETTERS
from inbox.models import Draft, Mailbox, MailboxCopy, Outgoing

PAGE = 40
MOST_COUNTED = 99
LATELY = timedelta(minutes=5)  # who has not typed since is not replying any more
FOLDERS: dict[str, Any] = {
    "needs-reply": _("Needs a reply"),
    "waiting": _("Waiting for them"),
    "snoozed": _("Snoozed"),
    "done": pgettext_lazy("conversations", "Done"),
    "scheduled": _("Scheduled"),
    "failed": _("Not sent"),
}
WHOSE = {"me": _("Mine"), "anyone": _("Everyone’s"), "nobody": _("Given to nobody")}


class Asked(NamedTuple):
    """Which conversations the query of a page asks for."""

    folder: str  # of FOLDERS, or "mailbox"
    mailbox: Mailbox | None
    whose: str
    words: str
    files: bool

    @property
    def narrowed(self) -> bool:
        """Whether it may be that alone which leaves nothing."""
        return bool(self.words or self.files)


def asked(query: Mapping[str, str], user: User) -> Asked:
    """What cannot be understood is as if it were not there."""
    folder, _dash, pk = query.get("folder", "").partition("-")
    mailbox = None
    if folder == "mailbox" and pk.isdecimal() and len(pk) < 19:
        mailbox = Mailbox.objects.usable_by(user).filter(pk=int(pk)).first()
    named = query.get("folder", "")
    folder = "mailbox" if mailbox else named if named in FOLDERS else "needs-reply"
    whose = query.get("whose", "")
    if whose not in WHOSE:
        whose = "anyone" if mailbox else "me"
    words = query.get("q", "").strip()[:MOST_LETTERS]
    return Asked(folder, mailbox, whose, words, query.get("files") == "yes")


def threads(user: User, wanted: Asked, now: datetime) -> Any:
    """Those that `user` may see of them, in no order."""
    rows = _of_folder(Thread.objects.visible_to(user), user, wanted, now)
    if wanted.whose == "me" and wanted.folder not in ("scheduled", "failed"):
        rows = rows.of(user)
    elif wanted.whose == "nobody":
        rows = rows.filter(assignee=None)
    for word in wanted.words.split()[:8]:
        rows = rows.filter(_holding(word, user))
    if wanted.files:
        files = Attachment.objects.readable_by(user).filter(inline=False)
        rows = rows.filter(Exists(files.filter(activity__email__thread=OuterRef("pk"))))
    return rows


def _of_folder(rows: Any, user: User, wanted: Asked, now: datetime) -> Any:
    states = Thread.State
    match wanted.folder:
        case "mailbox":
            return rows.filter(_in_mailbox(wanted.mailbox))
        case "waiting":
            return rows.filter(state=states.THEIRS, stands_at__gte=now - WAITS_AT_MOST)
        case "snoozed":
            return rows.asleep(now)
        case "done":
            return rows.filter(state=states.DONE)
        case "scheduled":
            later = Outgoing.objects.scheduled_by(user)
            return rows.filter(pk__in=later.values("email__thread"))
        case "failed":
            return rows.filter(pk__in=failed_of(user).values("email__thread"))
        case _:
            return rows.needing_reply(now)


def _in_mailbox(mailbox: Mailbox | None) -> Q:
    """From the mailbox to its conversations: the other way each of them would be asked about."""
    copies = MailboxCopy.objects.filter(mailbox=mailbox).order_by()
    sent = Outgoing.objects.filter(mailbox=mailbox).order_by()
    return Q(pk__in=copies.values("email__thread")) | Q(pk__in=sent.values("email__thread"))


def _holding(word: str, user: User) -> Q:
    """Whether its newest e-mail names somebody so, or is about that, as far as `user` sees it."""
    people = Participant.objects.filter(Q(name__icontains=word) | Q(address__icontains=word))
    told = Q(newest__visibility=Email.Visibility.SUBJECT) | readable_by(user, "newest__")
    about = Q(newest__subject__icontains=word) & told
    return Q(Exists(people.filter(email=OuterRef("newest")))) | about


def failed_of(user: User) -> Any:
    """What `user` has written and did not leave, or is not known to have."""
    states = [Outgoing.State.FAILED, Outgoing.State.UNKNOWN]
    return Outgoing.objects.filter(Outgoing.KEPT, email__activity__by=user, state__in=states)


def mine_needing_reply(user: User, now: datetime) -> str:
    """How many wait for `user`, as the navigation says it: "7", "99+", "" for none."""
    mine = Thread.objects.of(user).needing_reply(now).order_by()
    if not mine.exists():  # at a fraction of the price, on every page of who has answered all
        return ""
    return up_to(mine.visible_to(user))


def up_to(rows: Any) -> str:
    count: int = rows[: MOST_COUNTED + 1].count()
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")


# --- a page of them -------------------------------------------------------------------------------


class Row(NamedTuple):
    thread: Thread
    email: Email  # the newest
    files: bool
    deal: Deal | None
    replying: Sequence[str]  # the names of colleagues who write an answer right now


def page_of(rows: Any, user: User, cursor: str = "") -> tuple[list[Row], str]:
    """A page, the newest first, and the next cursor ("" at the end); one that is not ours is the
    start. Eight queries, or fewer."""
    found = list(_after(rows, cursor).with_unread(user).select_related("whose")[: PAGE + 1])
    shown = found[:PAGE]
    following = keyset.encode(shown[-1].stands_at, shown[-1].pk) if len(found) > PAGE else ""
    return _rows(shown, user), following


def ordered(rows: Any) -> Any:
    return rows.order_by("-stands_at", "-pk")


def next_to(rows: Any, thread: Thread) -> Thread | None:
    """What comes after it in its list; before it, where it is the last."""
    at, pk = thread.stands_at, thread.pk
    after = rows.filter(Q(stands_at__lt=at) | Q(stands_at=at, pk__lt=pk))
    before = rows.filter(Q(stands_at__gt=at) | Q(stands_at=at, pk__gt=pk))
    found: Thread | None = ordered(after).first()
    return found or before.order_by("stands_at", "pk").first()


def _after(rows: Any, cursor: str) -> Any:
    try:
        at, pk = keyset.decode(cursor)
    except ValueError:
        return ordered(rows)
    return ordered(rows.filter(Q(stands_at__lt=at) | Q(stands_at=at, pk__lt=pk)))


def _rows(found: Sequence[Thread], user: User) -> list[Row]:
    files = Attachment.objects.filter(activity=OuterRef("pk"), inline=False)
    emails = Email.objects.filter(pk__in=[thread.newest_id for thread in found])
    emails = emails.defer("text", "html").annotate(snippet=snippet(160), files=Exists(files))
    emails = emails.select_related("activity__by")
    known = Prefetch("participants__contact", queryset=Contact.objects.visible_to(user))
    emails = emails.prefetch_related("participants", "readers", known)
    by_id: dict[int | None, Any] = {email.pk: email for email in emails}
    deals = _deals([email.pk for email in emails], user)
    writing = replying([thread.pk for thread in found], user, timezone.now())
    return [
        Row(thread, email, email.files, deals.get(email.pk), writing.get(thread.pk, []))
        for thread in found
        if (email := by_id.get(thread.newest_id))
    ]


def replying(threads: Sequence[int], user: User, now: datetime) -> dict[int, list[str]]:
    """The names of others who have typed an answer within the last minutes, by conversation; what
    they write is theirs alone."""
    drafts = Draft.objects.filter(answers__thread__in=threads, touched_at__gte=now - LATELY)
    drafts = drafts.filter(discarded_at=None, sent_as=None).exclude(user=user)
    found: dict[int, list[str]] = {}
    for thread, name in drafts.order_by("pk").values_list("answers__thread", "user__name"):
        found.setdefault(thread, []).append(name)
    return found


def _deals(emails: Sequence[int], user: User) -> dict[int, Deal]:
    """The newest deal that each stands on, of those that `user` may see."""
    places = Association.objects.filter(activity__in=emails, deal__deleted_at=None)
    places = places.filter(visible_records(user, "deal__"), deal__isnull=False)
    rows = places.select_related("deal").order_by("deal")
    return {row.activity_id: row.deal for row in rows if row.deal}
