"""Attachment: a file of an activity, or its name and size with the reason why no more (M18).

FileRow is what every row that names a file in the storage has; Attachment is one of them.
"""

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.models.activities import Activity, visible_activities
from crm.models.emails import readable_by
from crm.models.retention import DoomedFile

if TYPE_CHECKING:
    from crm.models.contacts import Contact
    from crm.models.users import User


FOLDER = "attachments"  # in the storage


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, user: "User") -> "AttachmentQuerySet":
        shown = Activity.objects.kept().filter(visible_activities(user))
        return self.filter(activity__in=shown).select_related("activity__email", "activity__note")

    def readable_by(self, user: "User") -> "AttachmentQuerySet":
        """Those of e-mails whose content `user` may see, and of all else."""
        shown = Q(activity__email=None) | readable_by(user, "activity__email__")
        return self.visible_to(user).filter(shown)

    def of(self, contact: "Contact") -> "AttachmentQuerySet":
        """The files on the timeline of a contact: its Attachments section (M18)."""
        return self.filter(activity__associations__contact=contact)

    def store(self, activity: Activity, content: bytes, **values: Any) -> "Attachment":
        """Keep a file of an activity: its bytes first, then the row that names them."""
        path = store_content(content)
        return self.create(activity=activity, size=len(content), path=path, **values)


def store_content(content: bytes) -> str:
    """Put bytes into the storage and return their path, which is made of their SHA-256.

    What died half-way is found again by the next attempt, so nothing is left over or doubled.
    """
    path = _path(hashlib.sha256(content).hexdigest())
    return path if _is_kept(path, len(content)) else _save(path, ContentFile(content))


def store_file(file: "File[bytes]") -> str:
    """Like `store_content`, for a file that may be too large for the memory: it is read twice,
    piece by piece."""
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    path = _path(digest.hexdigest())
    return path if _is_kept(path, file.size) else _save(path, file)


def _path(digest: str) -> str:
    return f"{FOLDER}/{digest[:2]}/{digest[2:]}"


def _is_kept(path: str, size: int) -> bool:
    DoomedFile.objects.filter(path=path).delete()  # it is wanted again
    return default_storage.exists(path) and default_storage.size(path) == size


def _save(path: str, file: "File[bytes]") -> str:
    """Whole and on the disk, or not there at all: a row will say that it is."""
    default_storage.delete(path)
    try:
        saved: str = default_storage.save(path, file)
        _sync(saved)
    except OSError:  # the disk is full: half a file would only make it fuller
        default_storage.delete(path)
        raise
    return saved


def _sync(path: str) -> None:
    """A database outlives a power cut; so shall the files that its rows name, and their folders:
    that is where names stand."""
    try:
        place = Path(default_storage.path(path))
    except NotImplementedError:  # not on a disk of ours
        return
    for each in (place, place.parent, place.parent.parent):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class FileRow(models.Model):
    """Names a file in the storage. While a row of any such model names a path, it stays there,
    unless that row is adrift: what the file was of is gone, and the row waits for its purge."""

    ADRIFT: ClassVar[Q] = Q(pk__in=())
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=127)
    size = models.PositiveBigIntegerField()  # bytes
    content_id = models.CharField(max_length=255, blank=True)
    inline = models.BooleanField(default=False)
    # The file lies under a name made of its content, so writing it twice is writing it once.
    path = models.CharField(max_length=100, blank=True, db_index=True)

    class Meta:
        abstract = True

    def content(self) -> bytes:
        with default_storage.open(self.path) as file:
            content: bytes = file.read()
        return content

    @property
    def label(self) -> str:
        return self.name or _("attachment")


def let_go(path: str) -> bool:
    """Whether nobody wants this file any more; rows that are adrift and name it go then."""
    kinds: Any = FileRow.__subclasses__()
    rows = [kind.objects.filter(path=path) for kind in kinds]
    if any(found.exclude(found.model.ADRIFT).exists() for found in rows):
        return False
    for found in rows:
        found.delete()
    return True


class Attachment(FileRow):
    class NotStored(models.TextChoices):
        STORED = "", gettext_lazy("stored")
        TOO_LARGE = "too_large", gettext_lazy("the message was larger than the configured limit")

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="files")
    not_stored = models.CharField(max_length=10, choices=NotStored, blank=True)

    objects: ClassVar[Any] = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("attachment"), gettext_lazy("attachments")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def stored(self) -> bool:
        return bool(self.path)

    @property
    def reason_not_stored(self) -> str:
        return "" if self.stored else self.get_not_stored_display()
