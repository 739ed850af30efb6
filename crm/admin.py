"""The Django admin for operators (M42). Nothing secret is shown, and what stories write is read."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from crm import models


class ReadOnlyAdmin(admin.ModelAdmin):
    """For rows that only the stories may write: a hand-made one would break their rules."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
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
class UserAdmin(SecretiveAdmin):
    form = LowerCaseForm
    secrets = ("password",)
    list_select_related = ("team",)
    list_display = ("email", "name", "role", "team", "is_active", "last_login")
    list_filter = ("role", "team", "is_active")
    search_fields = ("email", "name")
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


@admin.register(models.Contact)
class ContactAdmin(admin.ModelAdmin):
    list_display = ("name", "email", "company", "owner", "created_at", "deleted_at")
    list_filter = ("audience", ("deleted_at", admin.EmptyFieldListFilter))
    search_fields = ("first_name", "last_name", "addresses__address")
    list_select_related = ("company", "owner")
    raw_id_fields = ("company", "owner")
    readonly_fields = ("deleted_at",)  # the Trash also releases its addresses
    inlines = (EmailAddressInline,)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("addresses")


@admin.register(models.Company)
class CompanyAdmin(admin.ModelAdmin):
    list_display = ("name", "domain", "owner", "created_at", "deleted_at")
    list_filter = ("audience", ("deleted_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "domain")
    list_select_related = ("owner",)
    raw_id_fields = ("owner",)
    readonly_fields = ("deleted_at",)


class StageInline(admin.TabularInline):
    model = models.Stage
    extra = 0


@admin.register(models.Pipeline)
class PipelineAdmin(admin.ModelAdmin):
    list_display = ("name", "position")
    inlines = (StageInline,)


@admin.register(models.Stage)
class StageAdmin(admin.ModelAdmin):
    list_display = ("name", "pipeline", "position", "probability", "outcome")
    list_filter = ("pipeline", "outcome")


@admin.register(models.Deal)
class DealAdmin(admin.ModelAdmin):
    list_display = ("name", "stage", "amount", "currency", "company", "owner", "deleted_at")
    list_filter = ("stage__pipeline", "stage", ("deleted_at", admin.EmptyFieldListFilter))
    search_fields = ("name",)
    list_select_related = ("stage", "company", "owner")
    raw_id_fields = ("company", "owner", "contacts")
    readonly_fields = ("deleted_at",)


@admin.register(models.Activity)
class ActivityAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "at", "by", "deleted_at")
    list_filter = ("kind", ("deleted_at", admin.EmptyFieldListFilter))
    list_select_related = ("by",)
    date_hierarchy = "at"


@admin.register(models.Note)
class NoteAdmin(ReadOnlyAdmin):
    list_display = ("activity_id", "summary")
    search_fields = ("text",)


@admin.register(models.Thread)
class ThreadAdmin(ReadOnlyAdmin):
    list_display = ("id", "created_at")


@admin.register(models.Email)
class EmailAdmin(ReadOnlyAdmin):
    """Transport facts; what people wrote is read on the record, where visibility is obeyed."""

    list_display = ("activity_id", "direction", "status", "source", "reason_rule", "auto_reply")
    list_filter = ("direction", "status", "source", "auto_reply")
    search_fields = ("message_id",)
    exclude = ("subject", "text", "html")


@admin.register(models.Participant)
class ParticipantAdmin(ReadOnlyAdmin):
    list_display = ("address", "role", "email_id", "contact", "status")
    list_filter = ("role", "status")
    search_fields = ("address",)
    list_select_related = ("contact",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("contact__addresses")


@admin.register(models.Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    list_display = ("id", "name", "content_type", "size", "stored", "not_stored")
    list_filter = ("not_stored", "inline")


@admin.register(models.ApiToken)
class ApiTokenAdmin(SecretiveAdmin, ReadOnlyAdmin):
    """A token can be taken away here; it is made by `create_api_token`, which shows it once."""

    secrets = ("digest",)
    list_display = ("id", "user", "name", "created_at")
    list_select_related = ("user",)
    exclude: ClassVar[tuple[str, ...]] = ("digest",)


@admin.register(models.Association)
class AssociationAdmin(ReadOnlyAdmin):
    list_display = ("id", "activity_id", "contact_id", "company_id", "deal_id", "at")


@admin.register(models.Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("part", "at")
