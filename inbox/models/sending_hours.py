"""SendingHours: when a person's sequences may send, and how fast (M25)."""

from datetime import date, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.lib import zones
from crm.models import User
from crm.models.base import Timestamped

WEEK = {str(day): ["09:00", "17:00"] for day in range(5)}  # Monday is 0


def _week() -> dict[str, list[str]]:
    return {day: list(span) for day, span in WEEK.items()}


class SendingHours(Timestamped):
    """Of one person; who has none works Monday to Friday, nine to five, in their own zone.

    Holidays are those of a country (ISO 3166), which the package `holidays` knows, and the days
    off that the person has typed.
    """

    user = models.OneToOneField("crm.User", models.CASCADE, related_name="sending_hours")
    windows = models.JSONField(default=_week)  # {"0": ["09:00", "17:00"]}: by weekday
    country = models.CharField(_("public holidays of"), max_length=2, blank=True)
    days_off = models.JSONField(default=list, blank=True)  # ISO dates
    daily_limit = models.PositiveSmallIntegerField(_("mails a day and mailbox"), default=80)
    spacing = models.PositiveSmallIntegerField(_("seconds between two mails"), default=60)

    class Meta:
        verbose_name, verbose_name_plural = _("sending hours"), _("sending hours")

    def __str__(self) -> str:
        return f"sending hours of {self.user_id}"

    @classmethod
    def of(cls, user: User) -> "SendingHours":
        """Theirs, or the default, which is not saved."""
        return cls.objects.filter(user=user).first() or cls(user=user)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(zones.or_else(self.user.time_zone, settings.TIME_ZONE))

    def spans(self) -> dict[int, tuple[time, time]]:
        return {
            int(day): (time.fromisoformat(opens), time.fromisoformat(closes))
            for day, (opens, closes) in self.windows.items()
        }

    def off(self) -> set[date]:
        """The days that they have typed."""
        return {date.fromisoformat(day) for day in self.days_off}
