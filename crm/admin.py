"""The Django admin for operators (M42). Nothing secret is shown, and what stories write is read."""

from datetime import datetime
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext

from crm import models, restoring
from crm.admin_sign_in import SignInAdmin
from crm.lib.names import fields_in_order
from crm.trash import Trashed

admin.site.site_header = admin.site.site_title = "Musubi"
admin.site.index_title = gettext_lazy("Administration")

IN_TRASH = ("deleted_at", admin.EmptyFieldListFilter)


class OnSiteAdmin(admin.ModelAdmin):
    """For rows with a page: "View on site" leads there. `page` is its name."""

    page: ClassVar[str]

    def view_on_site(self, obj: Any) -> str:
        return reverse(self.page, args=[obj.pk])


class ReadOnlyAdmin(admin.ModelAdmin):
    """For rows that only the stories may write: a hand-made one would break their rules, and
    deleting one would leave others behind. Some of these tables are long: nothing is counted."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SecretiveAdmin(admin.ModelAdmin):
    """For rows with a secret: nobody learns it letter by letter from `?field__startswith=`."""

    secrets: ClassVar[tuple[str, ...]] = ()

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        if lookup.partition("__")[0] in self.secrets:
            return False
        return super().lookup_allowed(lookup, value, request)


class LowerCaseForm(forms.ModelForm):
    """Addresses are kept in lower case: the sign-in and the matching look for them so."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name in ("email", "address"):
            if name in values:
                values[name] = values[name].lower()
        return values


@admin.register(models.User)
class UserAdmin(SignInAdmin, SecretiveAdmin):
    form = LowerCaseForm
    secrets = ("password",)
    list_select_related = ("team",)
    list_display = ("email", "name", "role", "team", "is_active", "has_app", "last_login")
    list_filter = ("role", "team", "is_active")
    search_fields = ("email", "name")
    date_hierarchy = "created_at"
    readonly_fields = ("last_login", "created_at", "updated_at")
    exclude = ("password", "groups", "user_permissions", "single_keys", "undo_seconds")  # theirs


@admin.register(models.Team)
class TeamAdmin(admin.ModelAdmin):
    list_display = ("name", "created_at")
    search_fields = ("name",)


class EmailAddressInline(admin.TabularInline):
    model = models.EmailAddress
    form = LowerCaseForm
    fields = ("address", "label", "position")
    extra = 0


class RecordAdmin(OnSiteAdmin):
    """Contacts, companies and deals: into the Trash and out of it, never gone at once (M32)."""

    list_select_related: ClassVar[Any] = ("owner",)
    raw_id_fields: ClassVar[Any] = ("owner",)
    readonly_fields = ("deleted_at", "created_at", "updated_at")
    date_hierarchy: ClassVar[Any] = "created_at"
    actions = ("move_to_trash", "restore")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=gettext_lazy("Move to the Trash"))
    def move_to_trash(self, request: HttpRequest, rows: Any) -> None:
        count = 0
        for row in rows.kept():
            row.trash()
            count += 1
        text = ngettext("{n} is in the Trash.", "{n} are in the Trash.", count)
        self.message_user(request, text.format(n=count))

    @admin.action(description=gettext_lazy("Restore from the Trash"))
    def restore(self, request: HttpRequest, rows: Any) -> None:
        chosen = [Trashed(rows.model._meta.model_name, row) for row in rows.trashed()]
        done = restoring.restore(chosen, by=cast(models.User, request.user))
        for refused in done.refused:
            self.message_user(request, str(refused.taken), messages.ERROR)
        count = len(done.rows)
        text = ngettext("{n} was restored.", "{n} were restored.", count)
        self.message_user(request, text.format(n=count))


