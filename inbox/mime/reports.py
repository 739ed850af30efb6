"""Mails that are no letters: bounces, auto-replies, notices, complaints. M20, RFC 3464, 3834, 5965.

Kinds are read from what the standards say a robot writes; where a mail server writes prose instead,
`prose_reports` reads that.
"""

import re

from inbox.mime import fields, prose_reports
from inbox.mime.addresses import addresses
from inbox.mime.fields import Fields
from inbox.mime.ids import ORIGINAL_IDS, message_ids
from inbox.mime.tree import Part
from inbox.mime.types import Bounce, BounceRecipient, Kind
from inbox.mime.words import decode

MOST_RECIPIENTS = 1_000
_LONGEST_DIAGNOSTIC = 1_000
_LARGEST_REPORT = 500_000
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_REPLY_CODE = re.compile(r"(?<![\d.])([45])\d\d(?![\d.])")
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_ORIGINAL_TYPES = (
    "message/rfc822",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global",
)
_AUTO_REPLY_FIELDS = ("x-autoreply", "x-autorespond", "x-autoresponse", "x-auto-reply")


def bounce(root: Part) -> Bounce | None:
    """The delivery failure that this message reports, if it is one."""
    for read in _READERS:
        recipients = read(root)
        if recipients:
            worst = next((found for found in recipients if found.permanent), recipients[0])
            ids = _original_ids(root)
            return Bounce(recipients, worst.status, worst.permanent, ids)
    return None


def kind(root: Part, found: Bounce | None) -> Kind:
    """What sort of mail it is; `found` is what `bounce` answered for it."""
    if _has(root, "message/feedback-report"):
        return "feedback_report"
    if found:
        return "bounce"
    if _has(root, "message/disposition-notification", *_STATUS_TYPES):
        return "delivered_notice"
    return "auto_reply" if _is_auto_reply(root.fields) else "normal"


def _standard(root: Part) -> tuple[BounceRecipient, ...]:
    """RFC 3464: a group of fields for each recipient, after one for the message."""
    recipients = []
    for part in root.walk():
        if part.content_type in _STATUS_TYPES and not part.parts:
            for group in _groups(part.content()[:_LARGEST_REPORT]):
                recipient = _recipient(group)
                if recipient:
                    recipients.append(recipient)
    return tuple(recipients[:MOST_RECIPIENTS])


def _failed_recipients(root: Part) -> tuple[BounceRecipient, ...]:
    """Exim and Google name who was not reached in a header field."""
    if root.fields.word("auto-submitted") == "no":
        return ()
    named = addresses(root.fields.every("x-failed-recipients"))
    return tuple(
        BounceRecipient(found.address, "5.0.0", permanent=True, diagnostic="")
        for found in named[:MOST_RECIPIENTS]
    )


def _in_the_text(root: Part) -> tuple[BounceRecipient, ...]:
    """The fields of RFC 3464 as plain text: gateways flatten a report, or lose its boundary."""
    if not prose_reports.is_from_server(root.fields):
        return ()
    text = "\n".join(prose_reports.as_lines(root)).encode("utf-8", "replace")
    found = (_recipient(group) for group in _groups(text))
    return tuple(recipient for recipient in found if recipient)


def _prose(root: Part) -> tuple[BounceRecipient, ...]:
    names, said, delayed = prose_reports.failed(root)
    status = _status("", said)
    permanent = not delayed and not status.startswith("4")
    return tuple(
        BounceRecipient(name, status, permanent, _words(said, name), failed=not delayed)
        for name in names[:MOST_RECIPIENTS]
    )


def _words(said: str, address: str) -> str:
    """The server's own words: the line with a reply code, else the one that names the address."""
    lines = said.splitlines()
    coded = next((line for line in lines if _REPLY_CODE.search(line)), "")
    return (coded or next((line for line in lines if address in line), ""))[:_LONGEST_DIAGNOSTIC]


_READERS = (_standard, _failed_recipients, _in_the_text, _prose)


def _groups(report: bytes) -> list[Fields]:
    text = report.replace(b"\r\n", b"\n").replace(b"\r", b"\n").strip(b"\n")
    blocks = re.split(rb"\n[ \t]*\n", text, maxsplit=MOST_RECIPIENTS)
    return [fields.split(block.strip(b"\n"))[0] for block in blocks]


def _recipient(group: Fields) -> BounceRecipient | None:
    """A recipient who was not reached; `delayed` is a failure that may pass."""
    action = group.word("action")
    if action not in ("failed", "delayed") and not (not action and group.raw("status")):
        return None
    original = _address(group, "original-recipient")
    address = _address(group, "final-recipient") or original
    if not address:
        return None
    diagnostic = _typed(group, "diagnostic-code")[:_LONGEST_DIAGNOSTIC]
    status = _status(group.text("status"), diagnostic)
    permanent = action != "delayed" and not status.startswith("4")
    failed = action != "delayed"
    return BounceRecipient(address, status, permanent, diagnostic, failed, original)


def _status(written: str, diagnostic: str) -> str:
    """The enhanced status; where it says nothing (5.0.0), the one in the server's words."""
    found = _STATUS.search(written)
    status = found[1] if found else ""
    if status and not status.endswith(".0.0"):
        return status
    said = _STATUS.search(diagnostic)
    if said:
        return said[1]
    code = _REPLY_CODE.search(diagnostic)
    return status or (f"{code[1]}.0.0" if code else "")


def _address(group: Fields, name: str) -> str:
    found = addresses([_typed(group, name)])
    return found[0].address if found else ""


def _typed(group: Fields, name: str) -> str:
    """The value after its type: `rfc822; hana@aoki.test`."""
    value = group.text(name)
    kind_of, semicolon, rest = value.partition(";")
    return rest.strip() if semicolon and "@" not in kind_of else value


def _original_ids(root: Part) -> tuple[str, ...]:
    ids: dict[str, None] = {}
    for part in root.walk():
        if part is not root and part.content_type in _ORIGINAL_TYPES:
            returned = fields.split(part.content()[: fields.LARGEST_BLOCK].lstrip(b"\r\n"))[0]
            for name in ("message-id", *ORIGINAL_IDS):
                ids.update(dict.fromkeys(message_ids(returned.raw(name))))
    named = tuple(ids)[:100] or prose_reports.original_ids(root)
    return named or message_ids(root.fields.raw("in-reply-to"))


def _has(root: Part, *content_types: str) -> bool:
    return any(part.content_type in content_types for part in root.walk())


def _is_auto_reply(found: Fields) -> bool:
    """RFC 3834, and the fields older responders write. X-Auto-Response-Suppress asks others to be
    silent; ordinary mail of Exchange carries it, so it counts with a null path only."""
    if found.word("auto-submitted") in ("auto-replied", "auto-generated"):
        return True
    if found.null_path and found.raw("x-auto-response-suppress"):
        return True
    if any(decode(found.raw(name)).lower() not in ("", "no") for name in _AUTO_REPLY_FIELDS):
        return True
    return found.word("precedence") in ("auto_reply", "auto-reply")
