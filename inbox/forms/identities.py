"""The forms of what a mailbox may send from, and how much (M52, M58)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inbox.models import Mailbox


class IdentityForm(forms.Form):
    """Another address to send from."""

    address = forms.EmailField(
        label=_("Address"), max_length=254, widget=forms.EmailInput({"autocomplete": "off"})
    )
    name = forms.CharField(label=_("Sender name"), max_length=150, required=False)


class CodeForm(forms.Form):
    """The code that arrived there. Spaces do not matter."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class LimitsForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """What the provider lets the mailbox send, where that differs from what is known."""

    all_optional = True

    class Meta:
        model = Mailbox
        fields = ["most_a_day", "most_a_minute"]
        labels = {"most_a_day": _("E-mails a day"), "most_a_minute": _("E-mails a minute")}

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        for field in self.fields.values():
            assert isinstance(field, forms.IntegerField)
            field.min_value, field.max_value = 1, 100_000
            field.validators.extend(forms.IntegerField(min_value=1, max_value=100_000).validators)
            field.widget.attrs |= {"min": 1, "max": 100_000, "inputmode": "numeric"}
