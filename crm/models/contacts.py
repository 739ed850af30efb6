"""Contact, with as many e-mail addresses as a person has (M40)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.lib.names import full_name
from crm.models.activities import Association, unanswered
from crm.models.base import Timestamped
from crm.models.deals import QUIET, Deal
from crm.models.visibility import Record, RecordQuerySet, company_holding

if TYPE_CHECKING:
    from crm.models.users import User


class AddressTaken(Exception):
    """Another contact has this address already; `contact` is that one."""

    def __init__(self, address: str, contact: "Contact") -> None:
        super().__init__(_("{address} belongs to another contact already.").format(address=address))
        self.address = address
        self.contact = contact


class ContactQuerySet(RecordQuerySet):
    def _holding(self, word: str, user: "User") -> Q:
        addresses = EmailAddress.objects.filter(address__icontains=word).values("contact")
        named = Q(first_name__icontains=word) | Q(last_name__icontains=word)
        return named | Q(pk__in=addresses) | company_holding(word, user)

    def needing_reply(self, now: datetime) -> Self:
        """Those with a conversation whose newest e-mail is theirs (see `unanswered`); the oldest
        such e-mail came at `waits_since`."""
        waits = unanswered("contact", now)
        first = waits.filter(contact=OuterRef("pk")).order_by("at").values("at")[:1]
        return self.filter(pk__in=waits.values("contact")).annotate(waits_since=Subquery(first))

    def quiet(self, now: datetime) -> Self:
        """Those in an open deal with whom nothing has happened for 14 days.

        From the open deals to their people, and one look-up in the timeline's index for each.
        """
        since = now - QUIET
        in_deals = Deal.objects.open().filter(contacts__isnull=False).values("contacts")
        lately = Association.objects.filter(
            contact=OuterRef("pk"), at__gte=since, activity__deleted_at=None
        )
        return self.filter(~Exists(lately), pk__in=in_deals, created_at__lt=since)

    @transaction.atomic
    def trash(self) -> None:
        """Their addresses are free for new contacts while they are in the Trash."""
        EmailAddress.objects.filter(contact__in=self).update(released=True)
        super().trash()

    @transaction.atomic
    def restore(self) -> None:
        """All but those whose address belongs to somebody else by now."""
        in_use = EmailAddress.objects.filter(released=False).values("address")
        free = self.trashed().exclude(addresses__address__in=in_use)
        back = list(free.values_list("pk", flat=True))
        EmailAddress.objects.filter(contact__in=back).update(released=False)
        Contact.objects.filter(pk__in=back).update(deleted_at=None)

    trash.queryset_only = restore.queryset_only = True  # type: ignore[attr-defined]

    @transaction.atomic(savepoint=False)
    def add_all(self, contacts: "Mapping[str, Contact]") -> "dict[str, Contact]":
        """Save new contacts, each with the one address (lower case) that it stands under here. In
        one order, so that two who add the same wait for one another and not in turn. Raises
        IntegrityError where a kept contact has one of the addresses."""
        made = dict(sorted(contacts.items()))
        self.bulk_create(made.values())
        EmailAddress.objects.bulk_create(
            EmailAddress(contact=contact, address=address) for address, contact in made.items()
        )
        return made

    def with_addresses(self, addresses: Iterable[str]) -> dict[str, "Contact"]:
        """The kept contact of each known address, by address (lower case); one query."""
        rows = EmailAddress.objects.filter(
            address__in={address.lower() for address in addresses}, released=False
        ).select_related("contact")
        return {row.address: row.contact for row in rows}


class Contact(Record):
    first_name = models.CharField(gettext_lazy("first name"), max_length=100, blank=True)
    last_name = models.CharField(gettext_lazy("last name"), max_length=100, blank=True)
    reading = models.CharField(gettext_lazy("reading"), max_length=200, blank=True)  # よみ
    job_title = models.CharField(gettext_lazy("job title"), max_length=150, blank=True)
    phone = models.CharField(gettext_lazy("phone"), max_length=50, blank=True)
    time_zone = models.CharField(  # "Asia/Tokyo": when their morning is
        gettext_lazy("time zone"), max_length=64, blank=True, default="", db_default=""
    )
    # Remote pictures in their mail are loaded (through our server) without asking each time.
    images_shown = models.BooleanField(default=False)
    company = models.ForeignKey(
        "crm.Company", models.SET_NULL, null=True, blank=True, related_name="contacts"
    )

    objects: ClassVar[Any] = ContactQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("contact"), gettext_lazy("contacts")
        ordering = ["last_name", "first_name", "id"]
        indexes = [  # the list, by each of its sorts
            models.Index(fields=["last_name", "first_name", "id"], name="contact_by_name"),
            models.Index(fields=["news_at", "id"], name="contact_by_news"),
            models.Index(fields=["created_at", "id"], name="contact_by_creation"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return full_name(self.first_name, self.last_name) or self.email or _("No name")

    @property
    def email(self) -> str:
        """The primary address, "" for none. Prefetch `addresses` where many are shown."""
        return next((row.address for row in self.addresses.all()), "")

    @transaction.atomic
    def set_addresses(self, rows: list[tuple[str, str]]) -> None:
        """Make (address, label) pairs its addresses, the first one primary.

        Raises AddressTaken where another kept contact has one of them.
        """
        wanted = {address.strip().lower(): label for address, label in rows if address.strip()}
        self._refuse_taken(wanted)
        self.addresses.exclude(address__in=wanted).delete()
        for position, (address, label) in enumerate(wanted.items()):
            self.addresses.update_or_create(
                address=address, defaults={"label": label, "position": position}
            )

    def _refuse_taken(self, addresses: Iterable[str]) -> None:
        for address, contact in Contact.objects.with_addresses(addresses).items():
            if contact != self:
                raise AddressTaken(address, contact)

    @transaction.atomic
    def trash(self) -> None:
        """Its addresses are free for a new contact while it is in the Trash."""
        super().trash()
        self.addresses.update(released=True)

    @transaction.atomic
    def restore(self) -> None:
        """Raises AddressTaken where somebody else has one of its addresses by now."""
        self._refuse_taken([row.address for row in self.addresses.all()])
        super().restore()
        self.addresses.update(released=False)

    @classmethod
    @transaction.atomic
    def add(cls, *, email: str, by: "User | None" = None, **values: Any) -> "Contact":
        """A new contact with one address (or none, for ""); raises AddressTaken."""
        contact = cls(owner=values.pop("owner", by), **values)
        contact.save()
        contact.set_addresses([(email, "")])
        return contact


class EmailAddress(Timestamped):
    """An address of a contact, in lower case. `released` while the contact is in the Trash."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="addresses")
    address = models.EmailField(max_length=254)
    label = models.CharField(max_length=40, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    released = models.BooleanField(default=False)

    class Meta:
        verbose_name, verbose_name_plural = (
            gettext_lazy("e-mail address"),
            gettext_lazy("e-mail addresses"),
        )
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["address"], condition=Q(released=False), name="address_of_one_contact"
            )
        ]

    def __str__(self) -> str:
        return self.address

    @property
    def primary(self) -> bool:
        return self.position == 0
