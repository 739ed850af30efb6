"""How templates, their folders and snippets are made and changed, and that taken back (M24)."""

import re
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from django.db import transaction

from crm import undo
from crm.models import Contact, Email, UndoEntry, User
from crm.models.attachments import store_content
from crm.retention import doom
from inbox import merge_fields
from inbox.mime.html_quotes import split_html
from inbox.mime.types import ParsedAttachment
from inbox.models import Snippet, Template, TemplateFile, TemplateFolder
from inbox.models.templates import Prewritten
from inbox.outreach.starters import Starter
from inbox.outreach.values import about, values
from inbox.outreach.writing import both_forms
from inbox.sending.replies import PREFIX

GENERALISED = (
    "contact.name",
    "contact.first_name",
    "contact.family_name",
    "company.name",
    "deal.name",
    "sender.name",
)
# RFC 3676, 4.3; a template is signed again by whoever uses it.
_SIGNATURE = re.compile(r"^-- $", re.MULTILINE)
_SIGNATURE_HTML = re.compile(r"<p\b[^<>]*>--(?: |\u00a0|&nbsp;)</p>")
MOST_BYTES = 10 * 1024 * 1024  # of the files of one template: they go out again and again


class Body(NamedTuple):
    """What was typed: `html` of an editor, or plain text."""

    html: str = ""
    text: str = ""


@transaction.atomic
def add(
    kind: type[Prewritten],
    body: Body,
    *,
    by: User,
    files: Iterable[ParsedAttachment] = (),
    **columns: Any,
) -> Any:
    """A new template or snippet, its owner's alone unless `shared`."""
    row = kind(owner=by, **both_forms(**body._asdict()), **columns)
    row.save()
    _attach(row, files)
    return row


@transaction.atomic
def edit(
    row: Prewritten,
    body: Body,
    *,
    by: User,
    kept: Collection[int] | None = None,
    files: Iterable[ParsedAttachment] = (),
    **columns: Any,
) -> UndoEntry:
    """Write what was changed and return the way back. Of its files those of `kept` stay (None:
    all)."""
    step = undo.changed(row, **written_over(row, body), **columns)
    if isinstance(row, Template):
        if kept is not None:
            _detach(row.files.exclude(pk__in=kept))
        _attach(row, files)
    return undo.remember(by, step)


def written_over(row: Prewritten, body: Body) -> dict[str, str]:
    """`html` and `text` of the row once this is saved. Plain text in which nothing was changed
    leaves the HTML as it is."""
    if not body.html and body.text == row.text:
        body = Body(html=row.html)
    return both_forms(**body._asdict())


def _detach(files: Any) -> None:
    """Their bytes go with the next purge, where nothing else names them."""
    doom(list(files.values_list("path", flat=True)))
    files.delete()


def _attach(row: Any, files: Iterable[ParsedAttachment]) -> None:
    for file in files:
        path = store_content(file.content)
        named = {"name": file.name[:255] or "file", "content_type": file.content_type[:127]}
        TemplateFile.objects.create(template=row, size=len(file.content), path=path, **named)


@transaction.atomic
def duplicate(row: Prewritten, *, by: User, name: str) -> Any:
    """A copy that is `by`'s own and private, its files included."""
    columns: dict[str, Any] = {"name": name[:150], "html": row.html, "text": row.text}
    if isinstance(row, Snippet):
        shortcut = free_shortcut(row.shortcut, by)
        return Snippet.objects.create(owner=by, shortcut=shortcut, **columns)
    assert isinstance(row, Template)
    columns |= {"folder": row.folder, "language": row.language, "subject": row.subject}
    copy = Template.objects.create(owner=by, **columns)
    for file in row.files.all():
        file.pk, file.template = None, copy
        file.save(force_insert=True)
    return copy


def free_shortcut(wanted: str, owner: User) -> str:
    """`wanted`, or with a number behind it where the owner has such a one already."""
    theirs = set(Snippet.objects.kept().filter(owner=owner).values_list("shortcut", flat=True))
    tried, number = wanted, 2
    while tried in theirs:
        tried, number = f"{wanted[:26]}{number}", number + 1
    return tried


def start(starter: Starter, *, by: User, language: str) -> Template:
    """One of the templates that everybody is offered, as `by`'s own."""
    columns: dict[str, Any] = {"name": starter.name, "subject": starter.subject}
    columns["language"] = language
    made: Template = add(Template, Body(text=starter.text), by=by, **columns)
    return made


def of_email(email: Email, *, by: User) -> dict[str, str]:
    """An e-mail that was written to somebody, as the beginning of a template: the names in it are
    fields, and what it quotes is left out."""
    known = _names_in(email, by)
    said = _SIGNATURE.split(email.reply_text)[0]
    form = both_forms(text=merge_fields.generalised(said, known))
    if email.html:
        own, _quoted = split_html(email.html)
        own = _SIGNATURE_HTML.split(own)[0]
        form = both_forms(html=merge_fields.generalised_html(own, known))
    subject = merge_fields.generalised(PREFIX.sub("", email.subject).strip(), known)
    return {"name": subject[:150], "subject": subject[:900], **form}


def _names_in(email: Email, by: User) -> dict[str, str]:
    """The values that may stand in it: of whom it went to, their company, and who wrote it."""
    people = email.participants.filter(role="to").values("contact")
    contact = Contact.objects.visible_to(by).filter(pk__in=people).first()
    known = values(about(by, contact=contact), sender=by)
    return {name: known.get(name, "") for name in GENERALISED}


@transaction.atomic
def move(template: Template, folder: TemplateFolder | None, *, by: User) -> UndoEntry:
    return undo.remember(by, undo.changed(template, folder=folder))


# --- folders: drawers of the whole organisation ---------------------------------------------------


class FolderTaken(Exception):
    """There is a folder of this name."""


@transaction.atomic
def add_folder(name: str) -> TemplateFolder:
    """A new one, or the one that is called so already."""
    found: TemplateFolder = TemplateFolder.objects.get_or_create(name=name, deleted_at=None)[0]
    return found


@transaction.atomic
def rename_folder(folder: TemplateFolder, name: str, *, by: User) -> UndoEntry:
    others = TemplateFolder.objects.kept().filter(name=name).exclude(pk=folder.pk)
    if others.exists():
        raise FolderTaken
    return undo.remember(by, undo.changed(folder, name=name))


@transaction.atomic
def trash(row: Any, *, by: User) -> UndoEntry:
    """A template, a snippet or a folder; the templates of a folder stay, outside of any."""
    return undo.remember(by, undo.trashed(row))
