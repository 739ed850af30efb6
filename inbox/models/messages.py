"""MessageId: every id an e-mail is known by (M10, M33, M48). MailboxCopy: where it lies."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import IntegrityError, connections, models, transaction
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Email
from inbox.mime import tombstones
from inbox.models.held import keep_held

# Any number of values as one parameter: SQLite takes 32,766 at most, PostgreSQL 65,535.
_UNPACKED = {
    "sqlite": "SELECT value FROM json_each(%s)",
    "postgresql": "SELECT json_array_elements_text(%s::json)",
}


class MessageIdQuerySet(models.QuerySet["MessageId"]):
    def known(self, values: Iterable[str], erased: Collection[str] = ()) -> dict[str, "MessageId"]:
        """The rows of those values that the CRM holds, by value; one query. Of those in
        `erased` also the tombstones: rows without an e-mail, where it has been erased (M48)."""
        marks = {mark: value for value in erased for mark in _marks(value)}
        held = self.among({*values, *erased, *marks})
        held = held.select_related("email__activity", "email__thread")
        held = held.defer("email__text", "email__html")
        rows = {row.value: row for row in held}
        gone = {value: rows[mark] for mark, value in marks.items() if mark in rows}
        return gone | {value: row for value, row in rows.items() if value not in marks}

    def held(self, values: Iterable[str]) -> set[str]:
        """By which of these ids an e-mail is known, or was before it was erased (M48)."""
        marks = {mark: value for value in values for mark in _marks(value)}
        rows = self.among({*marks, *marks.values()}).values_list("value", flat=True)
        return {marks.get(row, row) for row in rows}

    def among(self, values: Iterable[str]) -> Self:
        """Those with one of these values, however many they are."""
        unpacked = _UNPACKED[connections[self.db].vendor]
        return self.filter(value__in=RawSQL(unpacked, [json.dumps(sorted(values))]))

    def first_made(self) -> datetime | None:
        """When the CRM made the first id of its own, of those that it holds."""
        made = self.filter(origin=MessageId.Origin.OWN).order_by("pk")
        first: datetime | None = made.values_list("email__activity__created_at", flat=True).first()
        return first

    def note(self, value: str, email: Email, origin: str = "seen", **more: Any) -> None:
        """Know an e-mail by this id, and the id after the e-mail has been erased. Raises
        IntegrityError where it is known, or was erased."""
        self.note_all([self.model(value=value, email=email, origin=origin, **more)])

    def note_all(self, rows: Collection["MessageId"]) -> None:
        """The same for many, in one order: of two who know the same ones, one waits."""
        key = settings.MESSAGE_ID_KEYS[0]
        named = {"origin": MessageId.Origin.TOMBSTONE, "key": tombstones.name_of(key)}
        marks = [self.model(value=tombstones.make(row.value, key), **named) for row in rows]
        self.bulk_create(sorted([*rows, *marks], key=attrgetter("value")))

    def learn(self, value: str, email: Email) -> bool:
        """Know an e-mail by the id that its provider gave it; False where that id was known."""
        try:
            with transaction.atomic():
                return bool(self.learn_all({value: email}))
        except IntegrityError:  # somebody learnt it between the look-up and now
            return False

    def learn_all(self, emails: Mapping[str, Email]) -> dict[str, Email]:
        """The same for many, by those ids; returns those that were not known. Raises
        IntegrityError where somebody else has learnt one meanwhile."""
        held = self.held(emails)
        learnt = {value: email for value, email in emails.items() if value not in held}
        given = MessageId.Origin.REWRITTEN
        self.note_all([self.model(value=v, email=e, origin=given) for v, e in learnt.items()])
        return learnt

    def forget_fields(self) -> None:
        """Once a subject says no more what it said, their copies are known by id and sender."""
        self.update(dated=None)

    def given_to(self, emails: Iterable[Email]) -> defaultdict[int | None, list[str]]:
        """The ids that providers gave in place of ours, by e-mail; not those kept as a hash."""
        found: defaultdict[int | None, list[str]] = defaultdict(list)
        rows = self.filter(email__in=emails, origin=MessageId.Origin.REWRITTEN).order_by("pk")
        for row in rows.exclude(value__startswith="sha256:"):
            found[row.email_id].append(row.value)
        return found


def _marks(value: str) -> list[str]:
    return tombstones.every(value, settings.MESSAGE_ID_KEYS)


class MessageId(models.Model):
    """One id, in the normal form of `inbox.mime.ids`; unique, so a message is one engagement.

    Beside each stands its keyed hash, which belongs to no e-mail: so it is all that is left once
    the e-mail is erased, however that is done, and keeps it from coming back (M48).
    """

    class Origin(models.TextChoices):
        OWN = "own", _("made by Musubi")
        REWRITTEN = "rewritten", _("given by the provider")
        SEEN = "seen", _("seen on a message")
        TOMBSTONE = "gone", _("keyed hash, which outlives the e-mail")

    value = models.CharField(max_length=255, unique=True)
    email = models.ForeignKey(
        Email, models.CASCADE, null=True, blank=True, related_name="message_ids"
    )
    origin = models.CharField(max_length=9, choices=Origin, default=Origin.SEEN)
    key = models.CharField(max_length=12, blank=True, default="", db_default="")  # of the hash
    # Its Date, as far as it has one: another message may carry the same id (F13)
    dated = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = MessageIdQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("message ID"), _("message IDs")

    def __str__(self) -> str:
        return self.value


class AwaitedId(models.Model):
    """An id that an e-mail names nearer than what it answers, and that no e-mail here has yet.

    When one comes that has it, that one is what it answers: threads come together (M27).
    """

    email = models.ForeignKey(Email, models.CASCADE, related_name="awaited_ids")
    value = models.CharField(max_length=255, db_index=True)
    distance = models.PositiveSmallIntegerField()  # 0 is the nearest

    class Meta:
        verbose_name, verbose_name_plural = _("awaited ID"), _("awaited IDs")

    def __str__(self) -> str:
        return self.value


class MailboxCopy(models.Model):
    """A message of a mailbox that is this e-mail: which folder, UIDVALIDITY and UID hold it.

    Retention forgets the place (M28); that the mailbox holds it stays known (M53). One message
    may be several e-mails, where it forwards several (M16). Under a legal hold it outlives the
    mailbox.
    """

    held_by: ClassVar[str] = "email"  # whose hold keeps it
    email = models.ForeignKey(Email, models.CASCADE, related_name="copies")
    mailbox = models.ForeignKey(
        "inbox.Mailbox", keep_held, null=True, blank=True, related_name="copies"
    )
    of_address = models.CharField(max_length=254, blank=True)  # of a mailbox that is gone
    folder = models.ForeignKey(
        "inbox.Folder", keep_held, null=True, blank=True, related_name="copies"
    )
    uidvalidity = models.PositiveBigIntegerField(null=True, blank=True)
    uid = models.PositiveBigIntegerField(null=True, blank=True)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name, verbose_name_plural = _("mailbox copy"), _("mailbox copies")
        constraints = [
            models.UniqueConstraint(
                fields=["folder", "uidvalidity", "uid", "email"], name="copy_once"
            )
        ]

    def __str__(self) -> str:
        return f"UID {self.uid}"
