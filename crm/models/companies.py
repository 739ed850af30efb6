"""Company: where contacts work."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.visibility import Record


class Company(Record):
    name = models.CharField(_("name"), max_length=200)
    domain = models.CharField(_("domain"), max_length=253, blank=True, db_index=True)

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = _("companies")

    def __str__(self) -> str:
        return self.name
