"""What is decided about conversations of the inbox: the form behind every button there."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.lib.dates import ALL_DAY, read
from crm.models import User

MORNING = time(8)
LAST_DAY = date(2199, 12, 31)  # beyond it some zone would have no such day
LATER = timedelta(hours=3)
VERBS = ("finish", "reopen", "snooze", "wake", "assign", "unread", "trash")
PRESETS = ("later", "tomorrow", "monday", "week")
MOST = 100  # conversations at once: two pages and a bit


class TurnForm(forms.Form):
    """`do` is a verb and, where a menu offers it, with what: "finish", "snooze monday", "assign 5".
    Without a preset the typed `when` counts; without a person it belongs to nobody in particular.
    """

    do = forms.CharField(max_length=40)
    when = forms.CharField(required=False, max_length=100)
    ids: list[int]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        chosen = self.data.getlist("ids") if isinstance(self.data, QueryDict) else []
        self.ids = [int(pk) for pk in chosen if pk.isdecimal() and len(pk) < 19][:MOST]
        verb, _space, what = cleaned.get("do", "").partition(" ")
        if verb not in VERBS:
            raise forms.ValidationError(_("Choose what is to be done."))
        if not self.ids:
            raise forms.ValidationError(_("Choose a conversation first."))
        cleaned["do"] = verb
        if verb == "snooze":
            cleaned["until"] = self._until(what or cleaned.get("when", ""))
        if verb == "assign":
            cleaned["user"] = self._user(what)
        return cleaned

    def _user(self, pk: str) -> User | None:
        if not pk:
            return None
        known = pk.isdecimal() and len(pk) < 19
        user = User.objects.filter(is_active=True, pk=int(pk)).first() if known else None
        if user is None:
            raise forms.ValidationError(_("That person is not here any more. Choose another."))
        return user

    def _until(self, when: str) -> datetime:
        now = timezone.localtime()
        until = preset(when, now) if when in PRESETS else typed(when, now)
        if until is None:
            raise forms.ValidationError(_("Say when, for example “tomorrow 10:00” or “Friday”."))
        if until <= now or until.date() > LAST_DAY:
            raise forms.ValidationError(_("Choose a time that is still to come."))
        return until


def preset(name: str, now: datetime) -> datetime:
    """When a snooze of the menu ends; `now` is a local time, and so is what is returned."""
    if name == "later":
        return (now + LATER).replace(minute=0, second=0, microsecond=0)
    days = {"tomorrow": 1, "monday": 7 - now.weekday(), "week": 7}[name]
    return datetime.combine(now.date() + timedelta(days=days), MORNING, now.tzinfo)


def typed(text: str, now: datetime) -> datetime | None:
    """typed("Friday", now) -> that morning; None where it is no date, or more than one."""
    found = read(text, now)
    if found.at is None or found.title != text.strip():  # the whole text is kept where it is a date
        return None
    if found.at.time() == ALL_DAY:
        return datetime.combine(found.at.date(), MORNING, now.tzinfo)
    return found.at
