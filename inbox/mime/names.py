"""File names of attachments that are safe to show, to store and to download under. M18."""

import re

from inbox.mime.words import one_line

LONGEST_NAME = 150
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_EXTENSIONS = {
    "message/rfc822": ".eml",
    "message/global": ".eml",
    "text/calendar": ".ics",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/csv": ".csv",
    "text/rfc822-headers": ".txt",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/ms-tnef": ".dat",
    "application/pgp-signature": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m",
}


def file_name(written: str, content_type: str) -> str:
    """A name without a path, at most 150 characters; made up from the type where none is written.

    >>> file_name("../../etc/passwd", "text/plain")
    'passwd'
    """
    last = one_line(written).replace("\\", "/").rpartition("/")[2]
    name = _FORBIDDEN.sub("_", last).strip(". ")
    if not name:
        base = "message" if content_type == "message/rfc822" else "attachment"
        return base + _EXTENSIONS.get(content_type, ".bin")
    stem, dot, extension = name.rpartition(".")
    if len(name) > LONGEST_NAME and stem and len(extension) <= 10:
        return stem[: LONGEST_NAME - len(extension) - 1].rstrip() + dot + extension
    return name[:LONGEST_NAME].rstrip()
