"""The forms of what people write on a record by hand: notes and tasks."""

import hashlib
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.forms.todo import DAYS
from crm.lib.dates import ALL_DAY, Due, read
from crm.models import Note, User


class NoteForm(forms.Form):
    """Of a new one, or of `note` as it is. It stands on the record beside the composer: its ids are
    its own."""

    text = forms.CharField(
        label=_("Note"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, note: Note | None = None, **values: Any) -> None:
        self.note, self.told = note, False
        initial = {"text": note.text} if note else {}
        super().__init__(*args, **{"auto_id": "note_%s", "initial": initial, **values})

    def shown(self) -> str:
        """Which text of the note was seen by whoever posts this form, to be posted with it."""
        return self._now() if self.told else self.data.get("shown", self._now())

    def _now(self) -> str:
        return hashlib.sha256(self.note.text.encode()).hexdigest() if self.note else ""

    def clean_text(self) -> str:
        """What somebody else has saved since it was shown is not written over unseen."""
        text: str = self.cleaned_data["text"]
        if self.note and self.shown() != self._now() and text != self.note.text:
            self.told = True
            said = gettext(
                "Somebody has changed this note meanwhile. It says now: “{text}”. "
                "Save again to put yours in its place."
            )
            raise forms.ValidationError(said.format(text=self.note.text))
        return text


class TaskForm(forms.Form):
    title = forms.CharField(
        label=_("Task"),
        max_length=300,
        help_text=_(
            "A date at the end is understood: “Call Aiko tomorrow 10:00”, “Friday”, “3/17”, "
            "“明日10時”."
        ),
    )
    due_on = forms.DateField(
        label=_("Due"),
        required=False,
        validators=DAYS,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    due_time = forms.TimeField(
        label=_("Time"), required=False, widget=forms.TimeInput(attrs={"type": "time"})
    )
    assignee = forms.ModelChoiceField(User.objects.none(), label=_("For"), empty_label=None)

    all_optional = True  # a date that is not needed has no room to say so

    def __init__(self, *args: Any, user: User, **values: Any) -> None:
        super().__init__(
            *args, **{"auto_id": "task_%s", "initial": {"assignee": user.pk}, **values}
        )
        assignee: Any = self.fields["assignee"]
        assignee.queryset = User.objects.filter(is_active=True)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("due_time") and not cleaned.get("due_on"):
            cleaned["due_on"] = timezone.localdate()
        return cleaned

    def due(self) -> Due:
        """What is to be done, and when: a date in the title counts where none was chosen."""
        title, day = self.cleaned_data["title"], self.cleaned_data.get("due_on")
        if day is None:
            return read(title, timezone.localtime())
        at = self.cleaned_data.get("due_time") or ALL_DAY
        return Due(title, timezone.make_aware(datetime.combine(day, at)))
