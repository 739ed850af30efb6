"""The forms of the tasks page: a line that may end in a date, and another date for a task."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.lib.dates import ALL_DAY, Due, read

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
# What lies beyond all time in some zone would be stored, and break each page that reads it.
DAYS = [MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)]


class LineForm(forms.Form):
    line = forms.CharField(
        label=_("New task"),
        max_length=300,
        widget=forms.TextInput({"autocomplete": "off", "data-key": "c"}),
        error_messages={"required": _("Say what is to be done.")},
    )

    def due(self) -> Due:
        return read(self.cleaned_data["line"], timezone.localtime())


class DueForm(forms.Form):
    """`when` is one of the menu's words; without it `date` counts."""

    when = forms.ChoiceField(
        choices=[(word, word) for word in ("today", "tomorrow", "next_week", "undated")],
        required=False,
    )
    date = forms.DateField(required=False, validators=DAYS, label=_("Another day"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not cleaned["when"] and not cleaned["date"]:
            raise forms.ValidationError(_("Choose a day."))
        return cleaned

    def due_at(self, before: datetime | None) -> datetime | None:
        """The new moment: the time of day stays as it was `before`."""
        today = timezone.localdate()
        days = {"today": 0, "tomorrow": 1, "next_week": 7 - today.weekday()}
        when = self.cleaned_data["when"]
        if when == "undated":
            return None
        day = today + timedelta(days=days[when]) if when else self.cleaned_data["date"]
        clock = timezone.localtime(before).time() if before else ALL_DAY
        return datetime.combine(day, clock, timezone.get_current_timezone())
