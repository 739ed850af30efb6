"""Email and Participant: the e-mail engagement as people see it (M14, M27).

What only mail needs (ids, copies in mailboxes, delivery) hangs on it from `inbox`. Only the
stories of `inbox` write these columns, but for `settled` and `waits`.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Exists, Q
from django.db.models.functions import Least, Left, Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.lib.names import misnames, mixes_scripts
from crm.models.activities import Activity, ActivityDetail, waits_now
from crm.models.contacts import EmailAddress

if TYPE_CHECKING:
    from crm.models.users import User


def snippet(most: int) -> Left:
    """For lists: the first characters of what was newly written, never of what it quotes."""
    return Left("text", Least("reply_length", models.Value(most)))


def reason_text(rule: str, message_id: str) -> str:
    """A rule that let a body be read (M13), in one sentence; the ledger says the same."""
    texts = {
        "reply": _("It replies to {id}, which the CRM knows."),
        "folder": _("It was put into the CRM folder."),
        "bcc": _("It was sent to the logging address by Bcc."),
        "forward": _("It was forwarded to the logging address."),
        "contact": _("It was exchanged with a known contact."),
    }
    return texts.get(rule, "").format(id=f"<{message_id}>")


class EmailQuerySet(models.QuerySet["Email"]):
    def awaiting_reply(self, now: datetime) -> Self:
        """What their conversations wait with for an answer of ours, be it of many months."""
        return self.filter(waits_now(now))


class Email(ActivityDetail):
    class Direction(models.TextChoices):
        INCOMING = "incoming", gettext_lazy("incoming")
        OUTGOING = "outgoing", gettext_lazy("outgoing")

    class Source(models.TextChoices):
        """How it came here; shown on each e-mail (M15)."""

        SENT = "sent", gettext_lazy("sent from Musubi")
        REPLY = "reply", gettext_lazy("found as a reply")
        BCC = "bcc", gettext_lazy("logged by Bcc")
        FORWARD = "forward", gettext_lazy("logged by forwarding")
        FOLDER = "folder", gettext_lazy("logged by folder")
        CONTACT = "contact", gettext_lazy("found as mail with a contact")

    class Status(models.TextChoices):
        LOGGED = "logged", gettext_lazy("logged")
        SCHEDULED = "scheduled", gettext_lazy("scheduled")
        QUEUED = "queued", gettext_lazy("queued")
        SENDING = "sending", gettext_lazy("sending")
        UNKNOWN = "unknown", gettext_lazy("not known whether it arrived")
        SENT = "sent", gettext_lazy("sent")
        FAILED = "failed", gettext_lazy("not sent")
        BOUNCED = "bounced", gettext_lazy("bounced")
        CANCELLED = "cancelled", gettext_lazy("taken back before it left")

    class Visibility(models.TextChoices):
        """What others than its owner see (M41, M53); the strictest copy wins."""

        EVERYTHING = "everything", gettext_lazy("everything")
        SUBJECT = "subject", gettext_lazy("subject only")
        METADATA = "metadata", gettext_lazy("metadata only")

    class Apart(models.TextChoices):
        """Why it is shown apart from the conversation that it stands in (M27)."""

        UNRELATED = "unrelated", gettext_lazy("a new subject, and nobody of the conversation")
        FOLLOWS = "follows", gettext_lazy("it answers mail that is shown apart")

    thread = models.ForeignKey("crm.Thread", models.PROTECT, related_name="emails")
    # The e-mail whose id it names nearest. A thread that is split or joined moves along it.
    answers = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="answered_by"
    )
    apart = models.CharField(max_length=9, choices=Apart, blank=True)
    placed_by_hand = models.BooleanField(default=False)  # references do not move it any more
    direction = models.CharField(max_length=8, choices=Direction)
    subject = models.CharField(max_length=998, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    # How much of `text`, from its start, is new; the rest quotes older mail and is folded.
    reply_length = models.PositiveIntegerField(default=0)
    message_id = models.CharField(max_length=998, blank=True)
    # The event of its calendar part: inbox.mime.types.Invitation as JSON. Shown, never answered.
    invitation = models.JSONField(null=True, blank=True)
    source = models.CharField(max_length=8, choices=Source)
    # M13: the rule that let the body be read, and the known Message-ID it was read for
    reason_rule = models.CharField(max_length=8, blank=True)
    reason_message_id = models.CharField(max_length=998, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.LOGGED)
    error = models.TextField(blank=True)  # the server's own words
    auto_reply = models.BooleanField(default=False)
    new_participant = models.BooleanField(default=False)  # M7: the sender was not in the thread
    # It says to be from an address of ours, and nothing proves that
    unproven = models.BooleanField(default=False)
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.EVERYTHING)
    settled = models.BooleanField(default=False)  # somebody said that it needs no reply
    # The newest of its matter is theirs and not settled: a copy (crm/lib/turns.py)
    waits = models.BooleanField(default=False)
    private = models.BooleanField(default=False)  # M53: its owner alone sees more than the day

    objects: ClassVar[Any] = EmailQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("e-mail"), gettext_lazy("e-mails")
        indexes = [
            # what waits for an answer: a small part of all
            models.Index(fields=["thread"], condition=Q(waits=True), name="email_waits")
        ]

    def __str__(self) -> str:
        return f"e-mail {self.pk}"  # the admin names it so wherever; M53

    def summary(self) -> str:
        return self.subject or _("(no subject)")

    def seen_by(self, user: "User") -> bool:
        """As `readable_by` asks it of many; what is private is so for admins as well."""
        if self.activity.by_id == user.pk:
            return True
        if not self.private and (self.visibility == self.Visibility.EVERYTHING or user.is_admin):
            return True
        return any(row.user_id == user.pk and row.let_in for row in self.readers.all())

    def shows_subject_to(self, user: "User") -> bool:
        told = not self.private and self.visibility == self.Visibility.SUBJECT
        return told or self.seen_by(user)

    def shows_people_to(self, user: "User") -> bool:
        """Of what is private others see that it is there, and when it was (M53)."""
        return not self.private or self.seen_by(user)

    def came_or_went(self) -> None:
        """The Trash is not in its conversation."""
        type(self.thread).objects.filter(pk=self.thread_id).recount()

    @property
    def reason_text(self) -> str:
        """Why this body was read, in one sentence (M13)."""
        return reason_text(self.reason_rule, self.reason_message_id)

    @property
    def writer(self) -> "Participant | None":
        return next((row for row in self.participants.all() if row.role == "from"), None)

    @property
    def shows_images(self) -> bool:
        """Whether it is from a contact whose remote pictures somebody wants to see always."""
        writer = self.writer
        return bool(writer and writer.contact and writer.contact.images_shown)

    @property
    def reply_text(self) -> str:
        return self.text[: self.reply_length].rstrip()

    @property
    def quoted_text(self) -> str:
        return self.text[self.reply_length :]

    def export(self) -> dict[str, Any]:
        return {
            "direction": self.direction,
            "subject": self.subject,
            "text": self.text,
            "html": self.html,
            "invitation": self.invitation,
            "message_id": self.message_id,
            "source": self.source,
            "status": self.status,
            "participants": [
                {"role": row.role, "name": row.name, "address": row.address}
                for row in self.participants.all()
            ],
        }


class Reader(models.Model):
    """Somebody who has asked its owner to see an e-mail that is not for others (M53)."""

    email = models.ForeignKey(Email, models.CASCADE, related_name="readers")
    user = models.ForeignKey("crm.User", models.CASCADE, related_name="asked_for")
    let_in = models.BooleanField(default=False)

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("reader"), gettext_lazy("readers")
        constraints = [models.UniqueConstraint(fields=["email", "user"], name="reader_once")]

    def __str__(self) -> str:
        return f"{self.user_id} of {self.email_id}"


def readable_by(user: "User", email: str = "") -> Q:
    """Of which e-mails `user` may see the content; `email` is the way to them: "email__"."""
    shown = Q(**{f"{email}private": False})
    if not user.is_admin:
        shown &= Q(**{f"{email}visibility": Email.Visibility.EVERYTHING})
    let_in = Reader.objects.filter(user=user, let_in=True).values("email")
    return shown | Q(**{f"{email}activity__by": user}) | Q(**{f"{email}pk__in": let_in})


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def strangers(self, user: "User") -> Self:
        """Unknown people in mail that `user` may read, whom a contact could be made of."""
        address = Lower(models.OuterRef("address"))
        contact = EmailAddress.objects.filter(address=address, released=False)
        colleague = get_user_model().objects.filter(email=address)
        shown = Activity.objects.visible_to(user).filter(pk=models.OuterRef("email"))
        rows = self.filter(Exists(shown), readable_by(user, "email__"), stranger=True)
        return rows.exclude(Exists(contact) | Exists(colleague))


class Participant(models.Model):
    """Somebody named in an e-mail, with what became of the delivery to them."""

    class Role(models.TextChoices):
        FROM = "from", gettext_lazy("From")
        TO = "to", gettext_lazy("To")
        CC = "cc", gettext_lazy("Cc")
        BCC = "bcc", gettext_lazy("Bcc")
        REPLY_TO = "reply_to", gettext_lazy("Reply to")

    READERS = (Role.TO, Role.CC, Role.BCC)

    REFUSED = "refused"  # for good
    DEFERRED = "deferred"  # refused for now, and tried again by itself
    UNKNOWN = "unknown"  # whether a server took it for them, nobody knows

    email = models.ForeignKey(Email, models.CASCADE, related_name="participants")
    role = models.CharField(max_length=8, choices=Role)
    name = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=320, db_index=True)
    position = models.PositiveSmallIntegerField(default=0)
    contact = models.ForeignKey(
        "crm.Contact", models.SET_NULL, null=True, blank=True, related_name="participations"
    )
    # Nobody knew them when it was logged, and they are a person: a contact can be made (M14).
    stranger = models.BooleanField(default=False)
    # sent, bounced, or one of those above
    status = models.CharField(max_length=9, blank=True)
    server_said = models.TextField(blank=True)

    objects: ClassVar[Any] = ParticipantQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = (
            gettext_lazy("participant"),
            gettext_lazy("participants"),
        )
        ordering = ["position", "id"]
        indexes = [
            # unknown people, the latest first: a small part of all
            models.Index(fields=["-id"], condition=Q(stranger=True), name="participant_unknown")
        ]

    def __str__(self) -> str:
        return self.address if misnames(self.name, self.address) else self.name or self.address

    @property
    def imitates(self) -> bool:
        """Whether the name or the address is written so that it looks like another one."""
        local, _at, domain = self.address.rpartition("@")
        return any(map(mixes_scripts, (self.name, local, domain.replace(".", ""))))
