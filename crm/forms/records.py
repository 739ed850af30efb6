"""What the forms of contacts, companies and deals share: owner, audience, a named company, and
what is written where two people edit the same record."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from crm.forms import edited
from crm.forms.choosing import Suggested
from crm.forms.edited import Conflict, plain
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
        self.user, self.only = user, only
        self.made: list[Step] = []
        self.conflicts: list[Conflict] = []
        if "owner" in self.fields:
            owner: Any = self.fields["owner"]
            kept = Q(is_active=True) | Q(pk=self.instance.owner_id)  # who left may still own it
            owner.queryset = User.objects.filter(kept)
            owner.label, owner.empty_label = _("Owner"), _("Nobody")
            self.initial.setdefault("owner", None if self.instance.pk else user.pk)
        if "audience" in self.fields:
            self.fields["audience"].label = _("Seen by")
            self.fields["audience"].required = False
        if self.instance.pk and "company_name" in self.fields:
            self.initial.setdefault("company_name", str(self._shown_company() or ""))
        for name in set(self.fields) - set(only) if only else ():
            del self.fields[name]
        self.order_fields(fields_in_order(get_language() or ""))
        if not self.instance.pk:  # a page for a new one opens with the cursor in its first field
            next(iter(self.fields.values())).widget.attrs["autofocus"] = True
        self._before = self._posted_before() if self.instance.pk and self.is_bound else None

    def clean_audience(self) -> str:
        chosen: str = self.cleaned_data["audience"] or self.instance.audience
        return chosen

    @transaction.atomic
    def keep(self) -> UndoEntry | None:
        """Save what was changed here and return the way back; None with the reason on the form:
        its errors, or `conflicts` with what somebody else has saved since it was shown."""
        rows: Any = type(self.instance)._default_manager.select_for_update()
        theirs = type(self)(
            instance=rows.get(pk=self.instance.pk), user=self.user, only=self.only
        ).shown()
        before = theirs if self._before is None else self._before
        yours = {name: plain(self.cleaned_data.get(name)) for name in self.fields}
        changed = {name for name in self.fields if yours[name] != before.get(name, "")}
        self._compare(before, theirs, yours, changed)
        return None if self.conflicts else self.write(changed)

    def write(self, names: Collection[str]) -> UndoEntry | None:
        """Save these fields; None with the reason on the form."""
        raise NotImplementedError

    def values(self, names: Collection[str] | None = None) -> dict[str, Any]:
        """What was typed (of these fields), by column. A company of a new name is made."""
        wanted = self.fields if names is None else names
        typed = {name: self.cleaned_data[name] for name in wanted if self._is_column(name)}
        if "company_name" in wanted:
            typed["company"] = self._company()
        return typed

    def shown(self) -> edited.Values:
        """What the record holds, field by field."""
        return {name: plain(self.initial.get(name)) for name in self.fields}

    def token(self) -> str:
        """What this form is shown with, to be posted with it; of a new record there is none."""
        if not self.instance.pk:
            return ""
        return edited.signed(self.instance, self._before or self.shown())

    def _posted_before(self) -> edited.Values | None:
        """What it was shown with; where somebody chose so, theirs takes the place of what was
        typed."""
        before = edited.unsigned(self.instance, self.data.get("shown", ""))
        for name in before or {}:
            if name in self.fields and self.data.get(f"edited_{name}") == "theirs":
                self._put(name, (before or {})[name])
        return before

    def _compare(
        self, before: edited.Values, theirs: edited.Values, yours: edited.Values, changed: set[str]
    ) -> None:
        """Find the conflicts. Where there are some, the form goes on from what is saved by now."""
        for name in theirs:
            here, there, was = yours.get(name, ""), theirs[name], before.get(name, "")
            if name in changed and there not in (was, here):
                field = self.fields[name]
                said = (edited.words(field, value) for value in (was, there, here))
                self.conflicts.append(Conflict(name, str(field.label), *said))
        if not self.conflicts:
            return
        self._before = theirs
        for name in set(theirs) & set(self.fields) - changed:
            self._put(name, theirs[name])

    def _put(self, name: str, value: Any) -> None:
        data: Any = self.data
        self.data = data.copy()
        edited.put(self.data, self.fields[name], name, value)

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
