"""Why was this message (not) logged? The server's header, our rows and the rules, in words (M45).

    the question ─► each watched folder: SEARCH ─► header fields ─► sync.judging ─► sentences
                └─► nowhere: our own rows, and the names of the other folders that hold it

A person asks about a mailbox of theirs. It is the session and the judgement of a look: header
fields alone, nothing changed, and nothing kept but the ledger's count (M13). An e-mail that is not
for who asks is answered like one that nobody has: whoever knows an id learns nothing by it (M53).
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.models import Activity, Email, User
from crm.models.activities import visible_activities
from inbox.connect import doors
from inbox.mime.ids import normal
from inbox.models import Folder, HeadersRead, Mailbox, MessageId, Quarantined, Reading
from inbox.sync.judging import Verdict, judge
from inbox.sync.rules import ids_named_by
from inbox.wire.faults import FolderGone
from inbox.wire.imap import ReadingSession
from inbox.wire.standing import FolderStatus

MOST_FOUND = 20
MOST_FOLDERS = 40
CLOCKS_DIFFER = timedelta(minutes=1)  # ours and the server's, which tells whole seconds


@dataclass(frozen=True)
class Question:
    """A Message-ID, else a sender and a day."""

    message_id: str = ""
    sender: str = ""
    day: date | None = None


@dataclass(frozen=True)
class Finding:
    """A message that the server has, or (without a folder) one that it has not; why it is, or is
    not, on the timeline: `email`, where it is."""

    steps: list[str]
    email: Email | None = None
    known: Email | None = None  # the same, in the Trash too
    folder: str = ""
    sender: str = ""
    subject: str = ""
    at: datetime | None = None


def ask(mailbox: Mailbox, question: Question, user: User) -> list[Finding]:
    """Look for it in the watched folders, then elsewhere. Raises a Fault."""
    with doors.reading(mailbox) as session:
        found: list[Finding] = []
        for folder in mailbox.folders.filter(watched=True):
            with suppress(FolderGone):
                found += _in_folder(folder, question, user, session)
        return found[:MOST_FOUND] or [_not_found(mailbox, question, user, session)]


def _is_told(user: User, email: Email) -> bool:
    """Whether `user` may know that it is here."""
    rows = Activity.objects.filter(visible_activities(user), pk=email.pk)
    return email.shows_people_to(user) and rows.exists()


def _in_folder(
    folder: Folder, question: Question, user: User, session: ReadingSession
) -> list[Finding]:
    status = session.examine(folder.name)
    uids = _uids(question, session)[-MOST_FOUND:]
    blocks = [block for uid in uids for block in session.headers(uid, uid)]
    HeadersRead.add(folder.mailbox, timezone.now().date(), len(blocks))
    verdicts = judge(blocks, folder, session)
    own = folder.mailbox.owner_id == user.pk  # their mail program shows it to them anyway
    return [
        _explained(verdict, folder, status)
        for verdict in verdicts
        if _is_meant(verdict, question)
        and (own or not verdict.email or _is_told(user, verdict.email))
    ]


def _uids(question: Question, session: ReadingSession) -> list[int]:
    if question.message_id:
        return session.uids_of(question.message_id)
    assert question.day is not None  # the form asks for one or the other
    day = timedelta(days=1)  # the server's day may be another one than the reader's
    return session.uids_from(question.sender, question.day - day, question.day + day)


def _is_meant(verdict: Verdict, question: Question) -> bool:
    """A server finds parts of an id as well, and days of its own zone."""
    if question.message_id:
        return normal(verdict.header.message_id) == normal(question.message_id)
    return timezone.localdate(verdict.block.arrived_at) == question.day


# --- one that the server has ----------------------------------------------------------------------


def _explained(verdict: Verdict, folder: Folder, status: FolderStatus) -> Finding:
    looked_at = folder.uidvalidity == status.uidvalidity and verdict.uid < folder.next_uid
    steps = [
        _("It lies in “{folder}”, which is watched.").format(folder=folder.name),
        _whether_looked_at(verdict, folder, looked_at=looked_at),
        _what_it_names(verdict),
        _outcome(verdict, folder, looked_at=looked_at),
    ]
    header = verdict.header
    return Finding(
        steps=[step for step in steps if step],
        email=verdict.email if verdict.email and not verdict.email.activity.deleted_at else None,
        known=verdict.email,
        folder=folder.name,
        sender=header.sender.address if header.sender else "",
        subject=header.subject,
        at=verdict.block.arrived_at,
    )


def _whether_looked_at(verdict: Verdict, folder: Folder, *, looked_at: bool) -> str:
    mailbox = folder.mailbox
    begins = mailbox.created_at - timedelta(days=mailbox.since_days)
    whole = folder.role == Folder.Role.CRM  # whatever lies there was put there to be logged
    if not looked_at:
        return _("It has not been looked at yet. The next look does.")
    arrived_at = verdict.block.arrived_at
    if arrived_at < begins - CLOCKS_DIFFER and not (whole or verdict.email):
        said = _("It was there before {day}; only what came later is looked at.")
        return said.format(day=date_format(timezone.localdate(begins)))
    return _("Its header was looked at.")


def _what_it_names(verdict: Verdict) -> str:
    if verdict.email:
        return ""
    if verdict.refusal:
        return _refusals()[verdict.refusal]
    if verdict.reason:
        row = Reading(rule=verdict.reason.rule, known_id=verdict.reason.known_id)
        return row.text
    count = len(set(ids_named_by(verdict.header)))
    if count == 0:
        return _("It answers nothing: its header names no earlier message.")
    return _("Earlier messages that its header names: {count}. None of them is known here.").format(
        count=count
    )


def _refusals() -> dict[str, str]:
    return {
        "never_log": _("Somebody in it is on a never-log list, which goes before every rule."),
        "not_ours": _(
            "This mailbox logs mail from people who work here, and this is not from one of them."
        ),
        "unproven": _("It says to be from somebody who works here, and nothing proves it."),
    }


def _outcome(verdict: Verdict, folder: Folder, *, looked_at: bool) -> str:
    if verdict.email:
        return _kept_or_not(verdict.email)
    place = {"uidvalidity": folder.uidvalidity, "uid": verdict.uid}
    if Quarantined.objects.filter(folder=folder, **place).exists():
        return _("It could not be understood, and is put aside until an upgrade can.")
    row = _row(verdict.identity)
    if row and row.email is None:
        return _("It was erased here for good, so it does not come back.")
    if verdict.reason and not looked_at:
        return _("So it will be logged.")
    if verdict.reason:
        return _("When it was looked at, that was not known here yet. It is not read afterwards.")
    return _("So its text is not read, and nothing of it is kept.")


def _row(name: str) -> MessageId | None:
    """What the CRM knows by this id; without an e-mail where it was erased."""
    found: MessageId | None = MessageId.objects.known([], erased={name} - {""}).get(name)
    return found


def _kept_or_not(email: Email) -> str:
    deleted_at = email.activity.deleted_at
    if deleted_at is None:
        return _("It is logged.")
    day = date_format(timezone.localdate(deleted_at))
    return _("It was logged, and has been in the Trash since {day}.").format(day=day)


# --- one that it has not --------------------------------------------------------------------------


def _not_found(
    mailbox: Mailbox, question: Question, user: User, session: ReadingSession
) -> Finding:
    names = [folder.name for folder in mailbox.folders.filter(watched=True)]
    row = _row(normal(question.message_id))
    email = row.email if row else None
    hidden = bool(email and not _is_told(user, email))
    elsewhere = [] if hidden else _elsewhere(question, names, session)
    steps = [_nowhere(mailbox, user).format(names=", ".join(names))]
    if elsewhere:
        steps.append(
            _("It lies in “{folder}”, which is not watched.").format(folder=", ".join(elsewhere))
        )
    if email and not hidden:
        steps.append(_kept_or_not(email))
    elif row and not email:
        steps.append(_("It was erased here for good, so it does not come back."))
    elif not elsewhere:
        steps.append(_("It was moved or deleted, or it never arrived."))
    shown = email and not hidden and not email.activity.deleted_at
    return Finding(steps=steps, email=email if shown else None)


def _nowhere(mailbox: Mailbox, user: User) -> str:
    """True for whoever is told nothing of one that is there, too."""
    if mailbox.owner_id == user.pk:
        return _("None of the watched folders has it: {names}.")
    return _("None of the watched folders has it, or it is not for you to see: {names}.")


def _elsewhere(question: Question, watched: list[str], session: ReadingSession) -> list[str]:
    """The other folders that the server finds it in; of them it is not even the header read."""
    others = [folder for folder in session.folders() if folder.selectable]
    found = []
    for folder in [folder for folder in others if folder.name not in watched][:MOST_FOLDERS]:
        with suppress(FolderGone):
            session.examine(folder.name)
            if question.message_id and _uids(question, session):
                found.append(folder.name)
    return found
