"""The form of a deal."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from crm import records
from crm.forms.choosing import PeopleField
from crm.forms.records import RecordForm
from crm.models import Contact, Deal, Pipeline, Stage, UndoEntry


class DealForm(RecordForm):
    contacts = PeopleField(None, label=_("People"), required=False)

    class Meta:
        model = Deal
        fields = [
            *("name", "amount", "currency", "stage", "close_date", "lost_reason"),
            *("owner", "audience"),
        ]
        widgets = {
            "close_date": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "currency": forms.TextInput(attrs={"size": 3, "autocapitalize": "characters"}),
        }

    field_order = [
        *("name", "amount", "currency", "stage", "close_date", "company_name", "contacts")
    ]

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        if "contacts" in self.fields:
            people: Any = self.fields["contacts"]
            people.offer(self.user)
            if self.instance.pk:
                self.initial["contacts"] = [contact.pk for contact in self._shown()]
        if "stage" in self.fields:
            self._offer_stages()
        is_lost = self.instance.pk and self.instance.stage.outcome == Stage.Outcome.LOST
        if not is_lost:
            self.fields.pop("lost_reason", None)

    def _offer_stages(self) -> None:
        stages: Any = self.fields["stage"]
        pipeline = self.instance.stage.pipeline if self.instance.pk else Pipeline.objects.first()
        stages.queryset = Stage.objects.filter(pipeline=pipeline)
        stages.empty_label = None
        if not self.instance.pk:
            self.initial.setdefault("stage", stages.queryset.first())

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"].strip().upper()
        if not (len(code) == 3 and code.isascii() and code.isalpha()):
            raise forms.ValidationError(_("Enter a currency of three letters, such as EUR."))
        return code

    @transaction.atomic
    def add(self) -> Deal:
        deal: Deal = Deal.objects.create(**self.values())
        deal.contacts.set(self.cleaned_data["contacts"])
        return deal

    def write(self, names: Collection[str]) -> UndoEntry:
        """Save these fields, and return the way back."""
        values = self.values(names)
        if "contacts" in names:
            values["contacts"] = [*self.cleaned_data["contacts"], *self._hidden()]
        return records.edit(self.instance, values, by=self.user, made=self.made)

    def _shown(self) -> Any:
        return self.instance.contacts.visible_to(self.user)

    def _hidden(self) -> list[Contact]:
        """People of the deal whom this user does not see stay with it."""
        shown = self._shown().values("pk")
        return list(self.instance.contacts.exclude(pk__in=shown))
