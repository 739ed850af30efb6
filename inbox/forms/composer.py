"""What a person writes: recipients as one types them, files as one picks them (M21)."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.models import Attachment, Email
from inbox.mime.types import ParsedAttachment
from inbox.models import Mailbox
from inbox.models.identities import Sender, senders
from inbox.sending.composer import NewEmail, written


class ManyFiles(forms.ClearableFileInput):
    """Kept by htmx where a refused form takes its own place: a browser forgets chosen files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[bytes]]":
        files = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(FilesField, self).clean(file, initial) for file in files]


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


class ComposerForm(forms.Form):
    mailbox = SenderField(label=_("From"))
    to = forms.CharField(label=_("To"), max_length=20_000)
    cc = forms.CharField(label=_("Cc"), max_length=20_000, required=False)
    bcc = forms.CharField(label=_("Bcc"), max_length=20_000, required=False)
    subject = forms.CharField(label=_("Subject"), max_length=900, required=False)
    text = forms.CharField(
        label=_("Message"),
        required=False,
        strip=False,
        max_length=500_000,
        widget=forms.Textarea({"rows": 6}),
    )
    attachments = FilesField(
        label=_("Attach files"), required=False, widget=ManyFiles({"hx-preserve": True})
    )
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)  # sent twice is sent once

    # The files of an e-mail that was taken back: ticked, they go out with it this time.
    kept = forms.ModelMultipleChoiceField(
        Attachment.objects.none(),
        label=_("Attached before"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, mailboxes: Any, kept: Any = None, **values: Any) -> None:
        super().__init__(*args, **values)
        fields: Any = self.fields
        fields["mailbox"].offer(mailboxes.select_related("owner"))
        if kept is not None:
            fields["kept"].queryset = kept
        for name in ("to", "cc", "bcc"):
            self.fields[name].widget.attrs |= {
                "autocomplete": "off",
                "spellcheck": "false",
                "data-recipients": reverse("inbox:recipients"),
                "data-remove": _("Remove {name}"),
                "data-wrong": _("Not an address: {name}. Remove it"),
            }

    def draft(self, answers: Email | None, *, undo_seconds: int) -> NewEmail:
        """What is to be sent, as `inbox.sending.composer` takes it."""
        values = self.cleaned_data
        return NewEmail(
            mailbox=values["mailbox"].mailbox,
            sender=values["mailbox"].address,
            to=[values["to"]],
            cc=[values["cc"]],
            bcc=[values["bcc"]],
            subject=values["subject"],
            text=values["text"].replace("\r\n", "\n"),
            files=[
                *(_kept(file) for file in values["kept"]),
                *(_attached(file) for file in values["attachments"]),
            ],
            answers=answers,
            idempotency_key=f"page-{values['key']}",
            undo_seconds=undo_seconds,
        )


def _attached(file: "UploadedFile[bytes]") -> ParsedAttachment:
    content = file.read()
    return ParsedAttachment(
        name=file.name or "",
        content_type=file.content_type or "application/octet-stream",
        size=len(content),
        content=content,
        content_id="",
        inline=False,
    )


def _kept(file: Attachment) -> ParsedAttachment:
    content = file.content()
    return ParsedAttachment(
        name=file.name,
        content_type=file.content_type,
        size=len(content),
        content=content,
        content_id="",
        inline=False,
    )
