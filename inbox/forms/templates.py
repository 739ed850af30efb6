"""Templates, snippets and folders as they are written (M24)."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.lib.html import is_designed
from crm.models import User
from inbox import merge_fields
from inbox.forms.composer import FilesField, LetterForm, ManyFiles
from inbox.mime.text import text_of_html
from inbox.mime.types import ParsedAttachment
from inbox.models import Snippet, Template, TemplateFolder
from inbox.models.templates import Prewritten
from inbox.outreach.labels import described
from inbox.outreach.templates import MOST_BYTES, Body, written_over

SHORTCUT = re.compile(r"[\w-]{1,30}")


def refuse_unknown_fields(text: str) -> None:
    """Raises ValidationError with the fields that are none of ours, and what was meant."""
    sentences = []
    for field in merge_fields.unknown(text):
        if field.suggestion:
            sentence = _("There is no {field}. Did you mean {other}?")
            other = merge_fields.token(field.suggestion)
            sentences.append(sentence.format(field=described(field), other=other))
        else:
            sentences.append(_("There is no {field}.").format(field=described(field)))
    if merge_fields.is_broken(text):
        sentences.append(_("Write each field in one piece: {{ contact.name }}."))
    if sentences:
        raise forms.ValidationError(sentences)


class PrewrittenForm(LetterForm):
    """What templates and snippets share. One that was designed elsewhere keeps its HTML: it is
    edited as plain text, and only where somebody changes that it becomes what they wrote."""

    all_optional = True  # what is left empty is said when it is saved

    name = forms.CharField(label=gettext_lazy("Name"), max_length=150)
    shared = forms.BooleanField(label=gettext_lazy("Shared with everybody"), required=False)

    def __init__(self, *args: Any, row: Prewritten | None = None, **values: Any) -> None:
        super().__init__(*args, **values)
        self.row, self.told = row, False
        self.designed = bool(row and is_designed(row.html))
        self.fields["name"].widget.attrs["autofocus"] = row is None

    def shown(self) -> str:
        """Which state of the row was seen by whoever posts this form, to be posted with it."""
        return self._now() if self.told else self.data.get("shown", self._now())

    def _now(self) -> str:
        return self.row.updated_at.isoformat() if self.row else ""

    def changes(self, row: Prewritten) -> bool:
        """Whether to save it would write anything; asked of one that is valid so far."""
        typed = {**self.columns(), **written_over(row, self.body)}
        return any(getattr(row, name) != value for name, value in typed.items())

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if "text" in values and not self.body.html.strip() and not self.body.text.strip():
            self.add_error("text", _("Write something."))
            return values
        shown = text_of_html(self.body.html) if self.body.html else self.body.text
        try:
            refuse_unknown_fields(shown)
        except forms.ValidationError as wrong:
            self.add_error("text", wrong)
        unseen = self.row if self.shown() != self._now() else None
        if unseen and not self.errors and self.changes(unseen):
            self.told = True
            raise forms.ValidationError(
                _(
                    "This was changed meanwhile, by somebody else or in another window. Open it "
                    "in a new one to see how it stands, or save again to put yours in its place."
                )
            )
        return values

    @property
    def body(self) -> Body:
        text, html = self.letter()
        return Body(text=text) if self.designed else Body(html=html, text=text)

    def columns(self) -> dict[str, Any]:
        raise NotImplementedError


class TemplateForm(PrewrittenForm):
    folder = forms.ModelChoiceField(
        TemplateFolder.objects.none(),
        label=gettext_lazy("Folder"),
        required=False,
        empty_label=gettext_lazy("No folder"),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=900, required=False)
    attachments = FilesField(
        label=gettext_lazy("Attach files"), required=False, widget=ManyFiles({"hx-preserve": True})
    )
    kept = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    field_order = ("name", "folder", "language", "subject", "text", "attachments", "shared")

    def __init__(self, *args: Any, row: Template | None = None, **values: Any) -> None:
        super().__init__(*args, row=row, **values)
        fields: Any = self.fields
        fields["folder"].queryset = TemplateFolder.objects.kept()
        fields["language"].choices = [("", _("Any language")), *settings.LANGUAGES]
        files = list(row.files.all()) if row else []
        self.files_before = files
        fields["kept"].choices = [(str(file.pk), file.name) for file in files]
        self.initial.setdefault("kept", [str(file.pk) for file in files])

    def clean_subject(self) -> str:
        subject = " ".join(self.cleaned_data["subject"].split())
        refuse_unknown_fields(subject)
        return subject

    def clean_attachments(self) -> list[Any]:
        files: list[Any] = self.cleaned_data["attachments"]
        before = sum(file.size for file in self.files_before)
        if before + sum(file.size or 0 for file in files) > MOST_BYTES:
            raise forms.ValidationError(_("The files of a template can have 10 MB together."))
        return files

    def columns(self) -> dict[str, Any]:
        named = ("name", "shared", "folder", "language", "subject")
        return {name: self.cleaned_data[name] for name in named}

    def changes(self, row: Prewritten) -> bool:
        left_out = len(self.kept_files()) < len(self.files_before)
        return super().changes(row) or left_out or bool(self.cleaned_data["attachments"])

    def new_files(self) -> list[Any]:
        return [_attached(file) for file in self.cleaned_data["attachments"]]

    def kept_files(self) -> list[int]:
        return [int(pk) for pk in self.cleaned_data["kept"]]


class SnippetForm(PrewrittenForm):
    shortcut = forms.CharField(
        label=gettext_lazy("Shortcut"),
        max_length=30,
        help_text=gettext_lazy("Type ; and the shortcut while you write an e-mail."),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )

    field_order = ("name", "shortcut", "text", "shared")

    def __init__(self, *args: Any, owner: User | None, **values: Any) -> None:
        super().__init__(*args, **values)
        self.owner = owner

    def clean_shortcut(self) -> str:
        shortcut: str = self.cleaned_data["shortcut"].lstrip(";").lower()
        if not SHORTCUT.fullmatch(shortcut):
            raise forms.ValidationError(_("Use letters, digits and hyphens, without a space."))
        others = Snippet.objects.kept().filter(owner=self.owner, shortcut=shortcut)
        if others.exclude(pk=self.row.pk if self.row else None).exists():
            raise forms.ValidationError(_("Another snippet has this shortcut."))
        return shortcut

    def columns(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("name", "shared", "shortcut")}


class FolderForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of the folder"), max_length=100)


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
