"""The parts of a message that hang on it as files, and what is packed into them. RFC 2046, M18."""

from collections.abc import Collection
from dataclasses import replace

from inbox.mime import fields, tnef
from inbox.mime.names import file_name
from inbox.mime.tree import Part
from inbox.mime.types import ParsedAttachment

MOST_PACKED = 5  # parts of a message that are unpacked
MACHINE_PARTS = {
    "message/delivery-status",
    "message/global-delivery-status",
    "message/disposition-notification",
    "message/feedback-report",
}
_BOXES = {"application/ms-tnef", "application/vnd.ms-tnef"}
Hanging = tuple[Part, tnef.Unpacked | None]


def hanging(root: Part) -> list[Hanging]:
    """Each part that is no text, and what is packed into it."""
    found: list[Hanging] = []
    left = MOST_PACKED
    for part in root.walk():
        if part.parts or not is_attached(part):
            continue
        is_box = part.content_type in _BOXES or _written_name(part).lower() == "winmail.dat"
        found.append((part, tnef.unpacked(part.content()) if is_box and left else None))
        left -= is_box and left > 0
    return found


def is_text(part: Part) -> bool:
    if part.content_type.startswith("multipart/"):
        return True
    return part.content_type in ("text/plain", "text/html")


def is_attached(part: Part) -> bool:
    if part.disposition == "attachment" or _written_name(part):
        return True
    return not is_text(part) and part.content_type not in MACHINE_PARTS


def _written_name(part: Part) -> str:
    disposition = fields.parameters(part.fields.raw("content-disposition"))
    return disposition.get("filename") or part.parameters.get("name", "")


def files_of(part: Part, box: tnef.Unpacked | None, *, has_text: bool) -> list[ParsedAttachment]:
    """What is packed in it stands in its place, and it itself beside while it holds more."""
    if box is None:
        return [_attachment(part)]
    has_text = has_text or bool(box.text or box.html)
    is_empty = box.whole and (has_text or not box.has_rtf)
    return [*box.files, *([] if is_empty else [_attachment(part)])]


def _attachment(part: Part) -> ParsedAttachment:
    content = part.content()
    return ParsedAttachment(
        name=file_name(_written_name(part), part.content_type),
        content_type=part.content_type[:100],
        size=len(content),
        content=content,
        content_id=part.content_id,
    )


def placed(file: ParsedAttachment, wanted: Collection[str]) -> ParsedAttachment:
    """Inline where the HTML shows it."""
    inline = bool(file.content_id) and file.content_id.lower() in wanted
    return replace(file, inline=inline)
