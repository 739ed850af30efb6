"""Company: where contacts work."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import Prefetch, Q
from django.utils.translation import gettext_lazy as _

from crm.models.visibility import Record, RecordQuerySet

if TYPE_CHECKING:
    from crm.models.users import User


class CompanyQuerySet(RecordQuerySet):
    def _holding(self, word: str, _user: "User") -> Q:
        return Q(name__icontains=word) | Q(domain__icontains=word)


class Company(Record):
    name = models.CharField(_("name"), max_length=200)
    domain = models.CharField(_("domain"), max_length=253, blank=True, db_index=True)

    objects: ClassVar[Any] = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("company"), _("companies")
        ordering = ["name", "id"]
        indexes = [  # the list, by each of its sorts
            models.Index(fields=["name", "id"], name="company_by_name"),
            models.Index(fields=["news_at", "id"], name="company_by_news"),
        ]

    def __str__(self) -> str:
        return self.name


def company_seen_by(user: "User") -> "Prefetch[Any]":
    """For `prefetch_related`, where people or deals are shown: `row.company` is the company, and
    None where it is hidden from `user` or in the Trash."""
    return Prefetch("company", queryset=Company.objects.visible_to(user))
