"""How a mailbox joins and leaves: tested first, then kept whole or not at all (M1, M3, M35)."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import rates, timeline
from crm.models import Activity, Email, Participant, Thread, User
from inbox.connect import doors, probe
from inbox.connect.advice import advice_for
from inbox.connect.providers import files_sent_itself
from inbox.models import Credential, Folder, Mailbox, MailboxCopy, Outgoing, Redelivery
from inbox.wire.account import Settings
from inbox.wire.faults import Fault
from inbox.wire.folders import inbox_folder, sent_folder
from inbox.wire.imap import ReadingSession

# of a mailbox that is connected again
_KEPT = (
    *("pk", "created_at", "team_id", "last_synced_at", "logs_mail", "authserv_id"),
    *("sent_habit", "signature", "most_a_day", "most_a_minute"),
)


class NotConnected(Exception):
    """A step failed: `steps` are those of the test, `failed` the one that did."""

    def __init__(self, steps: Sequence[probe.Step]) -> None:
        self.steps = steps
        self.failed = next(step for step in steps if step.ok is False)
        super().__init__(self.failed.name)


@dataclass(frozen=True)
class Choices:
    """What a person chooses beside the servers."""

    name: str = ""
    scope: str = ""  # this and those below: as before, or the default
    since_days: int = 0
    contact_creation: str = ""
    visibility: str = ""

    def named(self, name: str) -> "Choices":
        return replace(self, name=name)


def test(wanted: Settings, *, by: User) -> list[probe.Step]:
    """The steps of the connection test, in order; those after a failure are not tried (M3).

    Raises TooOften: nobody looks for open ports from here.
    """
    rates.spend("connection_test", by.pk)
    return list(probe.probe(wanted))


def connect(wanted: Settings, choices: Choices, *, owner: User) -> Mailbox:
    """Test, then keep the mailbox with its credential and the place where reading begins.

    Raises NotConnected or TooOften, and nothing of it stays. A mailbox that the same person
    connected before is reconnected: its history and its cursors go on.
    """
    tested = _pass_test(wanted, owner)
    mailbox = _unsaved(wanted, choices, owner)
    mailbox.smtp_max_size, mailbox.smtp_utf8 = tested.smtp_max_size, tested.smtp_utf8
    mailbox.credential = Credential(mailbox=mailbox, password=wanted.password)
    try:
        with doors.reading(mailbox) as session:
            folders = _folders(session, from_the_start=bool(choices.since_days))
    except Fault as fault:
        raise NotConnected([_failed_after_all(fault, wanted)]) from fault
    return _keep(mailbox, mailbox.credential, folders)


def connected_before(owner: User, email: str, imap_host: str) -> Mailbox | None:
    """The mailbox that connecting this one again would go on with."""
    found: Mailbox | None = Mailbox.objects.filter(
        owner=owner, email=email, imap_host=imap_host
    ).first()
    return found


def reconnect(mailbox: Mailbox, password: str, *, by: User, **changes: Any) -> None:
    """Take a new password, where the test passes with it. Raises NotConnected, TooOften (M37).

    `changes` are kept with it or not at all; the mailbox in memory has them for the test.
    """
    _pass_test(doors.settings_of(mailbox, password), by)
    with transaction.atomic():
        mailbox.change(**changes)
        Credential.objects.update_or_create(mailbox=mailbox, defaults={"password": password})
        mailbox.note_reconnected(timezone.now())


@transaction.atomic
def disconnect(mailbox: Mailbox, *, keep_emails: bool) -> None:
    """Delete the mailbox with credential and cursors; its logged e-mails stay, or go to the Trash.
    What is kept of it for an e-mail under a legal hold stays (M57).

    What was still to be sent through it fails visibly; of what was just leaving nobody knows (M23).
    """
    _end_sending(mailbox)
    mailbox.claim(timezone.now(), force=True)  # whoever looks has written all that he will
    if not keep_emails:
        _trash_emails(mailbox)
    mailbox.delete()


def _end_sending(mailbox: Mailbox) -> None:
    states = Outgoing.State
    rows = Outgoing.objects.filter(mailbox=mailbox, state__in=[states.QUEUED, states.SENDING])
    said = _("{mailbox} was disconnected.").format(mailbox=mailbox.email)
    for row in rows.select_for_update(of=("self",)).select_related("email__activity"):
        if row.transmitting_at:
            row.state = row.email.status = states.UNKNOWN
        else:
            row.state = row.email.status = states.FAILED
            row.email.error = said
            row.claimed_by = ""  # whoever has it in hand lets go before anything leaves
        row.save(update_fields=["state", "claimed_by"])
        row.email.save(update_fields=["status", "error"])
        timeline.touch(row.email.activity)
    # Whoever has one of these in hand lets go; the next attempt finds no mailbox.
    kept = Redelivery.objects.filter(outgoing__mailbox=mailbox, transmitting_at=None)
    now = timezone.now()
    kept.filter(state__in=["queued", "sending"]).update(
        claimed_by="", claimed_until=now, due_at=now
    )


def _failed_after_all(fault: Fault, wanted: Settings) -> probe.Step:
    """What the test did not meet: a limit of connections, say, or a folder that is not ours."""
    name = next((name for name in probe.NAMES if name == fault.step), probe.NAMES[1])
    advice = advice_for(name, fault, wanted.reading(), probe.provider_of(wanted))
    return probe.Step(name, ok=False, server_said=fault.server_said, advice=advice)


def _pass_test(wanted: Settings, by: User) -> probe.Step:
    """The last step, with what the servers said of themselves."""
    steps = test(wanted, by=by)
    if any(step.ok is False for step in steps):
        raise NotConnected(steps)
    return steps[-1]


def _unsaved(wanted: Settings, choices: Choices, owner: User) -> Mailbox:
    values = {field.name: getattr(wanted, field.name) for field in fields(Settings)}
    for name in ("password", "smtp_username", "smtp_password"):
        values.pop(name)
    return Mailbox(
        **values,
        owner=owner,
        name=choices.name,
        scope=choices.scope,
        since_days=choices.since_days,
        contact_creation=choices.contact_creation,
        visibility=choices.visibility,
        files_sent_itself=files_sent_itself(wanted.imap_host),
        state=Mailbox.State.CONNECTED,
    )


def _folders(session: ReadingSession, *, from_the_start: bool) -> list[Folder]:
    """The watched folders with their baseline: nothing old is read unless asked (M6)."""
    listed = session.folders()
    names = {Folder.Role.SENT: sent_folder(listed), Folder.Role.INBOX: inbox_folder(listed)}
    rows = []
    for role, name in names.items():
        if name:
            status = session.examine(name)
            row = Folder(name=name, role=role, messages=status.messages)
            if status.uidnext and not from_the_start:  # untold, the first look finds out
                row.uidvalidity, row.next_uid = status.uidvalidity, status.uidnext
                row.looked_at = timezone.now()
            rows.append(row)
    return rows


@transaction.atomic
def _keep(mailbox: Mailbox, credential: Credential, folders: list[Folder]) -> Mailbox:
    known = connected_before(mailbox.owner, mailbox.email, mailbox.imap_host)
    if known:
        # With its last success: from there on the next look catches up (M49).
        for name in _KEPT:
            setattr(mailbox, name, getattr(known, name))
        Credential.objects.filter(mailbox=known).delete()
        mailbox.name = mailbox.name or known.name
        mailbox.contact_creation = mailbox.contact_creation or known.contact_creation
        mailbox.visibility = mailbox.visibility or known.visibility
        mailbox.scope = mailbox.scope or known.scope
        folders = []  # its cursors go on where they were
    mailbox.contact_creation = mailbox.contact_creation or Mailbox.ContactCreation.ASK
    mailbox.visibility = mailbox.visibility or Email.Visibility.EVERYTHING
    mailbox.scope = mailbox.scope or Mailbox.Scope.THREADS
    mailbox.save()
    ours = Participant.objects.filter(stranger=True, address__iexact=mailbox.email)
    ours.update(stranger=False)  # no stranger any more
    credential.mailbox = mailbox
    credential.save()
    for folder in folders:
        folder.mailbox = mailbox
        folder.save()
    return mailbox


def _trash_emails(mailbox: Mailbox) -> None:
    """Those that it holds or has sent, except what another connected mailbox holds as well."""
    others = MailboxCopy.objects.exclude(mailbox=None).exclude(mailbox=mailbox)
    elsewhere = others.values("email")
    emails = Email.objects.filter(Q(copies__mailbox=mailbox) | Q(outgoing__mailbox=mailbox))
    ids = list(emails.exclude(pk__in=elsewhere).values_list("pk", flat=True))
    Activity.objects.kept().filter(pk__in=ids).update(deleted_at=timezone.now())
    Thread.objects.filter(emails__in=ids).update(counted=False)  # the tick counts them again
