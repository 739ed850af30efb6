"""What leaves of what somebody wrote: their words, the signature, the quotation, the files (M21).

Above the quotation stands the signature of the mailbox, marked as RFC 3676 (4.3) has it. A
quotation that was left as it is goes out as the quoted e-mail was designed; else as changed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from crm.models import Attachment, Email
from crm.models.attachments import FileRow
from inbox.files import StoredFile
from inbox.mime import prose
from inbox.models import DraftFile, Mailbox
from inbox.sending import replies
from inbox.sending.composer import NotSendable

MARK = "-- "  # RFC 3676, 4.3: two hyphens and a space, alone on a line
_OURS = re.compile(r"/drafts/files/(\d+)/")
_CID = re.compile(r"cid:([^\"'<>\s]+)")


@dataclass(frozen=True)
class Content:
    """`text` and `html` ("" where nobody formatted anything), and files by their place.

    `passed_on` is how each ends with what somebody else wrote, where that was left as it is.
    """

    text: str
    html: str
    files: Sequence[StoredFile] = ()
    passed_on: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Typed:
    """What a person typed: `html` cleaned, or "" and `text`; `quote` as the fold shows it."""

    text: str
    html: str = ""
    quote: str = ""
    signed: bool = True


def finished(
    typed: Typed,
    mailbox: Mailbox,
    *,
    answers: Email | None,
    forwards: Email | None,
    files: Iterable[FileRow],
) -> Content:
    """Raises NotSendable where nothing was written."""
    rows = list(files)
    if not (typed.text.strip() or typed.html or forwards or _attached(rows)):
        raise NotSendable("text", _("Write something, or attach a file."))
    quoted = _quoted_html(typed.quote, answers, forwards)
    if not typed.html and (_is_designed(quoted, forwards) or _has_design(typed, mailbox)):
        typed = replace(typed, html=prose.of_text(typed.text))
    text = "\n\n".join(
        part for part in (typed.text.strip("\n"), _signature(typed, mailbox), typed.quote) if part
    )
    passed_on = (typed.quote, quoted) if _as_it_was(typed.quote, forwards) else ("", "")
    if not typed.html:
        return Content(text, "", _stored(_attached(rows)), passed_on)
    pictures = {str(row.pk): row for row in rows if row.inline and isinstance(row, DraftFile)}
    html = _html(typed, mailbox, quoted, pictures)
    shown = _shown(html, [*pictures.values(), *_of_quoted(answers, forwards)])
    return Content(text, html, _stored([*_attached(rows), *shown]), passed_on)


def _html(typed: Typed, mailbox: Mailbox, quoted: str, pictures: Mapping[str, FileRow]) -> str:
    def place(address: str) -> str:
        ours = _OURS.fullmatch(address)
        if not ours:
            return address
        return f"cid:{pictures[ours[1]].content_id}" if ours[1] in pictures else ""

    said = prose.dressed(prose.with_pictures(typed.html, place))
    signature = prose.clean(mailbox.signature) if typed.signed else ""
    signed = prose.dressed(f"<p>{MARK}</p>{signature}") if signature else ""
    return said + signed + quoted


def _signature(typed: Typed, mailbox: Mailbox) -> str:
    said = prose.plain(prose.clean(mailbox.signature)) if typed.signed else ""
    return f"{MARK}\n{said}" if said else ""


def _quoted_html(quote: str, answers: Email | None, forwards: Email | None) -> str:
    """Designed where it was left as it is, else the changed text; "" where it was taken out."""
    quote = quote.strip()
    if not quote:
        return ""
    if forwards:
        if _as_it_was(quote, forwards):
            return replies.passed_on_html(forwards)
        return prose.dressed(prose.of_text(quote))
    if answers and quote == replies.quotation(answers).strip():
        return replies.quotation_html(answers)
    line, _break, rest = quote.partition("\n")
    words = re.sub(r"(?m)^> ?", "", rest)
    return prose.cited(line, prose.of_text(words)) if rest else prose.dressed(prose.of_text(quote))


def _as_it_was(quote: str, forwards: Email | None) -> bool:
    return forwards is not None and quote.strip() == replies.passed_on(forwards).strip()


def _is_designed(quoted: str, forwards: Email | None) -> bool:
    return bool(quoted and forwards and forwards.html)


def _has_design(typed: Typed, mailbox: Mailbox) -> bool:
    """A signature with more than words goes out as it was designed."""
    html = prose.clean(mailbox.signature) if typed.signed else ""
    return bool(re.search(r"<(?!/?p>|br)", html))


# --- files ----------------------------------------------------------------------------------------


def _attached(rows: Iterable[FileRow]) -> list[FileRow]:
    return [row for row in rows if not row.inline]


def _of_quoted(answers: Email | None, forwards: Email | None) -> list[Attachment]:
    quoted = forwards or answers
    return list(quoted.attachments().filter(inline=True).exclude(path="")) if quoted else []


def _shown(html: str, rows: Iterable[FileRow]) -> list[FileRow]:
    """Those that the HTML shows."""
    named = {found[1].strip("<>") for found in _CID.finditer(html)}
    return [row for row in rows if row.content_id.strip("<>") in named]


def _stored(rows: Iterable[FileRow]) -> list[StoredFile]:
    return [
        StoredFile(
            name=row.name,
            content_type=row.content_type,
            size=row.size,
            content_id=row.content_id.strip("<>") if row.inline else "",
            inline=row.inline,
            path=row.path,
        )
        for row in rows
    ]
