"""Draft: an e-mail that somebody is writing, saved as they type, and the files on it (M21)."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Attachment, Company, Contact, Deal, Email, User
from crm.models.attachments import FileRow
from inbox.models.mailboxes import Mailbox
from inbox.models.templates import Template


class DraftQuerySet(models.QuerySet["Draft"]):
    def visible_to(self, user: "User") -> Self:
        """A draft belongs to its writer alone; an admin sees no more. With those that wait to be
        taken back after Send, and those that were discarded."""
        return self.filter(user=user)

    def open_for(self, user: "User") -> Self:
        """Those that `user` is writing: neither discarded nor sent."""
        return self.visible_to(user).filter(discarded_at=None, sent_as=None)

    def left_behind(self) -> Self:
        """Those that can be taken back no more, since their e-mail has left."""
        return self.filter(sent_as__isnull=False).exclude(
            sent_as__outgoing__state__in=["queued", "held", "cancelled"]
        )


class Draft(models.Model):
    """Addresses as typed. `text` is what the HTML says, or all there is where nobody formatted.

    `quote` is the quotation below it as text; `signed` says whether the mailbox's signature goes
    between the two. What hangs on it: a deleted e-mail, mailbox or deal leaves the draft alone; an
    erased contact takes it along, since what it says is about them.
    """

    user = models.ForeignKey("crm.User", models.CASCADE, related_name="drafts")
    mailbox = models.ForeignKey(
        Mailbox, models.SET_NULL, null=True, blank=True, related_name="drafts"
    )
    sender = models.CharField(max_length=254, blank=True)  # one of its addresses (M52)
    to = models.TextField(blank=True)
    cc = models.TextField(blank=True)
    bcc = models.TextField(blank=True)
    subject = models.CharField(max_length=998, blank=True)
    html = models.TextField(blank=True)
    text = models.TextField(blank=True)
    quote = models.TextField(blank=True)
    signed = models.BooleanField(default=True)
    send_at = models.DateTimeField(null=True, blank=True)  # M26
    answers = models.ForeignKey(Email, models.SET_NULL, null=True, blank=True, related_name="+")
    forwards = models.ForeignKey(Email, models.SET_NULL, null=True, blank=True, related_name="+")
    # Where it was begun, and is found again.
    contact = models.ForeignKey(
        Contact, models.CASCADE, null=True, blank=True, related_name="drafts"
    )
    company = models.ForeignKey(
        Company, models.SET_NULL, null=True, blank=True, related_name="drafts"
    )
    deal = models.ForeignKey(Deal, models.SET_NULL, null=True, blank=True, related_name="drafts")

    key = models.CharField(max_length=64)  # sent twice is sent once; made with the first form
    version = models.PositiveIntegerField(default=1)  # of two windows the later one is told
    created_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now)
    discarded_at = models.DateTimeField(null=True, blank=True)
    # What it is written with (M24): its files are the draft's, its use counts once it is sent.
    template = models.ForeignKey(
        Template, models.SET_NULL, null=True, blank=True, related_name="drafts"
    )
    # Set by Send, until the e-mail has left: Undo finds the draft here, as it was (M26).
    sent_as = models.OneToOneField(
        Email, models.CASCADE, null=True, blank=True, related_name="draft"
    )

    objects: ClassVar[Any] = DraftQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("draft"), _("drafts")
        ordering = ["-touched_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="draft_once_by_key")]
        indexes = [models.Index(fields=["user", "-touched_at", "-id"], name="draft_of_user")]

    def __str__(self) -> str:
        return f"draft {self.pk}"

    @property
    def record(self) -> Contact | Company | Deal | None:
        """On whose page it was begun."""
        return self.contact or self.company or self.deal

    def overwrite(self, version: int, now: datetime, **values: Any) -> bool:
        """Write what was typed, if nobody wrote since `version`. One UPDATE decides."""
        mine = Draft.objects.filter(pk=self.pk, version=version)
        if mine.update(version=F("version") + 1, touched_at=now, **values) != 1:
            return False
        self.refresh_from_db()
        return True

    def kept_files(self) -> "models.QuerySet[DraftFile]":
        """Those that go out with it: the ticked ones, and the pictures in its text."""
        return DraftFile.objects.filter(draft=self, kept=True)


class DraftFile(FileRow):
    """A file on a draft, its bytes stored when it was chosen. Without its draft it waits for the
    purge, which lets the bytes go where no e-mail names them."""

    ADRIFT = Q(draft=None)
    draft = models.ForeignKey(Draft, models.SET_NULL, null=True, blank=True, related_name="files")
    # Of an e-mail that is forwarded: the file there. Both name the same bytes.
    source = models.ForeignKey(Attachment, models.SET_NULL, null=True, blank=True, related_name="+")
    kept = models.BooleanField(default=True)  # unticked it stays behind, and can be ticked again
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("file of a draft"), _("files of drafts")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"file {self.pk}"

    @property
    def mark(self) -> str:
        """What its tick in the form is called: the same before and after it is the draft's own."""
        return f"a{self.source_id}" if self.source_id else f"f{self.pk}"
