"""How a letter shall be sent, beside what it says: when, what comes afterwards, and what its writer
has been asked already (M26, point 35). Bound to the same POST as the composer's form."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.lib.keyset import LARGEST
from inbox.sending import later

THEN = ("done", "task")


class SendingForm(forms.Form):
    """`send` is the button that was pressed: "" for Send, "done", "task", "now", or
    "at 2027-03-01T00:00:00+00:00" for a time that was offered. A time that was typed counts for all
    but these two: what was meant for later never leaves at once."""

    send = forms.CharField(max_length=60, required=False)
    when = forms.CharField(
        label=_("Another time"),
        max_length=60,
        required=False,
        widget=forms.TextInput(
            {"class": "input", "autocomplete": "off", "placeholder": _("tomorrow 9:00")}
        ),
    )
    holds = forms.BooleanField(
        label=_("Ask me first if they write before then"), required=False, initial=True
    )
    seen = forms.IntegerField(
        min_value=0, max_value=LARGEST, required=False, widget=forms.HiddenInput
    )
    send_at: datetime | None = None

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        pressed = values.get("send", "")
        typed = pressed.removeprefix("at ") if pressed.startswith("at ") else values.get("when", "")
        if pressed == "now" or not typed:
            return values
        try:
            self.send_at = later.read_time(typed, timezone.localtime())
        except later.NotATime as refused:
            self.add_error("when", str(refused))
        return values

    @property
    def confirmed(self) -> list[str]:
        """The keys of what its writer has seen already."""
        data: Any = self.data
        return [key[:400] for key in data.getlist("confirmed")[:20]] if self.is_bound else []

    @property
    def then(self) -> str:
        """What comes after it: "done", "task" or nothing."""
        pressed = self.cleaned_data.get("send", "")
        return pressed if pressed in THEN else ""
