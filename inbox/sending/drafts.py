"""What somebody is writing: saved as they type, found again, sent, and back after Undo (M21, M26).

A draft is known by its user and the key that came with the form, so that saving twice at once, or
from a browser that was offline, makes one row. Of two windows with the same draft the later one is
told, and writes over nothing unseen: `version` is that of the draft it shows.
"""

import mimetypes
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.models import Attachment, Company, Contact, Deal, Email, User
from crm.models.attachments import store_file
from inbox.connect.limits import MEGABYTE, USUAL, limits_of
from inbox.mime.pictures import looks
from inbox.models import Draft, DraftFile, Outgoing, Template
from inbox.sending.composer import NotSendable
from inbox.sending.replies import answered_by, as_it_was

FIELDS = ("mailbox", "sender", "to", "cc", "bcc", "subject", "html", "text", "quote", "signed")
BY_PAGE = "page-"  # how the keys of what was written on a page begin
MOST_FILES = 50
_PICTURE = re.compile(r"/drafts/files/(\d{1,18})/")
HEAD = 65_536  # bytes of a picture that tell its type


class Changed(Exception):
    """Somebody, in another window, has written on the draft since; `draft` is how it stands."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.draft = draft


class Gone(Exception):
    """It was sent or discarded in another window."""


@dataclass(frozen=True)
class Place:
    """Where something is written: on whose page, in answer to what, passing on what."""

    record: Contact | Company | Deal | None = None
    answers: Email | None = None
    forwards: Email | None = None

    def columns(self) -> dict[str, Any]:
        on: dict[str, Any] = {}
        if self.record:
            on[str(self.record._meta.model_name)] = self.record
        return {"answers": self.answers, "forwards": self.forwards, **on}


def begun(user: User, place: Place) -> Draft | None:
    """The newest draft that `user` began there."""
    rows = Draft.objects.open_for(user).filter(answers=place.answers, forwards=place.forwards)
    if not place.answers and not place.forwards:
        rows = rows.filter(**place.columns())
    found: Draft | None = rows.first()
    return found


def known_by(user: User, key: str) -> Draft | None:
    """The draft of a form. Raises Gone where that was sent, or thrown away."""
    found: Draft | None = Draft.objects.visible_to(user).filter(key=key).first()
    gone = found and (found.sent_as_id or found.discarded_at)
    if gone or (found is None and sent_with(user, key)):
        raise Gone
    return found


def sent_with(user: User, key: str) -> Email | None:
    """What the form of that key was sent as, from whichever mailbox."""
    sent = Outgoing.objects.filter(email__activity__by=user, idempotency_key=sending_key(key))
    found = sent.select_related("email__activity", "email__thread").first()
    return found.email if found else None


def sending_key(key: str) -> str:
    """By which the e-mail of a draft is sent once (M23)."""
    return f"{BY_PAGE}{key}"


def take_up(user: User, key: str) -> None:
    """Who presses Send has it before them, though another window has discarded it."""
    Draft.objects.visible_to(user).filter(key=key, sent_as=None).update(discarded_at=None)


def save(
    user: User, place: Place, *, key: str, version: int, ticked: Collection[str], **values: Any
) -> Draft:
    """Write down what was typed (FIELDS) and which files are ticked. Raises Changed or Gone."""
    draft = open_draft(user, place, key, ticked)
    if not draft.overwrite(version, timezone.now(), **values):
        draft.refresh_from_db()
        if any(getattr(draft, name) != value for name, value in values.items()):
            raise Changed(draft)  # the same words are no conflict
    _tick(draft, ticked)
    return draft


def open_draft(
    user: User, place: Place, key: str, ticked: Collection[str] = (), **values: Any
) -> Draft:
    """The draft of a form, made with `values` (FIELDS) where there is none yet. Raises Gone."""
    found = known_by(user, key)
    if found:
        return found
    with transaction.atomic():
        draft, new = Draft.objects.get_or_create(
            user=user, key=key, defaults={"version": 0, **place.columns(), **values}
        )
        if new and place.forwards:
            _take_over(draft, offered(place.forwards), ticked)
    made: Draft = draft
    return made


# --- sending --------------------------------------------------------------------------------------


def sent(user: User, draft: Draft | None, email: Email, send_at: datetime | None = None) -> None:
    """It waits out of sight until Undo is over, or its time has come; those whose e-mails have left
    go."""
    Draft.objects.visible_to(user).left_behind().delete()
    if draft:
        Draft.objects.filter(pk=draft.pk, sent_as=None).update(sent_as=email, send_at=send_at)


@transaction.atomic
def reopen(outgoing: Outgoing, user: User) -> Draft:
    """What was taken back before it left, to be written on: the draft itself, as it was; for what
    was not written on a page, a new one from the e-mail. Raises Gone where that was sent since."""
    key = f"again-{outgoing.pk}"
    if outgoing.first_key.startswith(BY_PAGE):
        key = outgoing.first_key.removeprefix(BY_PAGE)
    mine = Draft.objects.select_for_update().visible_to(user)
    known: Draft | None = mine.filter(Q(sent_as=outgoing.email) | Q(key=key)).first()
    if sent_with(user, key) or (known and known.sent_as_id not in (None, outgoing.email_id)):
        raise Gone
    if known:
        known.sent_as, known.discarded_at, known.touched_at = None, None, timezone.now()
        known.save(update_fields=["sent_as", "discarded_at", "touched_at"])
        return known
    start, answers = as_it_was(outgoing), answered_by(outgoing)
    values = {name: getattr(start, name) for name in FIELDS}
    draft, new = Draft.objects.get_or_create(
        user=user, key=key, defaults={**values, "answers": answers}
    )
    if new:
        _take_over(draft, Attachment.objects.filter(activity=outgoing.email_id).exclude(path=""))
    again: Draft = draft
    return again


# --- files ----------------------------------------------------------------------------------------


def offered(email: Email) -> Any:
    """The files of an e-mail that can be passed on; pictures inside of it go with its HTML."""
    return email.attachments().exclude(path="").exclude(inline=True)


def attach(draft: Draft, file: "File[bytes]", *, inline: bool = False) -> DraftFile:
    """Keep a file with the draft. Raises NotSendable where it is too much, or no picture."""
    _refuse_too_much(draft, file.size)
    name = (file.name or "")[-255:]
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if inline:
        content_type = _picture(file)
    values = {"name": name, "content_type": content_type, "size": file.size, "inline": inline}
    if inline:
        values["content_id"] = f"{secrets.token_hex(12)}@musubi"
    return DraftFile.objects.create(draft=draft, path=store_file(file), **values)


def _refuse_too_much(draft: Draft, size: int) -> None:
    """Pictures that were taken out of the text again count no more: they do not go along."""
    shown = _PICTURE.findall(Draft.objects.values_list("html", flat=True).get(pk=draft.pk))
    before = draft.kept_files().filter(Q(inline=False) | Q(pk__in=shown))
    if before.count() >= MOST_FILES:
        words = _("An e-mail can have {n} files at most.").format(n=MOST_FILES)
        raise NotSendable("attachments", words)
    most = (limits_of(draft.mailbox) if draft.mailbox else USUAL).attachment_bytes
    if size + (before.aggregate(size=Sum("size"))["size"] or 0) > most:
        words = _("The attachments are larger than {n} MB together. Remove one.")
        raise NotSendable("attachments", words.format(n=most // MEGABYTE))


def _picture(file: "File[bytes]") -> str:
    """Its type by its bytes, whatever it is called."""
    file.seek(0)
    found = looks(file.read(HEAD))
    file.seek(0)
    if found is None:
        words = _("This picture cannot stand in the text. Attach it as a file.")
        raise NotSendable("attachments", words)
    return found.content_type


@transaction.atomic
def use_template(draft: Draft, template: Template) -> list[DraftFile]:
    """Note that it is written with this template (M24), whose files become the draft's as well;
    returns those. A second time it changes nothing."""
    other = Draft.objects.filter(pk=draft.pk).exclude(template=template)
    if other.update(template=template) != 1:
        return []
    return DraftFile.objects.bulk_create(
        DraftFile(
            draft=draft,
            name=file.name,
            content_type=file.content_type,
            size=file.size,
            path=file.path,
        )
        for file in template.files.all()
    )


def _take_over(draft: Draft, files: Any, ticked: Collection[str] | None = None) -> None:
    """The files of an e-mail become the draft's as well: the bytes are stored once."""
    DraftFile.objects.bulk_create(
        DraftFile(
            draft=draft,
            source=file,
            name=file.name,
            content_type=file.content_type,
            size=file.size,
            content_id=file.content_id,
            inline=file.inline,
            path=file.path,
            kept=ticked is None or f"a{file.pk}" in ticked,
        )
        for file in files
    )


def _tick(draft: Draft, ticked: Collection[str]) -> None:
    """Pictures in the text have no tick: the text says whether they are in it."""
    for file in DraftFile.objects.filter(draft=draft, inline=False):
        if file.kept != (file.mark in ticked):
            DraftFile.objects.filter(pk=file.pk).update(kept=not file.kept)
