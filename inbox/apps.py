"""The connected inbox as Django knows it."""

from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "inbox"
    verbose_name = "Connected inbox"
