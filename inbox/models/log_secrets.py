"""LogSecret: what stands behind the plus of a person's logging address, `log+k3f9@…` (M16)."""

import secrets
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.base import Timestamped

if TYPE_CHECKING:
    from crm.models import User

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # no two that look alike
LENGTH = 10


def _new() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(LENGTH))


class LogSecret(Timestamped):
    """Shown to its user alone; renewed, the old one is worth nothing."""

    user = models.OneToOneField("crm.User", models.CASCADE, related_name="log_secret")
    secret = models.CharField(max_length=32, unique=True, default=_new)

    class Meta:
        verbose_name, verbose_name_plural = _("logging address"), _("logging addresses")

    def __str__(self) -> str:
        return f"logging address of user {self.user_id}"

    @classmethod
    def of(cls, user: "User") -> "LogSecret":
        return cls.objects.get_or_create(user=user)[0]

    def renew(self) -> None:
        self.secret = _new()
        self.save(update_fields=["secret", "updated_at"])

    def address_at(self, logging_address: str) -> str:
        """`log+k3f9@example.org` of `log@example.org`."""
        local, _at, domain = logging_address.rpartition("@")
        return f"{local}+{self.secret}@{domain}"
