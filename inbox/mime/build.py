"""An outgoing message as bytes, frozen before anything leaves. M21, M23, RFC 5322, 2045-2047, 2231.

Nothing that a person typed or that stood in a mail she answers can add a header: control
characters go, names are encoded words, addresses and ids must be ones.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from inbox.mime.header_lines import folded, mailboxes
from inbox.mime.ids import message_ids
from inbox.mime.names import file_name
from inbox.mime.text import text_of_html
from inbox.mime.types import Address, ParsedAttachment
from inbox.mime.words import one_line

MOST_REFERENCES = 40
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,60}/[a-z0-9][a-z0-9.+_-]{0,80}")
_URL = re.compile(r"https?://[!#-;=?-~]{1,900}", re.IGNORECASE)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_POLICY = SMTP.clone(max_line_length=78)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be said and to whom. Bcc belongs to the envelope and has no place here."""

    sender: Address
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    attachments: tuple[ParsedAttachment, ...] = ()
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    date: datetime | None = None
    musubi_message: str = ""
    unsubscribe_url: str = ""


def build(draft: Draft) -> bytes:
    """The message with CRLF line ends, no line longer than 998 bytes."""
    message = _content(draft)
    body = message.as_bytes(policy=_POLICY)
    return b"".join(folded(name, value) for name, value in _headers(draft)) + body


def _headers(draft: Draft) -> Iterable[tuple[str, str]]:
    named = {
        "From": mailboxes([draft.sender]),
        "To": mailboxes(draft.to),
        "Cc": mailboxes(draft.cc),
        "Date": format_datetime(draft.date) if draft.date else "",
        "Message-ID": _ids([draft.message_id]),
        "In-Reply-To": _ids([draft.in_reply_to]),
        "References": _ids(_bounded(draft.references)),
        "X-Musubi-Message": re.sub(r"[^!-~]", "", draft.musubi_message)[:200],
        **_unsubscribing(draft.unsubscribe_url),
    }
    yield "Subject", one_line(draft.subject)
    yield from ((name, value) for name, value in named.items() if value)


def _unsubscribing(url: str) -> dict[str, str]:
    """RFC 2369, and RFC 8058: one press in the mail client, by POST, which only HTTPS may be."""
    if not _URL.fullmatch(url):
        return {}
    fields = {"List-Unsubscribe": f"<{url}>"}
    if url.lower().startswith("https:"):
        fields["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return fields


def _bounded(references: tuple[str, ...]) -> tuple[str, ...]:
    """The root of the thread and its nearest ancestors."""
    if len(references) <= MOST_REFERENCES:
        return references
    half = MOST_REFERENCES // 2
    return references[:half] + references[-half:]


def _ids(ids: Iterable[str]) -> str:
    """Only what is an id and fits into a line; RFC 5322 knows ASCII ids alone."""
    found = (message_ids(f"<{value}>") for value in ids)
    fitting = [ids[0] for ids in found if ids and ids[0].isascii() and len(ids[0]) < 900]
    return " ".join(f"<{value}>" for value in fitting)


def _content(draft: Draft) -> EmailMessage:
    """mixed( alternative( text, related( html, images ) ), files )."""
    text = _storable(draft.text) or text_of_html(draft.html)
    message = _text(text, "plain")
    images = [file for file in draft.attachments if file.inline and file.content_id and draft.html]
    if draft.html:
        shown = _text(_storable(draft.html), "html")
        if images:
            shown = _multipart("related", [shown, *map(_file, images)])
        message = _multipart("alternative", [message, shown])
    files = [file for file in draft.attachments if file not in images]
    if files:
        message = _multipart("mixed", [message, *map(_file, files)])
    message["MIME-Version"] = "1.0"
    return message


def _storable(text: str) -> str:
    return _UNSTORABLE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def _text(text: str, subtype: str) -> EmailMessage:
    """Quoted-printable unless plain ASCII in short lines; base64 where most is foreign script."""
    part = EmailMessage(policy=_POLICY)
    part.set_content(text, subtype=subtype, charset="utf-8", cte=_encoding(text))
    del part["MIME-Version"]
    return part


def _encoding(text: str) -> str:
    lines = text.split("\n")
    if text.isascii() and all(len(line) <= 76 and not line.startswith("From ") for line in lines):
        return "7bit"
    foreign = sum(not char.isascii() for char in text)
    return "base64" if foreign * 6 > len(text) else "quoted-printable"


def _multipart(subtype: str, parts: Iterable[EmailMessage]) -> EmailMessage:
    whole = EmailMessage(policy=_POLICY)
    whole["Content-Type"] = f"multipart/{subtype}"
    for part in parts:
        whole.attach(part)
    return whole


def _file(file: ParsedAttachment) -> EmailMessage:
    """Messages are sent as they are stored: encoded, so that no relay changes them."""
    part = EmailMessage(policy=_POLICY)
    written = file.content_type.lower()
    content_type = written if _TYPE.fullmatch(written) else "application/octet-stream"
    if content_type.startswith(("multipart/", "message/")):
        content_type = "application/octet-stream"
    main, _slash, subtype = content_type.partition("/")
    cid = re.sub(r"[^!-;=?-~]", "", file.content_id)
    part.set_content(
        file.content,
        maintype=main,
        subtype=subtype,
        disposition="inline" if file.inline and cid else "attachment",
        filename=file_name(file.name, content_type),
        cid=f"<{cid}>" if cid else None,
    )
    del part["MIME-Version"]
    return part