@admin.register(models.Contact)
class ContactAdmin(RecordAdmin):
    page = "crm:contact"
    list_display = ("name", "reading", "email", "company", "owner", "created_at", "deleted_at")
    list_filter = ("audience", IN_TRASH)
    search_fields = ("first_name", "last_name", "reading", "addresses__address", "company__name")
    list_select_related = ("company", "owner")
    raw_id_fields = ("company", "owner")
    inlines = (EmailAddressInline,)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        named = fields_in_order(get_language() or "")
        return [*named, *(name for name in super().get_fields(request, obj) if name not in named)]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("addresses")


@admin.register(models.Company)
class CompanyAdmin(RecordAdmin):
    page = "crm:company"
    list_display = ("name", "domain", "owner", "created_at", "deleted_at")
    list_filter = ("audience", IN_TRASH)
    search_fields = ("name", "domain")


class StageInline(admin.TabularInline):
    model = models.Stage
    extra = 0


@admin.register(models.Pipeline)
class PipelineAdmin(admin.ModelAdmin):
    list_display = ("name", "position")
    search_fields = ("name",)
    inlines = (StageInline,)


@admin.register(models.Stage)
class StageAdmin(admin.ModelAdmin):
    list_display = ("name", "pipeline", "position", "probability", "outcome")
    list_filter = ("pipeline", "outcome")
    search_fields = ("name",)
    list_select_related = ("pipeline",)


@admin.register(models.Deal)
class DealAdmin(RecordAdmin):
    page = "crm:deal"
    list_display = (
        *("name", "stage", "stage_since", "amount", "currency", "close_date"),
        *("company", "owner", "deleted_at"),
    )
    list_filter = ("stage__pipeline", "stage", "currency", IN_TRASH)
    search_fields = ("name", "company__name")
    list_select_related = ("stage", "company", "owner")
    raw_id_fields = ("company", "owner", "contacts")
    date_hierarchy = "close_date"


@admin.register(models.Activity)
class ActivityAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "at", "by", "deleted_at")
    list_filter = ("kind", IN_TRASH)
    search_fields = ("by__name", "by__email")
    list_select_related = ("by",)
    date_hierarchy = "at"


@admin.register(models.Note)
class NoteAdmin(ReadOnlyAdmin):
    list_display = ("activity_id", "summary", "by", "at")
    search_fields = ("text",)
    list_select_related = ("activity__by",)
    ordering = ("-activity__at", "-pk")
    date_hierarchy = "activity__at"

    @admin.display(ordering="activity__by__name", description=gettext_lazy("by"))
    def by(self, note: models.Note) -> models.User | None:
        return note.activity.by

    @admin.display(ordering="activity__at", description=gettext_lazy("at"))
    def at(self, note: models.Note) -> datetime:
        return note.activity.at


@admin.register(models.Task)
class TaskAdmin(ReadOnlyAdmin):
    list_display = ("activity_id", "title", "assignee", "due_at", "done_at")
    list_filter = (("done_at", admin.EmptyFieldListFilter),)
    search_fields = ("title", "assignee__name", "assignee__email")
    list_select_related = ("assignee",)
    date_hierarchy = "due_at"


