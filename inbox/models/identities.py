"""Identity: an address beside its own that a mailbox may send from, once that is proven (M52)."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from crm.models import User
from crm.models.base import Timestamped
from inbox.models.mailboxes import Mailbox

if TYPE_CHECKING:
    from collections.abc import Iterable

VALID = timedelta(days=2)  # a code: mail may be slow, and people are away over a Sunday
MOST_GUESSES = 10  # of a code with eight digits
PATIENCE = timedelta(minutes=3)  # who dies while sending a code: another one is sent after this


class Sender(NamedTuple):
    """From whom a message goes out: a mailbox, under one of its proven addresses."""

    mailbox: Mailbox
    address: str
    name: str

    @property
    def key(self) -> str:
        """As forms name it: "12" for the own address of mailbox 12, "12 sales@…" for another."""
        own = self.address == self.mailbox.email
        return str(self.mailbox.pk) if own else f"{self.mailbox.pk} {self.address}"


class IdentityQuerySet(models.QuerySet["Identity"]):
    def kept(self) -> Self:
        return self.filter(removed_at=None)

    def proven(self) -> Self:
        return self.kept().filter(proven_at__isnull=False)

    def code_due(self, now: datetime) -> Self:
        """Those that somebody wants a code for."""
        return self.kept().filter(code_due_at__lte=now)

    def visible_to(self, user: "User") -> Self:
        return self.kept().filter(mailbox__in=Mailbox.objects.visible_to(user))


class Identity(Timestamped):
    """A code is mailed to the address, from it, by the mailbox's own server; whoever can type it
    receives mail there, and the server lets the mailbox send so."""

    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="identities")
    address = models.EmailField(_("address"), max_length=254)  # in lower case
    name = models.CharField(_("sender name"), max_length=150, blank=True)
    proven_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)  # the row stays, for Undo
    code_due_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=64, blank=True)  # a keyed hash
    code_sent_at = models.DateTimeField(null=True, blank=True)
    guesses = models.PositiveSmallIntegerField(default=0)
    said = models.TextField(blank=True)  # why the code could not be sent: the server's words

    objects: ClassVar[Any] = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("sender address"), _("sender addresses")
        ordering = ["address", "id"]
        constraints = [models.UniqueConstraint(fields=["mailbox", "address"], name="identity_once")]
        indexes = [
            # send_codes, every tick
            models.Index(
                fields=["code_due_at"],
                condition=Q(code_due_at__isnull=False),
                name="identity_code_due",
            )
        ]

    def __str__(self) -> str:
        return self.address

    def ask(self, now: datetime) -> None:
        """A code is due; one that was sent before counts no more."""
        fresh = {"proven_at": None, "removed_at": None, "code": "", "code_sent_at": None}
        self.change(code_due_at=now, guesses=0, said="", **fresh)

    @property
    def awaits_code(self) -> bool:
        """Whether a code was sent that still counts."""
        sent = self.code_sent_at is not None and timezone.now() < self.code_sent_at + VALID
        return bool(sent and self.code and self.guesses < MOST_GUESSES)

    def claim(self, now: datetime) -> bool:
        """Take the sending of a code. False where somebody else was quicker."""
        mine = Identity.objects.filter(pk=self.pk, code_due_at=self.code_due_at)
        return bool(mine.update(code_due_at=now + PATIENCE))

    def code_sent(self, code: str, now: datetime) -> None:
        self.change(code=self._hash(code), code_sent_at=now, code_due_at=None, guesses=0, said="")

    def code_failed(self, said: str) -> None:
        self.change(code="", code_sent_at=None, code_due_at=None, said=said)

    def prove(self, typed: str, now: datetime) -> bool:
        """Whether it is the code that was sent: then it is proven. Each try counts, right or not,
        before it is looked at."""
        tries = Identity.objects.filter(
            pk=self.pk, guesses__lt=MOST_GUESSES, code_sent_at__gt=now - VALID
        ).exclude(code="")
        if tries.update(guesses=F("guesses") + 1) != 1:
            return False
        self.refresh_from_db()
        if not constant_time_compare(self.code, self._hash(typed)):
            return False
        self.change(proven_at=now, code="")
        return True

    def _hash(self, code: str) -> str:
        return salted_hmac("inbox.identity", f"{self.pk} {code}", algorithm="sha256").hexdigest()


def own_addresses() -> set[str]:
    """Of every connected mailbox, with what it has proven, in lower case; as many as colleagues."""
    return _with_mailboxes()


def our_addresses() -> set[str]:
    """Of our own side, in every conversation: these, and those of all users. One query."""
    return _with_mailboxes(User.objects.order_by().values_list("email"))


def _with_mailboxes(*more: Any) -> set[str]:
    proven = Identity.objects.proven().order_by().values_list("address")
    rows = Mailbox.objects.order_by().values_list("email").union(proven, *more)
    return {address.lower() for (address,) in rows}


def proven_addresses(mailbox: "Mailbox") -> list[str]:
    """Those of a mailbox beside its own."""
    rows = Identity.objects.proven().filter(mailbox=mailbox).order_by()
    return list(rows.values_list("address", flat=True))


def senders(mailboxes: "Iterable[Mailbox]") -> list[Sender]:
    """Under what these mailboxes may write, the own address of each first; one query."""
    boxes = list(mailboxes)
    aliases: dict[int, list[Identity]] = {}
    for row in Identity.objects.proven().filter(mailbox__in=boxes):
        aliases.setdefault(row.mailbox_id, []).append(row)
    return [
        sender
        for box in boxes
        for sender in (
            Sender(box, box.email, box.name),
            *(Sender(box, row.address, row.name or box.name) for row in aliases.get(box.pk, ())),
        )
    ]


def proven_sender(mailbox: Mailbox, address: str) -> Sender | None:
    """The sender with this address; None where the mailbox has not proven it. "": its own."""
    wanted = address.strip().lower() or mailbox.email.lower()
    found = (one for one in senders([mailbox]) if one.address.lower() == wanted)
    return next(found, None)
