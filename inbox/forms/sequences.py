"""The forms of sequences: what one is, its steps, when their sender works."""

import re
from datetime import date, time
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.models import User
from inbox import merge_fields
from inbox.forms import countries
from inbox.mime.text import text_of_html
from inbox.models import Mailbox, SendingHours, Sequence, Step, Template
from inbox.models.sequences import MOST_WAIT
from inbox.outreach.writing import html_of_text


class SequenceForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = Sequence
        fields = ["name", "shared", "colleague_ends", "farewell"]
        help_texts = {
            "farewell": gettext_lazy(
                "Stands below each e-mail, and unsubscribes whoever presses it. Mail programs "
                "offer a button of their own in any case."
            )
        }

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.fields["name"].widget.attrs["autofocus"] = not self.instance.pk


class StepForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """An e-mail or a task: which of the two is in the address of the page."""

    text = forms.CharField(
        label=gettext_lazy("Text"),
        widget=forms.Textarea({"rows": 10}),
        error_messages={"required": gettext_lazy("Write what the e-mail says.")},
    )

    class Meta:
        model = Step
        fields = ["wait_days", "same_thread", "subject", "title"]

    field_order = ["wait_days", "same_thread", "subject", "text", "title"]

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        step: Step = self.instance
        self.fields["wait_days"].widget.attrs.update(
            {"min": 0, "max": MOST_WAIT, "inputmode": "numeric"}
        )
        if step.kind == Step.Kind.TASK:
            for name in ("same_thread", "subject", "text"):
                del self.fields[name]
            self.fields["title"].required = True
            return
        del self.fields["title"]
        self.initial.setdefault("text", text_of_html(step.html))
        self.fields["subject"].help_text = _(
            "In the same conversation the subject of the first e-mail is kept."
        )

    def start_from(self, template: Template) -> None:
        """Show what a template says; the step keeps it, whatever becomes of the template."""
        self.initial.update(subject=template.subject, text=template.text)

    def clean_wait_days(self) -> int:
        days: int = self.cleaned_data["wait_days"]
        if days > MOST_WAIT:
            raise forms.ValidationError(_("Wait {n} working days at most.").format(n=MOST_WAIT))
        return days

    def clean_subject(self) -> str:
        return _with_known_fields(" ".join(self.cleaned_data["subject"].split()))

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].replace("\r\n", "\n")
        return _with_known_fields(text)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        alone = "subject" in self.fields and not (cleaned.get("same_thread") and self._follows())
        if alone and not cleaned.get("subject") and "subject" not in self.errors:
            self.add_error("subject", _("Give the e-mail a subject: it begins a conversation."))
        return cleaned

    def _follows(self) -> bool:
        """Whether an e-mail stands before it, which it can answer."""
        before = Step.objects.kept().filter(sequence=self.instance.sequence, kind=Step.Kind.EMAIL)
        return bool(before.filter(position__lt=self.instance.position).exists())

    def step(self) -> Step:
        """The step as it was typed, not saved. Formatting stays where the text is as it was."""
        step: Step = self.instance
        text = self.cleaned_data.get("text")
        if text is not None and text.strip() != text_of_html(step.html):
            step.html = html_of_text(text)
        return step


def _with_known_fields(text: str) -> str:
    for field in merge_fields.unknown(text):
        if field.suggestion:
            said = _("There is no field “{name}”. Did you mean “{other}”?")
            said = said.format(name=field.name, other=field.suggestion)
        else:
            said = _("There is no field “{name}”.").format(name=field.name)
        raise forms.ValidationError(said)
    return text


class ChoiceForm(forms.Form):
    """Into which sequence, and from which mailbox."""

    sequence = forms.ModelChoiceField(
        Sequence.objects.none(), label=gettext_lazy("Sequence"), empty_label=None
    )
    mailbox = forms.ModelChoiceField(
        Mailbox.objects.none(), label=gettext_lazy("Send from"), empty_label=None
    )

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        rows: dict[str, Any] = {
            "sequence": Sequence.objects.visible_to(user),
            "mailbox": Mailbox.objects.usable_by(user).working(),
        }
        for name, found in rows.items():
            choice = self.fields[name]
            assert isinstance(choice, forms.ModelChoiceField)
            choice.queryset = found

    def chosen(self, name: str) -> Any:
        """What was chosen, else the first that there is."""
        if self.is_bound and self.is_valid():
            return self.cleaned_data[name]
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        if self.is_bound and name in self.cleaned_data:
            return self.cleaned_data[name]
        return field.queryset.first() if field.queryset is not None else None


class HoursForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """From and until for each day of the week; a day without is free."""

    country = forms.ChoiceField(label=gettext_lazy("Public holidays of"), required=False)
    off = forms.CharField(
        label=gettext_lazy("Days off"),
        widget=forms.Textarea({"rows": 4, "placeholder": "2026-12-24"}),
        required=False,
        help_text=gettext_lazy("One date a line, such as 2026-12-24."),
    )

    class Meta:
        model = SendingHours
        fields = ["country", "daily_limit", "spacing"]

    field_order = ["country", "off", "daily_limit", "spacing"]
    all_optional = True

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        country = self.fields["country"]
        assert isinstance(country, forms.ChoiceField)
        country.choices = [("", _("No country")), *countries.choices()]
        country.widget.attrs["data-countries"] = True
        self.initial["off"] = "\n".join(self.instance.days_off)
        for day in range(7):
            span = self.instance.windows.get(str(day), ["", ""])
            for name, at in (("from", span[0]), ("until", span[1])):
                field = forms.TimeField(
                    required=False, widget=forms.TimeInput({"type": "time", "class": "input"})
                )
                field.label = _("{day}, from") if name == "from" else _("{day}, until")
                field.label = field.label.format(day=WEEKDAYS[day])
                self.fields[f"{name}_{day}"] = field
                self.initial[f"{name}_{day}"] = at

    def days(self) -> list[tuple[Any, Any, Any]]:
        """The name of each day, with its two fields."""
        return [(WEEKDAYS[n], self[f"from_{n}"], self[f"until_{n}"]) for n in range(7)]

    def others(self) -> list[Any]:
        return [self[name] for name in ("country", "off", "daily_limit", "spacing")]

    def clean_off(self) -> list[str]:
        days = [line for line in re.split(r"[\s,;、]+", self.cleaned_data["off"]) if line]
        for day in days:
            try:
                date.fromisoformat(day)
            except ValueError:
                said = _("“{day}” is no date. Write it as 2026-12-24.").format(day=day[:40])
                raise forms.ValidationError(said) from None
        return sorted(set(days))

    def clean_daily_limit(self) -> int:
        limit: int = self.cleaned_data["daily_limit"]
        if not 1 <= limit <= 1000:
            raise forms.ValidationError(_("Choose between 1 and 1,000."))
        return limit

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        windows = {}
        for day in range(7):
            opens: time | None = cleaned.get(f"from_{day}")
            closes: time | None = cleaned.get(f"until_{day}")
            if opens is None and closes is None:
                continue
            if opens is None or closes is None or closes <= opens:
                self.add_error(f"until_{day}", _("It must be later than the beginning."))
                continue
            windows[str(day)] = [opens.strftime("%H:%M"), closes.strftime("%H:%M")]
        if not windows and not self.errors:
            raise forms.ValidationError(_("Leave at least one day on which mail may be sent."))
        cleaned["windows"] = windows
        return cleaned

    def keep(self) -> SendingHours:
        row: SendingHours = self.save(commit=False)
        row.windows, row.days_off = self.cleaned_data["windows"], self.cleaned_data["off"]
        row.save()
        return row
