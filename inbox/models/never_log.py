"""NeverLog: addresses and domains whose mail is never read past the headers (M11)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.models.base import Timestamped

if TYPE_CHECKING:
    from crm.models import User


class NeverLogQuerySet(models.QuerySet["NeverLog"]):
    def visible_to(self, user: "User") -> Self:
        """Those of the organisation, and of the mailboxes that are the user's own."""
        return self.filter(Q(mailbox=None) | Q(mailbox__owner=user))

    def over(self, mailbox: Any, names: Iterable[str]) -> set[str]:
        """Which of these entries hold for a mailbox: its own and the organisation's; one query."""
        rows = self.filter(Q(mailbox=None) | Q(mailbox=mailbox), entry__in=set(names))
        return set(rows.values_list("entry", flat=True))


class NeverLog(Timestamped):
    """One entry, in the form of `inbox.sync.never_log`; without a mailbox it is everybody's."""

    mailbox = models.ForeignKey(
        "inbox.Mailbox", models.CASCADE, null=True, blank=True, related_name="never_log"
    )
    entry = models.CharField(_("address or domain"), max_length=254)
    by = models.ForeignKey("crm.User", models.SET_NULL, null=True, blank=True, related_name="+")

    objects: ClassVar[Any] = NeverLogQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("never-log entry"), _("never-log entries")
        ordering = [F("mailbox").asc(nulls_first=True), "entry", "id"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "mailbox"], name="never_log_once"),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(mailbox=None), name="never_log_once_for_all"
            ),
        ]

    def __str__(self) -> str:
        return self.entry

    def changed_by(self, user: "User") -> bool:
        """The organisation's list is kept by admins, a mailbox's by its owner alone."""
        if self.mailbox is None:
            return user.is_admin
        return self.mailbox.owner_id == user.pk
