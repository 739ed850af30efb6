"""The form of a company."""

from collections.abc import Collection

from django import forms
from django.utils.translation import gettext_lazy as _

from crm import records
from crm.forms.records import RecordForm
from crm.lib.domains import domain_of
from crm.models import Company, UndoEntry


class CompanyForm(RecordForm):
    company_name = None  # type: ignore[assignment]  # Django's way to leave a field out

    class Meta:
        model = Company
        fields = ["name", "domain", "owner", "audience"]

    def clean_domain(self) -> str:
        """The domain alone, of an address of a website or a person as well."""
        try:
            return domain_of(self.cleaned_data["domain"])
        except ValueError:
            raise forms.ValidationError(_("Enter a domain, such as example.com.")) from None

    def add(self) -> Company:
        company: Company = Company.objects.create(**self.values())
        return company

    def write(self, names: Collection[str]) -> UndoEntry:
        """Save these fields, and return the way back."""
        return records.edit(self.instance, self.values(names), by=self.user)
