"""Connect: a remote picture of a mail, asked for in the reader's stead. Nothing of it is kept here.

Private addresses have a setting of their own, since here whoever writes a mail chooses the
address, and no operator does.
"""

from typing import NamedTuple

from django.conf import settings

from inbox.connect import web
from inbox.mime.pictures import looks

MOST_BYTES = 5 * 1024 * 1024
PATIENCE = 10.0  # seconds for one answer, however it drips


class NoPicture(Exception):
    """There is none to be shown: refused, not reached, too large, or no picture at all."""


class Picture(NamedTuple):
    content: bytes
    content_type: str
    is_pixel: bool


def fetch(url: str) -> Picture:
    """The picture at a remote address. Raises NoPicture."""
    manner = web.Manner(
        accept="image/webp,image/png,image/jpeg,image/gif",
        most_bytes=MOST_BYTES,
        patience=PATIENCE,
        allow_private=settings.INBOX_ALLOW_PRIVATE_PICTURES,
    )
    try:
        return _picture(web.get(url, manner))
    except web.NoAnswer as error:
        raise NoPicture(str(error)) from error


def _picture(content: bytes) -> Picture:
    found = looks(content)
    if found is None:
        raise NoPicture("not a picture")
    return Picture(content, found.content_type, found.is_pixel)