@admin.register(models.Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """What somebody is told is theirs: its kind and time are shown, not what it is about."""

    list_display = ("id", "user", "kind", "created_at", "read_at")
    list_filter = ("kind", ("read_at", admin.EmptyFieldListFilter))
    search_fields = ("user__name", "user__email")
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    exclude = ("values",)


@admin.register(models.UndoEntry)
class UndoEntryAdmin(SecretiveAdmin, ReadOnlyAdmin):
    """Who can take something back, and until when. What it was is in `steps`: people's data."""

    secrets = ("token", "steps")
    list_display = ("id", "by", "expires_at", "used_at")
    list_filter = (("used_at", admin.EmptyFieldListFilter),)
    search_fields = ("by__name", "by__email")
    list_select_related = ("by",)
    date_hierarchy = "expires_at"
    exclude: ClassVar[tuple[str, ...]] = ("token", "steps")


@admin.register(models.Thread)
class ThreadAdmin(SecretiveAdmin, ReadOnlyAdmin):
    secrets = ("subject",)
    list_display = ("id", "state", "whose", "stands_at", "snoozed_until", "created_at")
    list_select_related = ("whose",)
    date_hierarchy = "created_at"
    exclude: ClassVar[tuple[str, ...]] = ("subject",)


@admin.register(models.LastRead)
class LastReadAdmin(ReadOnlyAdmin):
    list_display = ("user", "thread", "at")
    list_select_related = ("user", "thread")
    search_fields = ("user__name",)
    date_hierarchy = "at"


@admin.register(models.Email)
class EmailAdmin(OnSiteAdmin, SecretiveAdmin, ReadOnlyAdmin):
    """Transport facts; what people wrote is read on the record, where visibility is obeyed."""

    secrets = ("subject", "text", "html", "invitation")
    page = "inbox:email"
    list_display = (
        *("activity_id", "at", "by", "direction", "status", "source", "reason_rule"),
        *("auto_reply", "visibility"),
    )
    list_filter = ("direction", "status", "source", "auto_reply", "new_participant", "visibility")
    search_fields = ("=message_id",)  # by people: Participants, without what is private
    list_select_related = ("activity__by",)
    ordering = ("-activity__at", "-pk")
    date_hierarchy = "activity__at"
    exclude: ClassVar[tuple[str, ...]] = ("subject", "text", "html", "invitation")

    @admin.display(ordering="activity__at", description=gettext_lazy("at"))
    def at(self, email: models.Email) -> datetime:
        return email.activity.at

    @admin.display(ordering="activity__by__name", description=gettext_lazy("by"))
    def by(self, email: models.Email) -> models.User | None:
        return email.activity.by


@admin.register(models.Reader)
class ReaderAdmin(ReadOnlyAdmin):
    list_display = ("email_id", "user", "let_in")
    list_filter = ("let_in",)
    search_fields = ("user__email",)
    list_select_related = ("user",)


@admin.register(models.Participant)
class ParticipantAdmin(ReadOnlyAdmin):
    list_display = ("address", "role", "email_id", "contact", "status")
    list_filter = ("role", "status")
    search_fields = ("address",)
    list_select_related = ("contact",)

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).exclude(email__private=True)  # M53
        return rows.prefetch_related("contact__addresses")


@admin.register(models.Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    list_display = ("id", "name", "content_type", "size", "stored", "not_stored")
    list_filter = ("not_stored", "inline")
    search_fields = ("name",)
    exclude = ("path",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).exclude(activity__email__private=True)  # M53


@admin.register(models.ApiToken)
class ApiTokenAdmin(SecretiveAdmin, ReadOnlyAdmin):
    """A token can be taken away here; it is made by `create_api_token`, which shows it once."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    secrets = ("digest",)
    list_display = ("id", "user", "name", "created_at")
    search_fields = ("name", "user__name", "user__email")
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    exclude: ClassVar[tuple[str, ...]] = ("digest",)


@admin.register(models.Association)
class AssociationAdmin(ReadOnlyAdmin):
    list_display = ("id", "activity_id", "contact_id", "company_id", "deal_id", "at")
    search_fields = ("=activity__id",)
    date_hierarchy = "at"


@admin.register(models.Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("part", "at")


@admin.register(models.PurgeReceipt)
class PurgeReceiptAdmin(ReadOnlyAdmin):
    list_display = ("rule", "cutoff", "count", "started_at", "finished_at")
    list_filter = ("rule",)
    date_hierarchy = "started_at"


@admin.register(models.DoomedFile)
class DoomedFileAdmin(ReadOnlyAdmin):
    list_display = ("path",)
    search_fields = ("path",)


@admin.register(models.Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ("reason", "by", "created_at", "released_at")
    list_filter = (("released_at", admin.EmptyFieldListFilter),)
    list_select_related = ("by",)
    search_fields = ("reason",)
