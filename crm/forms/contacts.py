"""The forms of a contact."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.db import transaction
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm import records, strangers
from crm.forms.choosing import AddressesField, LongSelect
from crm.forms.records import RecordForm
from crm.lib import zones
from crm.models import AddressTaken, Contact, UndoEntry


def _zones() -> list[tuple[str, Any]]:
    return [("", _("Not known")), *zones.choices()]


class ContactForm(RecordForm):
    """A new person. The company is named; one of that name that is not there yet is made."""

    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)

    class Meta:
        model = Contact
        fields = ["first_name", "last_name", "phone"]

    all_optional = True  # so that no label has to say it
    field_order = ["first_name", "last_name", "email", "company_name", "phone"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        named = any(cleaned.get(name) for name in ("first_name", "last_name", "email"))
        if not named and not self.errors:
            raise forms.ValidationError(_("Enter a name or an e-mail address."))
        return cleaned

    @transaction.atomic
    def add(self) -> Contact | None:
        """Add it. None, with an error on the form, where the address is somebody else's."""
        try:
            with transaction.atomic():
                email = self.cleaned_data["email"]
                contact = Contact.add(email=email, by=self.user, **self.values())
                strangers.take_up(contact, by=self.user)
                return contact
        except AddressTaken as taken:
            self.add_error("email", whose(taken, self))
            transaction.set_rollback(True)
            return None


class ContactDetailsForm(RecordForm):
    """All that is known of a person, to change it."""

    addresses = AddressesField(label=_("E-mail addresses"), required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=_zones, widget=LongSelect, required=False
    )

    class Meta:
        model = Contact
        fields = [
            *("first_name", "last_name", "reading", "job_title", "phone", "time_zone"),
            *("owner", "audience"),
        ]

    all_optional = True
    field_order = [
        *("first_name", "last_name", "reading", "job_title", "company_name", "addresses"),
        *("phone", "time_zone"),
    ]

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        if "addresses" in self.fields:
            rows = self.instance.addresses.all()
            self.initial["addresses"] = [(row.address, row.label) for row in rows]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        names = ("first_name", "last_name")
        named = any(cleaned.get(name, getattr(self.instance, name)) for name in names)
        addresses = cleaned.get("addresses", self.instance.addresses.all())
        if not named and not addresses and not self.errors:
            raise forms.ValidationError(_("Enter a name or an e-mail address."))
        return cleaned

    def write(self, names: Collection[str]) -> UndoEntry | None:
        """Save it. None, with an error on the form, where an address is somebody else's."""
        values = self.values(names)
        if "addresses" in names:
            values["addresses"] = self.cleaned_data["addresses"]
        try:
            return records.edit(self.instance, values, by=self.user, made=self.made)
        except AddressTaken as taken:
            self.add_error("addresses", whose(taken, self))
            transaction.set_rollback(True)  # a company that was made for it
            return None


def whose(taken: AddressTaken, form: RecordForm) -> str:
    """That it is taken, with the way to the other contact for whoever may see it."""
    if not Contact.objects.visible_to(form.user).filter(pk=taken.contact.pk).exists():
        return str(taken)
    there = reverse("crm:contact", args=[taken.contact.pk])
    name = format_html('<a href="{}">{}</a>', there, taken.contact.name)
    said = str(_("{address} belongs to {name} already."))
    return format_html(said, address=taken.address, name=name)
