"""The forms of connecting a mailbox: the address, then the servers and the password (M1 to M3)."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from crm.models import Email
from inbox.connect.discovery import Found
from inbox.connect.joining import Choices
from inbox.connect.providers import (
    Provider,
    pop3_refusal,
    provider_at,
    provider_for,
)
from inbox.models import Mailbox
from inbox.wire.account import Settings

SECURITY = [
    ("tls", _("TLS (usual)")),
    ("starttls", "STARTTLS"),
    ("none", _("None (anybody can listen)")),
]
_WHERE = ("host", "port", "security")
HISTORY = [(0, _("From now on")), (30, _("The last 30 days")), (365, _("The last 12 months"))]


SERVERS = ("username", *[f"{way}_{what}" for way in ("imap", "smtp") for what in _WHERE])


def _leading(choices: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """As the beginning of a line."""
    return [(value, capfirst(label)) for value, label in choices]


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email", "autofocus": True}),
    )


class PasswordForm(forms.Form):
    """What a mailbox needs that refuses its password."""

    password = forms.CharField(
        label=_("Password or app password"),
        strip=False,
        max_length=500,
        widget=forms.PasswordInput({"autocomplete": "off"}),
        help_text=_("It is stored encrypted."),
    )


class PeopleForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """What happens with unknown people in the mail of a mailbox (M14)."""

    class Meta:
        model = Mailbox
        fields = ["contact_creation"]
        widgets = {"contact_creation": forms.RadioSelect}


class ChoicesForm(forms.Form):
    """What a person chooses when they have seen what would be found (M51)."""

    all_optional = True  # each has a usual value
    since_days = forms.TypedChoiceField(
        label=_("Look for replies"), choices=HISTORY, coerce=int, initial=0
    )
    visibility = forms.ChoiceField(
        label=_("What others see of its e-mails"),
        choices=_leading(Email.Visibility.choices),
        required=False,
    )
    scope = forms.ChoiceField(
        label=_("Which e-mails are logged"), choices=_leading(Mailbox.Scope.choices), required=False
    )
    contact_creation = forms.ChoiceField(
        label=_("Unknown people in logged e-mails"),
        choices=Mailbox.ContactCreation.choices,
        required=False,
    )

    @property
    def choices(self) -> Choices:
        chosen = self.cleaned_data
        return Choices(
            name=chosen.get("name", ""),
            scope=chosen["scope"] or Mailbox.Scope.THREADS,
            since_days=chosen["since_days"],
            contact_creation=chosen["contact_creation"],
            visibility=chosen["visibility"],
        )


class ConnectForm(ChoicesForm, PasswordForm):
    all_optional = False
    source = source_host = ""  # who said which servers they are, where somebody was asked
    email = forms.EmailField(max_length=254, widget=forms.HiddenInput)
    name = forms.CharField(label=_("Sender name"), max_length=150, required=False)
    username = forms.CharField(label=_("User name"), max_length=254)
    imap_host = forms.CharField(label=_("Incoming server (IMAP)"), max_length=253)
    imap_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535)
    imap_security = forms.ChoiceField(label=_("Encryption"), choices=SECURITY)
    smtp_host = forms.CharField(label=_("Outgoing server (SMTP)"), max_length=253)
    smtp_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535)
    smtp_security = forms.ChoiceField(label=_("Encryption"), choices=SECURITY)

    def __init__(self, *args: Any, kept: dict[str, Any] | None = None, **more: Any) -> None:
        """`kept`: what was typed before; its password is used where none is typed again."""
        super().__init__(*args, **more)
        self.kept = kept or {}
        if self.kept:
            self.fields["password"].required = False
            self.fields["password"].help_text = _("Leave it empty to use the one you typed before.")

    @classmethod
    def found(cls, found: Found, name: str) -> "ConnectForm":
        """With the settings that belong to an address, to be completed by the password."""
        form = cls(initial=asdict(found.settings) | {"name": name})
        form.source = "" if found.source in ("table", "guess") else found.source
        form.source_host = found.where
        return form

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("imap_host", "smtp_host"):  # one server by one name
            cleaned[name] = cleaned.get(name, "").lower()
        refusal = pop3_refusal(cleaned.get("imap_host", ""), cleaned.get("imap_port", 0))
        if refusal:
            self.add_error("imap_host", refusal)
        if self.kept and not cleaned.get("password"):
            self._take_kept(cleaned)
        provider = provider_for(cleaned.get("email", ""))
        if provider and provider.auth == "app password" and "password" in cleaned:
            cleaned["password"] = cleaned["password"].replace(" ", "")  # as they are shown
        return cleaned

    def _take_kept(self, cleaned: dict[str, Any]) -> None:
        """The password typed before is for the servers that it was typed for, and no others."""
        if all(cleaned.get(name) == self.kept.get(name) for name in SERVERS):
            cleaned["password"] = self.kept["password"]
        else:
            self.add_error("password", _("Type the password for these servers."))

    @property
    def settings(self) -> Settings:
        own = {field.name for field in fields(Settings)} & set(self.cleaned_data)
        return Settings(**{name: self.cleaned_data[name] for name in own})

    @property
    def provider(self) -> Provider | None:
        """Who runs the mailbox, as its address or its server says."""
        address, host = self["email"].value() or "", self["imap_host"].value() or ""
        return provider_for(address) or provider_at(host)

    @property
    def servers_shown(self) -> bool:
        """Whether a server field has to be looked at."""
        wrong = set(self.errors) - {"password"} if self.is_bound else set()
        known = provider_for(self["email"].value() or "") or self.source
        return bool(wrong) or not known
