"""The forms of a contact, and of the notes on it."""

from typing import Any

from django import forms
from django.db import transaction
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crm.models import AddressTaken, Company, Contact, User


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A person. The company is named; one of that name that is not there yet is made."""

    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    company_name = forms.CharField(label=_("Company"), max_length=200, required=False)

    class Meta:
        model = Contact
        fields = ["first_name", "last_name", "phone"]

    all_optional = True  # so that no label has to say it
    field_order = ["first_name", "last_name", "email", "company_name", "phone"]

    def __init__(self, *args: Any, user: User, **values: Any) -> None:
        super().__init__(*args, **values)
        self.user = user
        if self.instance.pk:
            self.initial.setdefault("email", self.instance.email)
            self.initial.setdefault("company_name", self.instance.company or "")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        named = any(cleaned.get(name) for name in ("first_name", "last_name", "email"))
        if not named and not self.errors:
            raise forms.ValidationError(_("Enter a name or an e-mail address."))
        return cleaned

    @transaction.atomic
    def keep(self) -> Contact | None:
        """Save it. None, with an error on the form, where the address is somebody else's."""
        self.instance.company = self._company()
        if not self.instance.pk:
            self.instance.owner = self.user
        contact: Contact = self.save()
        others = [(a.address, a.label) for a in contact.addresses.all() if not a.primary]
        try:
            with transaction.atomic():
                contact.set_addresses([(self.cleaned_data["email"], ""), *others])
        except AddressTaken as taken:
            self.add_error("email", self._whose(taken))
            transaction.set_rollback(True)
            return None
        return contact

    def _whose(self, taken: AddressTaken) -> str:
        """That it is taken, with the way to the other contact for whoever may see it."""
        if not Contact.objects.visible_to(self.user).filter(pk=taken.contact.pk).exists():
            return str(taken)
        there = reverse("crm:contact", args=[taken.contact.pk])
        name = format_html('<a href="{}">{}</a>', there, taken.contact.name)
        said = str(_("{address} belongs to {name} already."))
        return format_html(said, address=taken.address, name=name)

    def _company(self) -> Company | None:
        name = self.cleaned_data["company_name"].strip()
        if not name:
            return None
        known = Company.objects.visible_to(self.user).filter(name__iexact=name).first()
        found: Company = known or Company.objects.create(name=name, owner=self.user)
        return found


class NoteForm(forms.Form):
    """It stands on the record beside the composer: its ids are its own."""

    text = forms.CharField(
        label=_("Note"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **{"auto_id": "note_%s", **values})
