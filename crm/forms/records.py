"""What the forms of contacts, companies and deals share: owner, audience, and a named company."""

from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from crm.forms.choosing import Suggested
from crm.lib.names import fields_in_order
from crm.models import Company, UndoEntry, User
from crm.undo import Step, made


class RecordForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A whole form, or with `only` some of its fields, to edit them in place."""

    company_name = forms.CharField(
        label=_("Company"), max_length=200, required=False, widget=Suggested("crm:company-names")
    )

    def __init__(self, *args: Any, user: User, only: tuple[str, ...] = (), **values: Any) -> None:
        super().__init__(*args, **values)
        self.user = user
        self.made: list[Step] = []
        if "owner" in self.fields:
            owner: Any = self.fields["owner"]
            owner.queryset = User.objects.filter(is_active=True)
            owner.label, owner.empty_label = _("Owner"), _("Nobody")
            self.initial.setdefault("owner", None if self.instance.pk else user.pk)
        if "audience" in self.fields:
            self.fields["audience"].label = _("Seen by")
            self.fields["audience"].required = False
        if self.instance.pk and "company_name" in self.fields:
            self.initial.setdefault("company_name", self._shown_company() or "")
        for name in set(self.fields) - set(only) if only else ():
            del self.fields[name]
        self.order_fields(fields_in_order(get_language() or ""))
        if not self.instance.pk:  # a page for a new one opens with the cursor in its first field
            next(iter(self.fields.values())).widget.attrs["autofocus"] = True

    def clean_audience(self) -> str:
        chosen: str = self.cleaned_data["audience"] or self.instance.audience
        return chosen

    def keep(self) -> UndoEntry | None:
        """Save what was changed and return the way back; None with the reason on the form."""
        raise NotImplementedError

    def values(self) -> dict[str, Any]:
        """What was typed, by column. A company of a new name is made."""
        typed = {name: self.cleaned_data[name] for name in self.fields if self._is_column(name)}
        if "company_name" in self.fields:
            typed["company"] = self._company()
        return typed

    def _is_column(self, name: str) -> bool:
        try:
            field: Any = self._meta.model._meta.get_field(name)
            return bool(field.concrete and not field.many_to_many)
        except FieldDoesNotExist:
            return False

    def _company(self) -> Company | None:
        name = self.cleaned_data["company_name"].strip()
        now = self._shown_company()
        if not name:  # one that this user does not see stays
            return None if now else self.instance.company
        if now and now.name == name:
            return now  # one of several of that name stays that one
        known = Company.objects.visible_to(self.user).filter(name__iexact=name).first()
        if known is None:
            known = Company.objects.create(name=name, owner=self.user)
            self.made.append(made(known))
        found: Company = known
        return found

    def _shown_company(self) -> Company | None:
        """The company as it is, where this user may see it."""
        rows = Company.objects.visible_to(self.user).filter(pk=self.instance.company_id)
        found: Company | None = rows.first() if self.instance.company_id else None
        return found
