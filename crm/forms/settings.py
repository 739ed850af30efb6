"""The forms of one's own settings: who one is, and how the product looks and behaves."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from crm.forms.choosing import LongSelect
from crm.lib import zones
from crm.models import User


def _languages() -> list[tuple[str, Any]]:
    return [("", _("As the browser says")), *settings.LANGUAGES]


def _zones() -> list[tuple[str, Any]]:
    return [("", _("As the server: {zone}").format(zone=settings.TIME_ZONE)), *zones.choices()]


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    language = forms.ChoiceField(label=_("Language"), choices=_languages, required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=_zones, widget=LongSelect, required=False
    )

    class Meta:
        model = User
        fields = ["name", "language", "time_zone"]
        widgets = {"name": forms.TextInput({"autocomplete": "name"})}

    all_optional = True  # so that no label has to say it

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **{"auto_id": "profile_%s", **values})


class AppearanceForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["theme", "undo_seconds", "single_keys"]
        labels = {
            "theme": _("Theme"),
            "undo_seconds": _("Time to undo a send, in seconds"),
            "single_keys": _("Single-key shortcuts"),
        }
        help_texts = {
            "undo_seconds": _("An e-mail waits that long on the server before it leaves."),
            "single_keys": _(
                "Keys such as C, J or Z act by themselves. Switch them off if you speak to your "
                "computer, or if they get in your way; Ctrl K stays."
            ),
        }

    all_optional = True

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **{"auto_id": "appearance_%s", **values})
