"""ApiToken: what an integration shows instead of a password; stored as a hash (M42)."""

import hashlib
import secrets
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy

from crm.models.base import Timestamped

if TYPE_CHECKING:
    from crm.models.users import User


class ApiToken(Timestamped):
    user = models.ForeignKey("crm.User", models.CASCADE, related_name="api_tokens")
    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("API token"), gettext_lazy("API tokens")

    def __str__(self) -> str:
        return self.name or f"token {self.pk}"

    @classmethod
    def issue(cls, user: "User", name: str = "") -> str:
        """Make a token of `user` and return it; it cannot be shown again."""
        token = f"musubi_{secrets.token_urlsafe(32)}"
        cls.objects.create(user=user, digest=digest(token), name=name)
        return token

    @classmethod
    def user_of(cls, token: str) -> "User | None":
        """Whose token this is. Looked up by its hash, so no comparison leaks time."""
        found = cls.objects.select_related("user").filter(digest=digest(token)).first()
        return found.user if found and found.user.is_active else None


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
