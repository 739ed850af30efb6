"""Files of e-mails: their bytes first, in the storage, then the rows that name them (M18)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crm.models import Activity, Attachment
from crm.models.attachments import store_content
from inbox.mime import words
from inbox.mime.types import ParsedAttachment
from inbox.wire.structure import Outlined


@dataclass(frozen=True)
class StoredFile:
    """A file whose bytes lie in the storage at `path`; "" where only its name is recorded."""

    name: str
    content_type: str
    size: int
    content_id: str
    inline: bool
    path: str


def store_files(attachments: Iterable[ParsedAttachment]) -> list[StoredFile]:
    """Put the bytes into the storage, before and outside of any transaction."""
    return [
        StoredFile(
            file.name, file.content_type, file.size, file.content_id, file.inline, _keep(file)
        )
        for file in attachments
    ]


def name_files(outlined: Iterable[Outlined]) -> list[StoredFile]:
    """Files recorded by name and size alone, since their message is above the limit (M18)."""
    return [
        StoredFile(
            name=words.decode(file.name) or file.content_type,
            content_type=file.content_type,
            size=file.size,
            content_id="",
            inline=False,
            path="",
        )
        for file in outlined
    ]


def _keep(file: ParsedAttachment) -> str:
    return store_content(file.content) if len(file.content) == file.size else ""


def rows_of(activity: Activity, files: Sequence[StoredFile]) -> list[Attachment]:
    return [
        Attachment(
            activity=activity,
            name=file.name[:255],
            content_type=file.content_type[:127],
            size=file.size,
            content_id=file.content_id[:255],
            inline=file.inline,
            path=file.path,
            not_stored="" if file.path else Attachment.NotStored.TOO_LARGE,
        )
        for file in files
    ]
