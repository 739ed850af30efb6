"""The form that puts a record under a legal hold (M57)."""

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.lib.keyset import LARGEST
from crm.models import Company, Contact, Deal

_RECORDS: dict[str, Any] = {"contacts": Contact, "companies": Company, "deals": Deal}
_PAGE = re.compile(rf"/({'|'.join(_RECORDS)})/([0-9]{{1,18}})/?")


class HoldForm(forms.Form):
    record = forms.CharField(
        label=gettext_lazy("Address of the record's page"),
        max_length=500,
        help_text=gettext_lazy("Open the contact, company or deal and copy its address here."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)

    def clean_record(self) -> Any:
        """The record, in the Trash or not: it is put on hold so that it does not go from there."""
        found = _PAGE.fullmatch(urlsplit(self.cleaned_data["record"].strip()).path)
        pk = int(found[2]) if found else LARGEST
        record = _RECORDS[found[1]].objects.filter(pk=pk).first() if found else None
        if record is None:
            raise forms.ValidationError(
                _("No contact, company or deal has this address. It ends in /contacts/12/.")
            )
        return record
