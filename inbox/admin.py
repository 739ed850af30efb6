"""The Django admin of the connected inbox (M42). Credentials and frozen bytes are never shown."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from inbox import models
from inbox.sync import quarantine


class ReadOnlyAdmin(admin.ModelAdmin):
    """The stories write these rows: a hand-made change would lose or double mail. Some of the
    tables are long: nothing is counted."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FolderInline(admin.TabularInline):
    model = models.Folder
    fields = ("name", "role", "uidvalidity", "next_uid", "messages", "looked_at")
    readonly_fields = fields
    extra = 0
    can_delete = False


@admin.register(models.Mailbox)
class MailboxAdmin(admin.ModelAdmin):
    """Sharing may be changed here; connecting and disconnecting is done on the mailbox page."""

    list_display = ("email", "owner", "team", "state", "fault", "last_synced_at", "next_look_at")
    list_filter = ("state", "imap_host", "team")
    search_fields = ("email", "owner__email")
    list_select_related = ("owner", "team")
    fields = ("owner", "team", "email", "name", "scope", "visibility", "state", "state_reason")
    readonly_fields = ("owner", "email", "scope", "state", "state_reason")  # M12: its owner's wish
    inlines = (FolderInline,)

    def view_on_site(self, obj: models.Mailbox) -> str:
        return reverse("inbox:mailbox", args=[obj.pk])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SecretiveAdmin(ReadOnlyAdmin):
    """For rows with a secret: nobody learns it letter by letter from `?field__startswith=`."""

    secrets: ClassVar[tuple[str, ...]] = ()

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.secrets

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        if lookup.partition("__")[0] in self.secrets:
            return False
        return super().lookup_allowed(lookup, value, request)


@admin.register(models.Credential)
class CredentialAdmin(SecretiveAdmin):
    secrets = ("password",)
    list_display = ("mailbox", "updated_at")
    search_fields = ("mailbox__email",)
    list_select_related = ("mailbox",)


@admin.register(models.Identity)
class IdentityAdmin(SecretiveAdmin):
    secrets = ("code",)
    list_display = ("address", "mailbox", "proven_at", "code_sent_at", "guesses")
    search_fields = ("address", "mailbox__email")
    list_select_related = ("mailbox",)


@admin.register(models.Folder)
class FolderAdmin(ReadOnlyAdmin):
    list_display = ("name", "mailbox", "role", "uidvalidity", "next_uid", "messages", "looked_at")
    list_filter = ("role",)
    search_fields = ("name", "mailbox__email")
    list_select_related = ("mailbox",)


@admin.register(models.MessageId)
class MessageIdAdmin(ReadOnlyAdmin):
    list_display = ("value", "origin", "email_id")
    list_filter = ("origin",)
    search_fields = ("=value",)


@admin.register(models.AwaitedId)
class AwaitedIdAdmin(ReadOnlyAdmin):
    list_display = ("value", "email_id", "distance")
    search_fields = ("=value",)


@admin.register(models.Absence)
class AbsenceAdmin(ReadOnlyAdmin):
    list_display = ("mailbox", "since", "until", "fault", "headers", "found")
    list_filter = ("fault",)
    search_fields = ("mailbox__email",)
    list_select_related = ("mailbox",)
    date_hierarchy = "since"


@admin.register(models.Canary)
class CanaryAdmin(ReadOnlyAdmin):
    list_display = ("mailbox", "due_at", "sent_at", "seen_at", "seconds", "fault")
    list_filter = ("fault",)
    search_fields = ("mailbox__email",)
    list_select_related = ("mailbox",)


@admin.register(models.MailboxCopy)
class MailboxCopyAdmin(ReadOnlyAdmin):
    list_display = ("email_id", "mailbox", "folder", "uidvalidity", "uid")
    list_filter = ("folder__role",)
    search_fields = ("mailbox__email",)
    list_select_related = ("mailbox", "folder")


@admin.register(models.Outgoing)
class OutgoingAdmin(SecretiveAdmin):
    secrets = ("frozen",)
    list_display = ("id", "mailbox", "state", "attempts", "due_at", "sent_at", "copy_state")
    list_filter = ("state", "waits", "copy_state")
    search_fields = ("mailbox__email", "=email__message_id")
    list_select_related = ("mailbox",)
    date_hierarchy = "due_at"

    def view_on_site(self, obj: models.Outgoing) -> str:
        return reverse("inbox:email", args=[obj.email_id])


