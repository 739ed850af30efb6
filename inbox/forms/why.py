"""The form that asks about one message: its id, as it was copied, or its sender and day (M45)."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inbox.mime.headers import parse_headers
from inbox.mime.ids import message_ids
from inbox.why import Question

_HEADER = re.compile(r"^[!-9;-~]+:", re.MULTILINE)


class WhyForm(forms.Form):
    message = forms.CharField(
        label=_("Message-ID, or the whole header"),
        required=False,
        max_length=60_000,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
        help_text=_("Mail programs call it “Show original”, “Source” or “Headers”."),
    )
    sender = forms.CharField(label=_("Or from whom"), required=False, max_length=254)
    day = forms.DateField(
        label=_("on which day"), required=False, widget=forms.DateInput({"type": "date"})
    )
    all_optional = True

    def __init__(self, *args: Any, own: bool = True, **values: Any) -> None:
        super().__init__(*args, **values)
        if not own:
            del self.fields["sender"], self.fields["day"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        pasted = cleaned.get("message", "")
        cleaned["message_id"] = _id_in(pasted)
        if pasted and not cleaned["message_id"]:
            self.add_error("message", _("There is no Message-ID in it."))
        elif not pasted and not (cleaned.get("sender") and cleaned.get("day")):
            self.add_error("message", _("Enter a Message-ID, or a sender and a day."))
        return cleaned

    @property
    def question(self) -> Question:
        said = self.cleaned_data
        return Question(said["message_id"], said.get("sender", ""), said.get("day"))


def _id_in(pasted: str) -> str:
    """`<a@b>`, `Message-ID: <a@b>` and a whole header all mean a@b."""
    text = pasted.strip()
    if _HEADER.search(text):
        return parse_headers(text.encode("utf-8", "replace")).message_id
    return next(iter(message_ids(text)), "") if "@" in text else ""
