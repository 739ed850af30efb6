"""The forms of connecting a mailbox: the address, then the servers and the password (M1 to M3)."""

from dataclasses import asdict, fields
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inbox.connect.joining import Choices
from inbox.connect.providers import (
    Provider,
    guess_for,
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
HISTORY = [(0, _("From now on")), (30, _("The last 30 days")), (365, _("The last 12 months"))]


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


class PeopleForm(forms.ModelForm):  # type: ignore[type-arg]
    """What happens with unknown people in the mail of a mailbox (M14)."""

    class Meta:
        model = Mailbox
        fields = ["contact_creation"]
        widgets = {"contact_creation": forms.RadioSelect}


class ConnectForm(PasswordForm):
    email = forms.EmailField(max_length=254, widget=forms.HiddenInput)
    name = forms.CharField(label=_("Sender name"), max_length=150, required=False)
    username = forms.CharField(label=_("User name"), max_length=254)
    imap_host = forms.CharField(label=_("Incoming server (IMAP)"), max_length=253)
    imap_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535)
    imap_security = forms.ChoiceField(label=_("Encryption"), choices=SECURITY)
    smtp_host = forms.CharField(label=_("Outgoing server (SMTP)"), max_length=253)
    smtp_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535)
    smtp_security = forms.ChoiceField(label=_("Encryption"), choices=SECURITY)
    since_days = forms.TypedChoiceField(
        label=_("Look for replies"), choices=HISTORY, coerce=int, initial=0
    )
    contact_creation = forms.ChoiceField(
        label=_("Unknown people in logged e-mails"),
        choices=Mailbox.ContactCreation.choices,
        initial=Mailbox.ContactCreation.ASK,
        required=False,
    )

    @classmethod
    def guessed(cls, email: str, name: str) -> "ConnectForm":
        """With the settings that belong to the address, to be completed by the password."""
        initial = asdict(guess_for(email)) | {"email": email, "username": None, "name": name}
        initial["username"] = guess_for(email).username or email
        return cls(initial=initial)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        refusal = pop3_refusal(cleaned.get("imap_host", ""), cleaned.get("imap_port", 0))
        if refusal:
            self.add_error("imap_host", refusal)
        provider = provider_for(cleaned.get("email", ""))
        if provider and provider.auth == "app password" and "password" in cleaned:
            cleaned["password"] = cleaned["password"].replace(" ", "")  # as they are shown
        return cleaned

    @property
    def settings(self) -> Settings:
        own = {field.name for field in fields(Settings)} & set(self.cleaned_data)
        return Settings(**{name: self.cleaned_data[name] for name in own})

    @property
    def choices(self) -> Choices:
        return Choices(
            name=self.cleaned_data["name"],
            scope=Mailbox.Scope.THREADS,
            since_days=self.cleaned_data["since_days"],
            contact_creation=self.cleaned_data["contact_creation"],
        )

    @property
    def provider(self) -> Provider | None:
        """Who runs the mailbox, as its address or its server says."""
        address, host = self["email"].value() or "", self["imap_host"].value() or ""
        return provider_for(address) or provider_at(host)

    @property
    def servers_shown(self) -> bool:
        """Whether a server field has to be looked at."""
        wrong = set(self.errors) - {"password"} if self.is_bound else set()
        return bool(wrong) or provider_for(self["email"].value() or "") is None
