"""Who wants no mail from sequences: kept as a keyed hash of the address, which names nobody.

So it holds when the contact is erased and comes back (M36, M48), and tells nobody who asked.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from inbox.mime import tombstones
from inbox.mime.ids import normal

if TYPE_CHECKING:
    from crm.models import User


def mark_of(address: str) -> str:
    """What is kept of an address, by the newest key."""
    return tombstones.make(_said(address), settings.MESSAGE_ID_KEYS[0])


def _said(address: str) -> str:
    return f"opted out\0{normal(address).lower()}"


class OptOutQuerySet(models.QuerySet["OptOut"]):
    def among(self, addresses: Iterable[str]) -> set[str]:
        """Which of the addresses have opted out, as they were given; one query."""
        marks = {
            mark: address
            for address in addresses
            for mark in tombstones.every(_said(address), settings.MESSAGE_ID_KEYS)
        }
        found = self.filter(mark__in=list(marks)).values_list("mark", flat=True)
        return {marks[mark] for mark in found}


class OptOut(models.Model):
    class Why(models.TextChoices):
        LINK = "link", _("pressed in a mail")
        PERSON = "person", _("written down by a colleague")

    mark = models.CharField(max_length=80, unique=True)
    # The name of the key that made it; "" where that is not known: it came by an old link
    key = models.CharField(max_length=12, blank=True, default="", db_default="")
    why = models.CharField(max_length=6, choices=Why)
    by = models.ForeignKey(
        "crm.User", models.SET_NULL, null=True, blank=True, related_name="opt_outs"
    )
    at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = OptOutQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("opt-out"), _("opt-outs")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"opt-out {self.pk}"

    @classmethod
    def note(
        cls, mark: str, why: str, by: "User | None" = None, *, addresses: Iterable[str] = ()
    ) -> bool:
        """Write it down; False where it was already. A link may be as old as the key of its mark:
        where it is of one of these addresses, the newest key makes it anew."""
        keys, name = settings.MESSAGE_ID_KEYS, ""
        for address in addresses:
            if mark in tombstones.every(_said(address), keys):
                mark, name = mark_of(address), tombstones.name_of(keys[0])
        values = {"why": why, "by": by, "key": name}
        _row, new = cls.objects.get_or_create(mark=mark, defaults=values)
        return new

    @classmethod
    def forget(cls, address: str) -> int:
        """They want mail again."""
        marks = tombstones.every(_said(address), settings.MESSAGE_ID_KEYS)
        gone: int = cls.objects.filter(mark__in=marks).delete()[0]
        return gone
