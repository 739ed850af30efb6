"""Mailbox, its encrypted Credential, and Folder with its cursor (M1, M5, M39)."""

import random
import secrets
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Email
from crm.models.base import Timestamped
from crm.models.fields import EncryptedTextField
from inbox.models.absences import PATIENCE, SILENT, Absence, silence
from inbox.wire.faults import OWNERS_TURN

if TYPE_CHECKING:
    from crm.models import User

LEARNT = 2  # copies in Sent that tell who files them
LEASE = timedelta(seconds=50)  # a look renews it; who died is replaced within a minute
NO_WAIT = timedelta()
TICK = timedelta(seconds=5)  # how often it is asked who is due (config/schedule.py)
SLOWEST = 10_000  # bytes a second: how long the lease is held while bodies are read
NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # until its owner acts


class MailboxQuerySet(models.QuerySet["Mailbox"]):
    def visible_to(self, user: "User") -> Self:
        """Those that `user` owns or shares by team; an admin sees all."""
        return self if user.is_admin else self.usable_by(user)

    def usable_by(self, user: "User") -> Self:
        """Those that `user` may send from: an admin sees more, writes in no other name (M52)."""
        shared = Q(team=user.team_id) if user.team_id else Q()
        return self.filter(Q(owner=user) | shared)

    def due_a_look(self, now: datetime) -> Self:
        return self.filter(next_look_at__lte=now, looking_until__lte=now)

    def working(self) -> Self:
        """Those that may be sent from: where only reading has trouble, sending may go well."""
        return self.exclude(state=Mailbox.State.DISCONNECTED, fault__in=OWNERS_TURN)

    def silent(self, since: datetime) -> Self:
        """Without a success since then, and without a fault that would explain it."""
        states = Mailbox.State
        hours = timedelta(hours=settings.INBOX_TROUBLE_HOURS + 2)  # a fault tells after the first
        last = Coalesce("last_synced_at", "created_at")
        well = Q(state__in=[states.CONNECTED, states.CONNECTING], last__lte=since)
        degraded = Q(state=states.DEGRADED, last__lte=since - hours)
        return self.annotate(last=last).filter(well | degraded)

    def free_to_watch(self, now: datetime) -> Self:
        """Nobody looks at them, and they are not waiting after a fault."""
        ready = Q(failures=0) | Q(next_look_at__lte=now)
        return self.filter(ready, looking_until__lte=now)

    def renew(self, tokens: Collection[str], now: datetime) -> set[str]:
        """Hold on to the leases of these tokens; returns those that are still ours.

        One UPDATE for all of a watcher's mailboxes.
        """
        mine = self.filter(looking_by__in=tokens)
        mine.update(looking_until=now + LEASE)
        return set(mine.values_list("looking_by", flat=True))


