"""The forms of what may be read: folders, known contacts, never-log lists, the logging address."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.models import User
from inbox.connect.watching import USUAL_NAME, Wanted
from inbox.models import Folder, Mailbox, NeverLog
from inbox.sync import never_log
from inbox.wire.folders import FolderInfo

NEW = " new"  # no folder's name begins with a space: IMAP clients cut it off


class ScopeForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """All mail with known contacts, or replies alone (M12)."""

    class Meta:
        model = Mailbox
        fields = ["scope"]
        widgets = {"scope": forms.RadioSelect}


class FoldersForm(forms.Form):
    """The CRM folder, by name or to be made, and other folders to look at (M17)."""

    crm = forms.ChoiceField(label=_("CRM folder"), required=False, widget=forms.RadioSelect)
    name = forms.CharField(label=_("Name of the new folder"), max_length=100, required=False)
    others = forms.MultipleChoiceField(
        label=_("Other folders"), required=False, widget=forms.CheckboxSelectMultiple
    )

    all_optional = True  # so that no label has to say it

    def __init__(self, data: Any, *, mailbox: Mailbox, listed: Sequence[FolderInfo]) -> None:
        rows = mailbox.folders.filter(watched=True)
        chosen = {row.name for row in rows if row.role == Folder.Role.OTHER}
        crm = next((row.name for row in rows if row.role == Folder.Role.CRM), "")
        super().__init__(data, initial={"crm": crm, "others": chosen, "name": USUAL_NAME})
        names = [(folder.name, folder.name) for folder in listed]
        crm_field, others = self.fields["crm"], self.fields["others"]
        assert isinstance(crm_field, forms.ChoiceField)
        assert isinstance(others, forms.MultipleChoiceField)
        crm_field.choices = [("", _("None")), *names, (NEW, _("Make a new folder"))]
        others.choices = names

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("crm") == NEW and not _is_plain(cleaned.get("name", "")):
            self.add_error("name", _("Give the folder a name without / \\ % * or quotes."))
        if cleaned.get("crm") in cleaned.get("others", ()):
            cleaned["others"] = [name for name in cleaned["others"] if name != cleaned["crm"]]
        return cleaned

    @property
    def wanted(self) -> Wanted:
        made = self.cleaned_data["crm"] == NEW
        crm = self.cleaned_data["name" if made else "crm"]
        return Wanted(crm=crm, others=self.cleaned_data["others"], made=made)


def _is_plain(name: str) -> bool:
    return bool(name.strip()) and not set('/\\%*"') & set(name) and name.isprintable()


class NeverLogForm(forms.Form):
    """An address or a domain, and for whom it holds (M11)."""

    entry = forms.CharField(
        label=_("Address or domain"),
        max_length=260,
        widget=forms.TextInput({"autocomplete": "off", "placeholder": "bank.example"}),
    )
    mailbox = forms.ModelChoiceField(
        label=_("Applies to"), queryset=Mailbox.objects.none(), required=False, empty_label=None
    )

    all_optional = True  # so that no label has to say it

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        field = self.fields["mailbox"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Mailbox.objects.filter(owner=user)
        field.empty_label = str(_("Everybody")) if user.is_admin else None
        field.required = not user.is_admin

    def clean_entry(self) -> str:
        found = never_log.entry(self.cleaned_data["entry"])
        if found is None:
            words = _("This is neither an address nor a domain. Examples: {one}, {other}.")
            raise forms.ValidationError(
                words.format(one="lea@bank.example", other="bank.example"), code="invalid"
            )
        return found

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        entry, mailbox = cleaned.get("entry"), cleaned.get("mailbox")
        if entry and NeverLog.objects.filter(entry=entry, mailbox=mailbox).exists():
            self.add_error("entry", _("{entry} is on that list already.").format(entry=entry))
        return cleaned


class LoggingForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Whether a mailbox is the organisation's logging address, and whose word is trusted (M16)."""

    class Meta:
        model = Mailbox
        fields = ["logs_mail", "authserv_id"]
        labels = {
            "logs_mail": _("This is our logging address"),
            "authserv_id": _("Name of its mail server"),
        }
        help_texts = {
            "authserv_id": _(
                "As it stands first in the Authentication-Results of a message that came here: "
                "mx.example.com. Then only mail that it has proven to be from one of us is taken. "
                "Left empty, the secret part of each person’s address is the proof."
            ),
        }

    def clean_authserv_id(self) -> str:
        name: str = self.cleaned_data["authserv_id"].strip().lower()
        if " " in name or ";" in name:
            raise forms.ValidationError(_("This is a name such as mx.example.com."))
        return name

    def clean_logs_mail(self) -> bool:
        wished: bool = self.cleaned_data["logs_mail"]
        others = Mailbox.objects.filter(logs_mail=True).exclude(pk=self.instance.pk)
        if wished and others.exists():
            words = _("{address} is the logging address. There can be only one.")
            raise forms.ValidationError(words.format(address=others[0].email))
        return wished
