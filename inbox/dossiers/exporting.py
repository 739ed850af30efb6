"""An archive to take away: of a contact (M36), or of the conversation of one's mailbox (M59).

    README.txt      what is in it
    contact.json    the record, sequences, opt-outs             of a contact alone
    timeline.json   every note, task and e-mail, with headers   of a contact alone
                    and transport records as far as they are still kept
    mail.mbox       the e-mails, rebuilt from what is stored, with their files
    files/          the files once more, by themselves          of a contact alone

What who asked may not see is not in it (M53): `crm.dossier`. It is kept for a day.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from crm import dossier, notices, retention
from crm.models import Activity, Attachment, Contact, Email, User
from crm.models.attachments import store_file
from inbox.dossiers.archive import Archive, mbox_entry, safe_name
from inbox.mime.build import Draft, build
from inbox.mime.types import Address, ParsedAttachment
from inbox.models import Enrolment, ExportRun, Mailbox, OptOut

REBUILT = b"X-Musubi-Rebuilt: from what is stored; the original lies in the mailbox\r\n"
README = """This archive was made by Musubi on {day}.

contact.json   the record, its addresses, deals and sequences
timeline.json  notes, tasks and e-mails; of those that only their owner may see, the day
mail.mbox      the e-mails, rebuilt from what is stored: any mail program opens them (mboxrd)
files/         the files of notes and e-mails
"""


def ask(user: User, *, contact: Contact | None = None, mailbox: Mailbox | None = None) -> ExportRun:
    """Have it made within seconds; what is under way already is not asked for twice."""
    rows = ExportRun.objects.open().filter(user=user, contact=contact, mailbox=mailbox)
    found: ExportRun | None = rows.first()
    about = {"contact": contact, "mailbox": mailbox}
    return found or ExportRun.objects.create(
        user=user, content_type="application/zip", size=0, **about
    )


def carry_out(run: ExportRun) -> None:
    if run.user is None or not (run.contact or run.mailbox):
        run.delete()  # whom it was of, or for, is gone
        return
    counts: Counter[str] = Counter()
    with tempfile.TemporaryFile() as whole:
        archive = Archive(whole)
        if run.contact:
            _write_contact(archive, run, run.contact, counts)
        elif run.mailbox:
            _write_mail(archive, run, _of_mailbox(run.mailbox), counts)
        archive.close()
        size = whole.tell()
        whole.seek(0)
        path = store_file(File(whole, name="archive.zip"))
    _finish(run, path, size, counts)


def drop(rows: Any) -> int:
    """Erase archives with their files; returns how many."""
    with transaction.atomic():
        retention.doom(set(rows.values_list("path", flat=True)) - {""})
        gone: int = rows.delete()[0]
    if gone:
        retention.sweep()
    return gone


@transaction.atomic
def _finish(run: ExportRun, path: str, size: int, counts: Counter[str]) -> None:
    """Where it was dropped meanwhile, since somebody was erased, it is not ready, and goes."""
    if not ExportRun.objects.select_for_update().filter(pk=run.pk).exists():
        retention.doom([path])
        return
    if run.contact:
        name = f"{run.contact} {timezone.localdate():%Y-%m-%d}.zip"
        notices.tell(run.user, "export_ready", contact=run.contact.pk, name=str(run.contact))
    else:
        name = f"{run.mailbox} {timezone.localdate():%Y-%m-%d}.zip"
        notices.tell(
            run.user, "mailbox_export_ready", mailbox=run.mailbox_id, name=str(run.mailbox)
        )
    now = timezone.now()
    run.change(path=path, size=size, name=name[-255:], counts=dict(counts), finished_at=now)


# --- a contact ------------------------------------------------------------------------------------


def _write_contact(
    archive: Archive, run: ExportRun, contact: Contact, counts: Counter[str]
) -> None:
    archive.text("README.txt", README.format(day=timezone.localdate().isoformat()))
    record = {**dossier.about(contact, _reader(run)), **_of_mail(contact)}
    archive.text("contact.json", _json(record))
    names: dict[int, str] = {}
    archive.pieces("timeline.json", _timeline(run, contact, names, counts))
    batches = dossier.activities(contact)
    _write_mail(archive, run, (_emails(batch) for batch in batches), counts)
    for pk, name in names.items():
        file = Attachment.objects.filter(pk=pk).first()
        if file and file.stored:
            counts["files"] += 1
            with default_storage.open(file.path) as content:
                archive.copy(f"files/{name}", content)


def _reader(run: ExportRun) -> User:
    """Who asked for it, and sees no more in it than elsewhere."""
    assert run.user is not None  # else it is not made
    return run.user


def _of_mail(contact: Contact) -> dict[str, Any]:
    addresses = [row.address for row in contact.addresses.all()]
    rows = Enrolment.objects.filter(contact=contact).select_related("sequence").order_by("pk")
    return {
        "opted_out": sorted(OptOut.objects.among(addresses)),
        "sequences": [
            {
                "name": row.sequence.name,
                "state": row.state,
                "since": row.created_at.isoformat(),
                "values": row.values,
            }
            for row in rows
        ],
    }


def _timeline(
    run: ExportRun, contact: Contact, names: dict[int, str], counts: Counter[str]
) -> Iterator[bytes]:
    """A JSON array, line by line; `names` takes in how each file is called in the archive."""
    taken: set[str] = set()
    yield b"["
    for n, activity in enumerate(a for b in dossier.activities(contact) for a in b):
        counts[f"{activity.kind}s"] += 1
        told = dossier.line(activity, _reader(run))
        if "not_shown" in told:
            counts["not_shown"] += 1
        else:
            told |= _beside(activity, names, taken)
        yield (",\n" if n else "\n").encode() + _json(told).encode()
    yield b"\n]\n"


def _beside(activity: Activity, names: dict[int, str], taken: set[str]) -> dict[str, Any]:
    files = []
    for file in activity.files.all():
        told = {"name": file.label, "type": file.content_type, "size": file.size}
        if file.stored:
            names[file.pk] = safe_name(file.name, file.content_type, taken)
            told["path"] = f"files/{names[file.pk]}"
        files.append(told)
    if activity.kind != Activity.Kind.EMAIL:
        return {"files": files}
    email: Any = activity.email
    return {
        "files": files,
        "headers": [row.text for row in email.header_blocks.all()],
        "transport": [
            {"at": row.at.isoformat(), "size": row.size, **row.envelope._asdict()}
            for row in email.transport.all()
        ],
    }


def _emails(batch: list[Activity]) -> list[Email]:
    return [activity.email for activity in batch if activity.kind == Activity.Kind.EMAIL]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)


# --- mail -----------------------------------------------------------------------------------------


def _of_mailbox(mailbox: Mailbox) -> Iterator[list[Email]]:
    """The kept e-mails that it holds or has sent, the oldest first."""
    held = Email.objects.filter(copies__mailbox=mailbox).values("pk")
    sent = Email.objects.filter(outgoing__mailbox=mailbox).values("pk")
    rows = Email.objects.filter(activity__deleted_at=None).order_by("pk")
    rows = rows.filter(pk__in=held.union(sent)).select_related("activity")
    rows = rows.prefetch_related("participants", "readers", "activity__files")
    after = 0
    while batch := list(rows.filter(pk__gt=after)[: dossier.BATCH]):
        yield batch
        after = batch[-1].pk


def _write_mail(
    archive: Archive, run: ExportRun, batches: Iterator[list[Email]], counts: Counter[str]
) -> None:
    def entries() -> Iterator[bytes]:
        for batch in batches:
            run.hold()
            for email in batch:
                if email.seen_by(_reader(run)):
                    counts["letters"] += 1
                    yield mbox_entry(rebuilt(email), email.activity.at)

    archive.pieces("mail.mbox", entries())


def rebuilt(email: Email) -> bytes:
    """The message as far as it is stored, marked as such; files that are not stored are missing."""
    people = list(email.participants.all())
    to, cc = (
        tuple(Address(row.name, row.address) for row in people if row.role == role)
        for role in ("to", "cc")
    )
    writer = email.writer
    answers = email.answers.message_id.strip("<>") if email.answers else ""
    return REBUILT + build(
        Draft(
            sender=Address(writer.name, writer.address) if writer else Address("", ""),
            to=to,
            cc=cc,
            subject=email.subject,
            text=email.text,
            html=email.html,
            attachments=tuple(_attached(email)),
            message_id=email.message_id.strip("<>"),
            in_reply_to=answers,
            date=email.activity.at,
        )
    )


def _attached(email: Email) -> Iterator[ParsedAttachment]:
    for file in email.activity.files.all():
        if file.stored:
            yield ParsedAttachment(
                file.name,
                file.content_type,
                file.size,
                file.content(),
                file.content_id,
                file.inline,
            )
