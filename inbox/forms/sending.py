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
    """`send` is the button that was pressed: "" for Send, "done", "task", "later" for the time that
    was typed, or "at 2027-03-01T00:00:00+00:00" for one that was offered."""

    send = forms.CharField(max_length=60, required=False)
    when = forms.CharField(
        label=_("Another time"),
        max_length=60,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    holds = forms.BooleanField(
        label=_("Ask me first if they write before then"), required=False, initial=True
    )
    seen = forms.IntegerField(min_value=0, max_value=LARGEST, required=False)
    send_at: datetime | None = None

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        pressed, now = values.get("send", ""), timezone.localtime()
        if pressed != "later" and not pressed.startswith("at "):
            return values
        typed = values.get("when", "") if pressed == "later" else pressed.removeprefix("at ")
        try:
            self.send_at = later.read_time(typed, now)
        except later.NotATime as refused:
            self.add_error("when", str(refused))
        return values

    @property
    def confirmed(self) -> list[str]:
        data: Any = self.data
        return [key[:400] for key in data.getlist("confirmed")[:20]]

    @property
    def then(self) -> str:
        """What comes after it: "done", "task" or nothing."""
        pressed = self.cleaned_data.get("send", "")
        return pressed if pressed in THEN else ""