@admin.register(models.Redelivery)
class RedeliveryAdmin(SecretiveAdmin):
    secrets = ("frozen", "addresses")
    list_display = ("id", "outgoing", "state", "attempts", "due_at")
    list_filter = ("state",)
    search_fields = ("outgoing__mailbox__email", "=outgoing__email__message_id")
    list_select_related = ("outgoing",)
    date_hierarchy = "due_at"


@admin.register(models.Quarantined)
class QuarantinedAdmin(SecretiveAdmin):
    secrets = ("sealed",)
    list_display = ("mailbox", "folder", "uid", "error", "size", "at", "attempts", "tried_at")
    search_fields = ("mailbox__email", "error")
    list_select_related = ("mailbox", "folder")
    date_hierarchy = "at"
    actions = ("try_again",)

    @admin.action(description=_("Try again to read them"))
    def try_again(self, request: HttpRequest, queryset: Any) -> None:
        logged, left = quarantine.replay_all(queryset)
        said = _("Read after all: %(logged)d. Still not: %(left)d.")
        self.message_user(request, said % {"logged": logged, "left": left})


@admin.register(models.HeadersRead)
class HeadersReadAdmin(ReadOnlyAdmin):
    list_display = ("mailbox", "day", "count", "never_log", "not_ours", "unproven")
    search_fields = ("mailbox__email",)
    list_select_related = ("mailbox",)
    date_hierarchy = "day"


@admin.register(models.Reading)
class ReadingAdmin(ReadOnlyAdmin):
    list_display = ("mailbox", "at", "rule", "known_id", "shown_id")
    list_filter = ("rule",)
    search_fields = ("mailbox__email", "=email__message_id", "=known_id")
    list_select_related = ("mailbox", "email")
    date_hierarchy = "at"


@admin.register(models.Draft)
class DraftAdmin(SecretiveAdmin):
    """What somebody is still writing is nobody else's: not what it says, nor to or about whom, nor
    with which template. Of its files, not what they are called."""

    secrets = (
        *("sender", "to", "cc", "bcc", "subject", "html", "text", "quote", "key", "send_at"),
        *("answers", "forwards", "contact", "company", "deal", "template", "sent_as"),
    )
    list_display = ("user", "mailbox", "touched_at", "discarded_at")
    search_fields = ("user__email",)
    list_select_related = ("user", "mailbox")


@admin.register(models.DraftFile)
class DraftFileAdmin(SecretiveAdmin):
    secrets = ("name", "path", "content_type", "content_id", "source")
    list_display = ("id", "size", "at")
    search_fields = ("draft__user__email",)


@admin.register(models.NeverLog)
class NeverLogAdmin(ReadOnlyAdmin):
    """The lists are kept on their own page."""

    list_display = ("entry", "mailbox", "by", "created_at")
    search_fields = ("entry", "mailbox__email")
    list_select_related = ("mailbox", "by")


@admin.register(models.LogSecret)
class LogSecretAdmin(SecretiveAdmin):
    secrets = ("secret",)
    list_display = ("user", "updated_at")
    search_fields = ("user__email",)
    list_select_related = ("user",)


class PrewrittenAdmin(SecretiveAdmin):
    """Names alone: what somebody keeps private is read by nobody else, an admin neither."""

    secrets = ("html", "text", "subject")
    list_select_related: ClassVar[Any] = ("owner",)
    list_filter = ("shared", ("deleted_at", admin.EmptyFieldListFilter))

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(shared=True)


@admin.register(models.Template)
class TemplateAdmin(PrewrittenAdmin):
    list_display = ("name", "folder", "owner", "language", "shared", "deleted_at")
    list_select_related = ("owner", "folder")
    search_fields = ("name",)

    def view_on_site(self, obj: models.Template) -> str:
        return obj.get_absolute_url()


@admin.register(models.Snippet)
class SnippetAdmin(PrewrittenAdmin):
    list_display = ("shortcut", "name", "owner", "shared", "deleted_at")
    search_fields = ("shortcut", "name")


@admin.register(models.TemplateFolder)
class TemplateFolderAdmin(ReadOnlyAdmin):
    list_display = ("name", "created_at", "deleted_at")
    search_fields = ("name",)


