"""The one door to every record: `visible_to(user)` (M41). Views and the API start from it."""

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.base import Timestamped, Trashable, TrashableQuerySet

if TYPE_CHECKING:
    from crm.models.users import User


MOST_LETTERS = 400  # that are looked for: SQLite refuses a long pattern


class Audience(models.TextChoices):
    EVERYONE = "everyone", _("everyone")
    TEAM = "team", _("the owner's team")
    OWNER = "owner", _("the owner")


def visible_records(user: "User", prefix: str = "") -> Q:
    """Which records `user` may see, as a condition; `prefix` leads to the record ("contact__")."""
    return Q() if user.is_admin else records_of(user.pk, user.team_id, prefix)


def records_of(user: int, team: int | None, prefix: str) -> Q:
    """The same of somebody who is no administrator, by their id and that of their team."""
    seen = Q(**{f"{prefix}audience": Audience.EVERYONE}) | Q(**{f"{prefix}owner": user})
    if team is None:
        return seen
    return seen | Q(**{f"{prefix}audience": Audience.TEAM, f"{prefix}owner__team": team})


def company_holding(word: str, user: "User") -> Q:
    """Whether its company is called so; one that is hidden from `user` confirms nothing."""
    named = Q(company__name__icontains=word, company__deleted_at=None)
    return named & visible_records(user, "company__")


class RecordQuerySet(TrashableQuerySet):
    def visible_to(self, user: "User") -> Self:
        """The kept records that `user` may see."""
        return self.kept().filter(visible_records(user))

    def search(self, words: str, user: "User") -> Self:
        """Those that hold every word, in what `user` may see of them and of their company."""
        found = self
        for word in words[:MOST_LETTERS].split()[:8]:
            found = found.filter(self._holding(word, user))
        return found

    def _holding(self, word: str, user: "User") -> Q:
        raise NotImplementedError

    def trash_of(self, user: "User") -> Self:
        return self.trashed().filter(visible_records(user))

    def trash(self) -> None:
        """All of them go to the Trash."""
        self.update(deleted_at=timezone.now())

    def restore(self) -> None:
        """Those in the Trash come back; one that cannot stays there, and its page says why."""
        self.trashed().update(deleted_at=None)

    # Never `Contact.objects.trash()`: these are for rows that were chosen.
    trash.queryset_only = restore.queryset_only = True  # type: ignore[attr-defined]


class Record(Timestamped, Trashable):
    """A contact, a company or a deal: it has an owner and an audience, and it can be trashed."""

    owner = models.ForeignKey(
        "crm.User", models.SET_NULL, null=True, blank=True, related_name="%(class)ss_owned"
    )
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.EVERYONE)
    properties = models.JSONField(default=dict, blank=True)
    # When its timeline last changed: an open page asks for this one value every two seconds.
    news_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    objects: ClassVar[Any] = RecordQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def noun(self) -> str:
        """ "contact", "company" or "deal"."""
        return str(self._meta.model_name)

    def get_absolute_url(self) -> str:
        return reverse(f"crm:{self.noun}", args=[self.pk])
