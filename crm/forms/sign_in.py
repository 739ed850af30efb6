"""The forms for the second factor: allauth's, with our words, and with a line in the log."""

import logging
from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.utils.translation import gettext_lazy as _

log = logging.getLogger(__name__)
TYPED = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}


class _Logged:
    """Who did not come in by a code, by the number of the account."""

    user: Any

    def clean_code(self) -> str:
        try:
            return str(super().clean_code())  # type: ignore[misc]  # of the form beside it
        except forms.ValidationError:
            log.warning("A code was refused.", extra={"user": self.user.pk})
            raise


class CodeForm(_Logged, AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    code = forms.CharField(
        label=_("Code"),
        help_text=_("The six digits that your app shows now, or one of your recovery codes."),
        widget=forms.TextInput(TYPED),
    )


class CodeAgainForm(_Logged, ReauthenticateForm):  # type: ignore[misc]
    code = CodeForm.base_fields["code"]


class SwitchOnForm(ActivateTOTPForm):  # type: ignore[misc]
    code = forms.CharField(
        label=_("Code"),
        help_text=_("The six digits that your app shows now."),
        widget=forms.TextInput({**TYPED, "autofocus": False}),
    )