class Mailbox(Timestamped):
    class Security(models.TextChoices):
        TLS = "tls", _("TLS from the start")
        STARTTLS = "starttls", _("STARTTLS")
        NONE = "none", _("none")

    class Scope(models.TextChoices):
        THREADS = "threads", _("only threads that the CRM knows")
        CONTACTS = "contacts", _("all mail with known contacts")

    class ContactCreation(models.TextChoices):
        """What happens with unknown people in mail that is logged (M14)."""

        ALWAYS = "always", _("Make contacts of them")
        ASK = "ask", _("Ask me: offer them beside the conversation")
        NEVER = "never", _("Leave them alone")

    class State(models.TextChoices):
        CONNECTING = "connecting", _("connecting")
        CONNECTED = "connected", _("connected")
        DEGRADED = "degraded", _("having trouble")
        DISCONNECTED = "disconnected", _("disconnected")

    owner = models.ForeignKey("crm.User", models.CASCADE, related_name="mailboxes")
    team = models.ForeignKey(
        "crm.Team", models.SET_NULL, null=True, blank=True, related_name="mailboxes"
    )
    email = models.EmailField(_("address"), max_length=254)
    name = models.CharField(_("sender name"), max_length=150, blank=True)
    signature = models.TextField(_("signature"), blank=True)  # HTML, cleaned; "" is none
    username = models.CharField(_("user name"), max_length=254)
    imap_host = models.CharField(max_length=253)
    imap_port = models.PositiveIntegerField(default=993)
    imap_security = models.CharField(max_length=8, choices=Security, default=Security.TLS)
    smtp_host = models.CharField(max_length=253)
    smtp_port = models.PositiveIntegerField(default=465)
    smtp_security = models.CharField(max_length=8, choices=Security, default=Security.TLS)
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.THREADS)  # M12
    since_days = models.PositiveIntegerField(default=0)  # how far back the first look goes
    visibility = models.CharField(
        max_length=10, choices=Email.Visibility, default=Email.Visibility.EVERYTHING
    )
    contact_creation = models.CharField(
        _("unknown people"), max_length=6, choices=ContactCreation, default=ContactCreation.ASK
    )
    # M16: the organisation's logging address, and the name by which its own mail server signs
    # Authentication-Results (RFC 8601); "" where that is not known
    logs_mail = models.BooleanField(default=False)
    authserv_id = models.CharField(max_length=253, blank=True)
    # M22: providers that put sent mail into Sent by themselves are given no second copy
    files_sent_itself = models.BooleanField(default=False)
    # M58: what its provider lets it send, where that is not what is known of the provider
    most_a_day = models.PositiveIntegerField(_("e-mails a day"), null=True, blank=True)
    most_a_minute = models.PositiveIntegerField(_("e-mails a minute"), null=True, blank=True)
    # What the folder has taught of others (sending/sent_copy.py): how many times in a row the
    # provider filed a copy itself, or, below zero, how many times it did not
    sent_habit = models.SmallIntegerField(default=0)
    # What its SMTP server says of itself: the largest message in bytes (RFC 1870), SMTPUTF8
    smtp_max_size = models.PositiveBigIntegerField(null=True, blank=True)
    smtp_utf8 = models.BooleanField(null=True, blank=True)

    state = models.CharField(max_length=12, choices=State, default=State.CONNECTING)
    fault = models.CharField(max_length=40, blank=True)  # code of inbox.wire.faults
    state_reason = models.TextField(blank=True)  # the server's own words
    state_since = models.DateTimeField(default=timezone.now)
    failures = models.PositiveIntegerField(default=0)  # looks that failed in a row
    last_synced_at = models.DateTimeField(null=True, blank=True)
    next_look_at = models.DateTimeField(default=timezone.now)
    look_asked_at = models.DateTimeField(null=True, blank=True)  # somebody pressed "Look now"
    looking_until = models.DateTimeField(default=timezone.now)  # the lease
    looking_by = models.CharField(max_length=32, blank=True)  # who holds it: a fencing token

    objects: ClassVar[Any] = MailboxQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("mailbox"), _("mailboxes")
        ordering = ["email", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "email", "imap_host"], name="mailbox_connected_once"
            ),
            models.UniqueConstraint(
                fields=["logs_mail"], condition=Q(logs_mail=True), name="mailbox_logging_once"
            ),
        ]
        indexes = [
            # look_at_due_mailboxes, every tick
            models.Index(
                fields=["next_look_at"],
                condition=~Q(state="disconnected"),
                name="mailbox_due_a_look",
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def waits_for_owner(self) -> bool:
        """Its password is refused; trying on would bring the lock nearer."""
        return self.state == self.State.DISCONNECTED and self.fault in OWNERS_TURN

    @property
    def tried_again(self) -> bool:
        """Whether a look comes by itself, though something is wrong."""
        return self.next_look_at < NEVER

    def managed_by(self, user: "User") -> bool:
        """Whether `user` may change and disconnect it."""
        return user.is_admin or self.owner_id == user.pk

    # --- the copies in Sent (M22) ----------------------------------------------------------

    @property
    def sent_copies(self) -> str:
        """Who has proved to file them: "provider", "us", or "" while that is not known."""
        if abs(self.sent_habit) < LEARNT:
            return ""
        return "provider" if self.sent_habit > 0 else "us"

    def learn_filing(self, *, by_provider: bool) -> None:
        """One more copy that the provider filed itself, or that it left to us."""
        step = 1 if by_provider else -1
        streak = self.sent_habit if self.sent_habit * step > 0 else 0
        habit = max(-LEARNT, min(LEARNT, streak + step))
        if habit != self.sent_habit:
            self.change(sent_habit=habit)

    # --- the lease: one looker at a time ---------------------------------------------------

    def claim(self, now: datetime, *, force: bool = False) -> str | None:
        """Take the lease. Returns its token, or None where somebody else holds it.

        `force` takes it from the holder, whose next write is then refused by `hold`.
        """
        token = secrets.token_hex(16)
        free = Mailbox.objects.filter(pk=self.pk)
        if not force:
            free = free.filter(looking_until__lte=now)
        return token if free.update(looking_until=now + LEASE, looking_by=token) == 1 else None

    def hold(self, token: str, now: datetime, volume: int = 0) -> bool:
        """Renew the lease, for longer where so many bytes are to be read meanwhile.

        False where it was lost and another may be looking, or the mailbox is gone.
        """
        until = now + LEASE + timedelta(seconds=volume / SLOWEST)
        return Mailbox.objects.filter(pk=self.pk, looking_by=token).update(looking_until=until) == 1

    def take_asked(self) -> bool:
        """Whether somebody pressed "Look now" since; asking takes the wish."""
        asked = Mailbox.objects.filter(pk=self.pk, look_asked_at__isnull=False)
        return bool(asked.update(look_asked_at=None))

    def release(self, token: str, now: datetime) -> None:
        Mailbox.objects.filter(pk=self.pk, looking_by=token).update(
            looking_until=now, looking_by=""
        )

    # --- what a look found out about the connection (M37, M38) ------------------------------

    def note_watched(self, now: datetime) -> None:
        """Taken up by the watcher: it works. What it finds from here on, looks write."""
        self._becomes(self.State.CONNECTED, "", "", now)
        self.change(failures=0, last_synced_at=now, look_asked_at=None)

    def note_success(self, now: datetime) -> None:
        self._becomes(self.State.CONNECTED, "", "", now)
        self.change(
            failures=0,
            last_synced_at=now,
            look_asked_at=None,
            # a tick earlier, since the one after it would be later than a poll
            next_look_at=now + timedelta(seconds=settings.INBOX_POLL_SECONDS) - TICK,
        )

    def note_reconnected(self, now: datetime) -> None:
        """It signs in again. The next look catches up, from the last success on (M49)."""
        self._becomes(self.State.CONNECTED, "", "", now)
        self.change(failures=0, next_look_at=now, look_asked_at=now)

    def note_fault(
        self,
        code: str,
        said: str,
        now: datetime,
        *,
        transient: bool,
        again: bool = False,
        at_least: timedelta = NO_WAIT,
    ) -> None:
        """A transient fault is tried again with backoff, and not before the time that the server
        asked for (`at_least`); a lasting one waits for its owner, except that `again` tries whether
        it has passed (a certificate that was renewed)."""
        lasting = not transient or self._troubled_long(now)
        state = self.State.DISCONNECTED if lasting else self.State.DEGRADED
        wait = min(3600, settings.INBOX_POLL_SECONDS * 2 ** min(self.failures, 6))
        wait *= random.uniform(0.8, 1.2)  # not all at once, when a server with many comes back
        due = now + max(timedelta(seconds=wait), at_least) if transient or again else NEVER
        with transaction.atomic():  # whoever reads the state reads when it is tried again
            self._becomes(state, code, said, now)
            self.change(failures=self.failures + 1, next_look_at=due)
            if lasting:
                patience = PATIENCE if again and not transient else timedelta()
                Absence.begin(self, code, now).lasts(code, now, patience)

    def _troubled_long(self, now: datetime) -> bool:
        """What does not pass for hours is no passing fault (M37)."""
        hours = timedelta(hours=settings.INBOX_TROUBLE_HOURS)
        long = self.state == self.State.DEGRADED and now - self.state_since >= hours
        return self.state == self.State.DISCONNECTED or long

    def _becomes(self, state: str, fault: str, said: str, now: datetime) -> None:
        trouble = {self.State.DEGRADED, self.State.DISCONNECTED}
        since = self.state_since if self.state == state or {self.state, state} == trouble else now
        if (self.state, self.fault, self.state_reason) == (state, fault, said):
            return
        self.change(state=state, fault=fault, state_reason=said, state_since=since)

    def reached(self, now: datetime) -> Absence | None:
        """Its server answers: the absence that a look may now end, if it was away (M49)."""
        if self.last_synced_at and now - self.last_synced_at > silence():
            return Absence.begin(self, self.fault or SILENT, now)
        absence: Absence | None = self.absences.open().first()
        return absence

    def look_now(self) -> None:
        """What "Look now" does: it is due, for a worker or for the watcher that holds it."""
        now = timezone.now()
        self.change(next_look_at=now, look_asked_at=now)


class Credential(Timestamped):
    """What signs in to the mailbox; ciphertext at rest (M39), shown nowhere."""

    mailbox = models.OneToOneField(Mailbox, models.CASCADE, related_name="credential")
    password = EncryptedTextField()

    class Meta:
        verbose_name, verbose_name_plural = _("credential"), _("credentials")

    def __str__(self) -> str:
        return f"credential of mailbox {self.mailbox_id}"


class FolderQuerySet(models.QuerySet["Folder"]):
    def lost(self, since: datetime) -> Self:
        """Those that could not be looked at since then."""
        return self.filter(watched=True, fault_since__lte=since).exclude(fault="")


class Folder(Timestamped):
    """A watched folder and its cursor: everything below `next_uid` has been looked at."""

    class Role(models.TextChoices):
        INBOX = "inbox", _("Inbox")
        SENT = "sent", _("Sent")
        CRM = "crm", _("CRM folder")  # what is put here is logged (M17)
        OTHER = "other", _("other folder")  # ticked by its owner: mail that filters move

    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="folders")
    name = models.CharField(max_length=255)
    role = models.CharField(max_length=8, choices=Role)
    # Not looked at any more; the row stays, since copies say that they were found there.
    watched = models.BooleanField(default=True)
    uidvalidity = models.PositiveBigIntegerField(null=True, blank=True)
    next_uid = models.PositiveBigIntegerField(default=1)
    messages = models.PositiveBigIntegerField(default=0)
    looked_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=40, blank=True)  # why it cannot be looked at (F45)
    fault_since = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = FolderQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("folder"), _("folders")
        ordering = ["role", "id"]
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "name"], name="folder_watched_once")
        ]

    def __str__(self) -> str:
        return self.name
