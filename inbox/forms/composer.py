"""What a person writes: recipients as one types them, files as one picks them (M21)."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from inbox.mime import prose
from inbox.models import Mailbox
from inbox.models.identities import Sender, senders
from inbox.sending.composer import written
from inbox.sending.content import Typed

LIMITS = {"to": 20_000, "cc": 20_000, "bcc": 20_000, "subject": 900, "quote": 500_000}
LONGEST = 500_000  # characters of a letter
LONGEST_HTML = 2_000_000


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[bytes]]":
        files = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(FilesField, self).clean(file, initial) for file in files]


class TicksField(forms.MultipleChoiceField):
    """Names of files. One that the draft does not have is nobody's mistake."""

    widget = forms.MultipleHiddenInput

    def valid_value(self, value: Any) -> bool:
        return True


class SenderField(forms.ChoiceField):
    """From whom: a mailbox under one of its proven addresses (M52), as a Sender."""

    def offer(self, mailboxes: Iterable[Mailbox]) -> None:
        self.senders = {sender.key: sender for sender in senders(mailboxes)}
        self.choices = [(key, _called(sender)) for key, sender in self.senders.items()]

    def prepare_value(self, value: Any) -> Any:
        """A mailbox as an initial value is its own address."""
        return str(value.pk) if isinstance(value, Mailbox) else value

    def clean(self, value: Any) -> Sender:
        return self.senders[super().clean(value)]


def _called(sender: Sender) -> str:
    return written(sender.name or sender.mailbox.owner.name, sender.address)


class LetterForm(forms.Form):
    """Formatted text, or plain where there is no script."""

    text = forms.CharField(
        label=_("Message"),
        required=False,
        strip=False,
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 6}),
    )
    # What the editor writes; `rich` says that it was there. Without it the text counts, and keeps
    # its formats where nobody has changed it.
    html = forms.CharField(
        required=False, strip=False, max_length=LONGEST_HTML, widget=forms.HiddenInput
    )
    rich = forms.CharField(required=False, widget=forms.HiddenInput)

    def letter(self) -> tuple[str, str]:
        """(text, cleaned HTML), be the rest of the form valid or not."""
        html = prose.clean(self._raw("html")[:LONGEST_HTML])
        text = self._raw("text")[:LONGEST]
        if self._raw("rich"):
            return prose.plain(html), html
        return text, html if prose.plain(html) == text.strip() else ""

    def _raw(self, name: str) -> str:
        return str(self.data.get(name, "")).replace("\0", "").replace("\r\n", "\n")


class ComposerForm(LetterForm):
    mailbox = SenderField(label=_("From"))
    to = forms.CharField(label=_("To"), max_length=LIMITS["to"])
    cc = forms.CharField(label=_("Cc"), max_length=LIMITS["cc"], required=False)
    bcc = forms.CharField(label=_("Bcc"), max_length=LIMITS["bcc"], required=False)
    subject = forms.CharField(label=_("Subject"), max_length=LIMITS["subject"], required=False)
    quote = forms.CharField(
        label=_("Quoted text"),
        required=False,
        strip=False,
        max_length=LIMITS["quote"],
        widget=forms.Textarea({"rows": 6}),
    )
    signed = forms.BooleanField(label=_("Signature"), required=False)
    attachments = FilesField(label=_("Attach files"), required=False)
    kept = TicksField(required=False)
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)  # sent twice is sent once
    # What it is written with (M24); one that is gone is nobody's mistake.
    template = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, mailboxes: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        fields: Any = self.fields
        fields["mailbox"].offer(mailboxes.select_related("owner"))
        for name in ("to", "cc", "bcc"):
            self.fields[name].widget.attrs |= {
                "autocomplete": "off",
                "spellcheck": "false",
                "data-recipients": reverse("inbox:recipients"),
                "data-remove": _("Remove {name}"),
                "data-wrong": _("Not an address: {name}. Remove it"),
            }

    def typed(self) -> Typed:
        """The letter itself."""
        values = self._read()
        return Typed(values["text"], values["html"], values["quote"], values["signed"])

    def saved(self) -> dict[str, Any]:
        """What a draft keeps: all of it, be it valid or not."""
        sender = self.cleaned_data.get("mailbox")
        chosen = (sender.mailbox, sender.address) if sender else (None, "")
        return {**self._read(), "mailbox": chosen[0], "sender": chosen[1]}

    def _read(self) -> dict[str, Any]:
        values: dict[str, Any] = {
            name: self._raw(name)[:most] for name, most in LIMITS.items() if name in self.fields
        }
        text, html = self.letter()
        return {**values, "text": text, "html": html, "signed": bool(self._raw("signed"))}


class SignatureForm(LetterForm):
    """What stands below the e-mails of a mailbox."""

    def signature(self) -> str:
        """As HTML; "" where it says nothing."""
        text, html = self.letter()
        return html or prose.of_text(text)
