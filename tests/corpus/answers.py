"""What the parser says to each kind of fact that a corpus asserts; None: that is not its matter."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from inbox.mime.names import file_name
from inbox.mime.parse import parse
from inbox.mime.quotes import split, split_html
from inbox.mime.text import text_of_html
from inbox.mime.types import Address, ParsedAttachment, ParsedMessage


@dataclass(frozen=True)
class Understood:
    """A file of the corpus after the parser: a whole message, or only a text or HTML split."""

    message: ParsedMessage
    reply_html: str = ""


def understood(kind: str, raw: bytes) -> Understood:
    if kind == "reply_text":
        text = raw.decode("utf-8", "replace").replace("\r\n", "\n")
        reply, quoted = split(text)
        return Understood(ParsedMessage(text=text, reply_text=reply, quoted_text=quoted))
    if kind == "reply_html":
        html = raw.decode("utf-8", "replace")
        reply, quoted = split_html(html)
        texts = text_of_html(reply), text_of_html(quoted)
        return Understood(
            ParsedMessage(html=html, reply_text=texts[0], quoted_text=texts[1]), reply
        )
    return Understood(parse(raw))


def _files(said: ParsedMessage) -> list[ParsedAttachment]:
    """Without the nameless mail that a bounce returns: to the corpus it is no attachment."""
    returned = said.kind == "bounce"
    return [f for f in said.attachments if not (returned and _made_up(f) and _is_mail(f))]


def _made_up(file: ParsedAttachment) -> bool:
    return file.name == file_name("", file.content_type)


def _is_mail(file: ParsedAttachment) -> bool:
    return file.content_type.startswith("message/") or file.content_type == "text/rfc822-headers"


def _names(said: ParsedMessage) -> list[str | None]:
    return [None if _made_up(file) else file.name for file in _files(said)]


def _written_text(said: ParsedMessage) -> str:
    """Without what was only derived from the HTML."""
    derived = bool(said.html) and said.text == text_of_html(said.html)
    return "" if derived else said.text.strip()


def _people(addresses: tuple[Address, ...]) -> list[list[str | None]]:
    return [[person.name or None, person.address] for person in addresses]


def _plain(addresses: tuple[Address, ...]) -> list[str]:
    return [person.address for person in addresses]


def _sender(said: ParsedMessage) -> tuple[Address, ...]:
    return (said.sender,) if said.sender else ()


def _first(addresses: tuple[Address, ...]) -> Address:
    return addresses[0] if addresses else Address("", "")


def _shown(person: Address) -> str:
    return f"{person.name} <{person.address}>" if person.name else person.address


def _file(number: int, field: str) -> Callable[[Understood], Any]:
    def answer(known: Understood) -> Any:
        files = known.message.attachments
        return getattr(files[number], field) if number < len(files) else None

    return answer


def _said(read: Callable[[ParsedMessage], Any]) -> Callable[[Understood], Any]:
    return lambda known: read(known.message)


ANSWERS: dict[str, Callable[[Understood], Any]] = {
    "attachment_names": _said(_names),
    "attachments_count": _said(lambda said: len(_files(said))),
    "attachments_count_upstream_def": _said(lambda said: len(said.attachments)),
    "attachments_0_content": _said(lambda said: said.attachments[0].content.decode("latin-1")),
    "body_decoded": _said(lambda said: said.text),
    "bounce_hard": _said(lambda said: [row.permanent for row in _bounced(said)]),
    "bounce_recipients": _said(lambda said: [row.address for row in _bounced(said)]),
    "bounce_recipients_count": _said(lambda said: len(_bounced(said))),
    "cc_addrs": _said(lambda said: _plain(said.cc)),
    "date": _said(lambda said: said.date),
    "date_rfc": _said(lambda said: said.date),
    "dsn_diagnostic_code": _said(lambda said: f"SMTP; {_bounced(said)[0].diagnostic}"),
    "dsn_final_recipient": _said(lambda said: f"RFC822; {_bounced(said)[0].address}"),
    "dsn_status": _said(lambda said: _bounced(said)[0].status),
    "effective_reply_addr": _said(lambda said: _first(said.reply_to or _sender(said)).address),
    "from": _said(lambda said: _people(_sender(said))),
    "from_addr": _said(lambda said: _first(_sender(said)).address.lower()),
    "from_addrs": _said(lambda said: _plain(_sender(said))),
    "from_name": _said(lambda said: _first(_sender(said)).name),
    "header:from": _said(lambda said: _shown(_first(_sender(said)))),
    "header:subject": _said(lambda said: said.subject),
    "header:to": _said(lambda said: _shown(_first(said.to))),
    "html": _said(lambda said: said.html),
    "in_reply_to": _said(lambda said: " ".join(f"<{each}>" for each in said.in_reply_to)),
    "in_reply_to_ids": _said(lambda said: list(said.in_reply_to)),
    "inlines_0_name": _said(lambda said: said.attachments[0].name),
    "is_bounce": _said(lambda said: said.bounce is not None),
    "is_bounced": _said(lambda said: any(row.failed for row in _bounced(said))),
    "is_delivery_status_report": _said(lambda said: said.bounce is not None),
    "is_retryable": _said(lambda said: said.bounce is not None and not said.bounce.permanent),
    "mail_class": _said(lambda said: said.kind),
    "message_id": _said(lambda said: said.message_id),
    "otherparts_0_name": _said(lambda said: said.attachments[0].name),
    "otherparts_1_name": _said(lambda said: said.attachments[1].name),
    "parse": lambda known: True,
    "references": _said(lambda said: _one_or_all(said.references)),
    "references_ids": _said(lambda said: list(said.references)),
    "reply_first_fragment": _said(lambda said: said.reply_text),
    "reply_html": lambda known: known.reply_html,
    "reply_text": _said(lambda said: said.reply_text),
    "reply_to": _said(lambda said: _people(said.reply_to)),
    "reply_to_addrs": _said(lambda said: _plain(said.reply_to)),
    "reply_visible_text": _said(lambda said: said.reply_text),
    "root_content": _said(lambda said: said.text),
    "subject": _said(lambda said: said.subject),
    "text": _said(lambda said: said.text),
    "text_prefix_ws": _said(lambda said: " ".join(said.text.split())[:160]),
    "text_prefix_ws isnull": _said(_written_text),
    "to": _said(lambda said: _people(said.to)),
    "to_addr": _said(lambda said: _first(said.to).address),
    "to_addrs": _said(lambda said: _plain(said.to)),
    "to_name": _said(lambda said: _first(said.to).name),
} | {
    f"attachment_{number}_{key}": _file(number, field)
    for number in (0, 1)
    for key, field in (("name", "name"), ("size", "size"), ("cid", "content_id"))
}


def _one_or_all(ids: tuple[str, ...]) -> str | list[str]:
    return ids[0] if len(ids) == 1 else list(ids)


def _bounced(said: ParsedMessage) -> list[Any]:
    return list(said.bounce.recipients) if said.bounce else []
