"""User (signs in with an e-mail address), Team and Role (M41)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from crm.lib import zones
from crm.models.base import Timestamped


class Team(Timestamped):
    name = models.CharField(_("name"), max_length=100, unique=True)

    class Meta:
        verbose_name, verbose_name_plural = _("team"), _("teams")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    ADMIN = "admin", _("Admin")
    MEMBER = "member", _("Member")


class UserQuerySet(BaseUserManager["User"]):
    """Django's door for making people; addresses are kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **values: Any) -> "User":
        user = self.model(email=email.strip().lower(), **values)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **values: Any) -> "User":
        return self.create_user(email, password, role=Role.ADMIN, **values)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin, Timestamped):
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    role = models.CharField(max_length=8, choices=Role, default=Role.MEMBER)
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="people")
    language = models.CharField(max_length=8, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    theme = models.CharField(
        max_length=8,
        blank=True,
        choices=[("", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))],
    )
    # WCAG 2.1.4: whoever speaks to their computer must be able to switch single keys off
    single_keys = models.BooleanField(_("single-key shortcuts"), default=True)
    undo_seconds = models.PositiveSmallIntegerField(
        _("seconds to undo a send"), default=10, choices=[(n, str(n)) for n in (0, 5, 10, 20, 30)]
    )
    is_active = models.BooleanField(default=True)

    objects = UserQuerySet()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name, verbose_name_plural = _("user"), _("users")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def is_staff(self) -> bool:
        """Who may enter the Django admin."""
        return self.is_admin

    @property
    def is_superuser(self) -> bool:  # type: ignore[override]  # a question here, not a column
        return self.is_admin

    def get_full_name(self) -> str:
        return self.name

    @contextmanager
    def preferences(self) -> Iterator[None]:
        """In the language and the time zone of this person: what is written to them."""
        known = self.language in dict(settings.LANGUAGES)
        zone = zones.or_else(self.time_zone, settings.TIME_ZONE)
        language = self.language if known else settings.LANGUAGE_CODE
        with translation.override(language), timezone.override(zone):
            yield