@admin.register(models.TemplateFile)
class TemplateFileAdmin(ReadOnlyAdmin):
    list_display = ("name", "template", "content_type", "size")
    search_fields = ("name",)
    list_select_related = ("template",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(template__shared=True)


@admin.register(models.TemplateUse)
class TemplateUseAdmin(ReadOnlyAdmin):
    list_display = ("template", "email_id")
    search_fields = ("template__name", "=email__message_id")
    list_select_related = ("template",)

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).exclude(email__private=True)  # M53
        return rows.filter(template__shared=True)


@admin.register(models.TransportRecord)
class TransportRecordAdmin(SecretiveAdmin):
    secrets = ("sealed", "sender", "recipients", "answers")
    list_display = ("email_id", "mailbox", "at", "size")
    search_fields = ("mailbox__email",)
    list_select_related = ("mailbox",)
    date_hierarchy = "at"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).exclude(email__private=True)  # M53


@admin.register(models.HeaderBlock)
class HeaderBlockAdmin(SecretiveAdmin):
    secrets = ("text",)
    list_display = ("email_id", "origin", "at")
    list_filter = ("origin",)
    search_fields = ("=email__message_id",)
    date_hierarchy = "at"


@admin.register(models.RawCopy)
class RawCopyAdmin(SecretiveAdmin):
    secrets = ("text",)
    list_display = ("email_id", "at")
    search_fields = ("=email__message_id",)
    date_hierarchy = "at"


class StepInline(admin.TabularInline):
    model = models.Step
    fields = ("position", "kind", "wait_days", "same_thread", "subject", "title", "removed_at")
    readonly_fields = fields
    extra = 0
    can_delete = False


@admin.register(models.Sequence)
class SequenceAdmin(ReadOnlyAdmin):
    """Sequences are built and archived on their own pages."""

    list_display = ("name", "owner", "shared", "archived_at")
    search_fields = ("name", "owner__email")
    list_select_related = ("owner",)
    inlines = (StepInline,)


@admin.register(models.Step)
class StepAdmin(ReadOnlyAdmin):
    list_display = ("sequence", "position", "kind", "wait_days", "removed_at")
    search_fields = ("sequence__name",)
    list_select_related = ("sequence",)


@admin.register(models.Enrolment)
class EnrolmentAdmin(ReadOnlyAdmin):
    list_display = ("id", "sequence", "contact_id", "mailbox", "state", "why", "next_step_at")
    list_filter = ("state", "why", "delay")
    search_fields = ("sequence__name", "mailbox__email")
    list_select_related = ("sequence", "mailbox")


@admin.register(models.StepRun)
class StepRunAdmin(ReadOnlyAdmin):
    list_display = ("enrolment_id", "step", "mailbox", "activity_id", "at")
    search_fields = ("step__sequence__name", "mailbox__email")
    list_select_related = ("step", "mailbox")
    date_hierarchy = "at"


@admin.register(models.Pace)
class PaceAdmin(ReadOnlyAdmin):
    list_display = ("mailbox", "next_at")
    search_fields = ("mailbox__email",)
    list_select_related = ("mailbox",)


@admin.register(models.SendingHours)
class SendingHoursAdmin(ReadOnlyAdmin):
    list_display = ("user", "country", "daily_limit", "spacing")
    search_fields = ("user__email",)
    list_select_related = ("user",)


@admin.register(models.OptOut)
class OptOutAdmin(SecretiveAdmin):
    secrets = ("mark",)
    list_display = ("id", "why", "by", "at")
    search_fields = ("by__email",)
    list_select_related = ("by",)


@admin.register(models.Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    list_display = ("id", "by", "created_at", "finished_at", "counts")
    list_select_related = ("by",)
    search_fields = ("=by__email",)


@admin.register(models.ErasedAddress)
class ErasedAddressAdmin(SecretiveAdmin):
    secrets = ("mark",)
    list_display = ("id", "at")


@admin.register(models.ExportRun)
class ExportRunAdmin(SecretiveAdmin):
    secrets = ("path", "name")
    list_display = ("id", "user", "mailbox", "created_at", "finished_at", "size")
    list_select_related = ("user", "mailbox")
    search_fields = ("=user__email",)
