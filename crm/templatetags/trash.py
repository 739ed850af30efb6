"""How templates speak of what is in the Trash: its kind, its name, and when it goes for good."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.models import User
from crm.templatetags.ui import heading_for
from crm.trash import Trashed

register = template.Library()

NAMES: dict[str, Any] = {
    "contact": gettext_lazy("Contacts"),
    "company": gettext_lazy("Companies"),
    "deal": gettext_lazy("Deals"),
    "task": gettext_lazy("Tasks"),
    "note": gettext_lazy("Notes"),
    "email": gettext_lazy("E-mails"),
}
NAME: dict[str, Any] = {
    "contact": gettext_lazy("Contact"),
    "company": gettext_lazy("Company"),
    "deal": gettext_lazy("Deal"),
    "task": gettext_lazy("Task"),
    "note": gettext_lazy("Note"),
    "email": gettext_lazy("E-mail"),
}
ICONS = {
    "contact": "person",
    "company": "org",
    "deal": "board",
    "task": "task",
    "note": "note",
    "email": "mail",
}


@register.filter
def called_to(trashed: Trashed, user: User) -> str:
    """Its name, as far as `user` may read it (M53)."""
    if trashed.kind == "email":
        return heading_for(trashed.row, user)
    return trashed.name


@register.filter
def kind_name(trashed: Trashed) -> str:
    return str(NAME[trashed.kind])


@register.filter
def kinds_name(trashed: Trashed) -> str:
    """Of the list that it would stand in."""
    return str(NAMES[trashed.kind])


@register.filter
def kind_icon(trashed: Trashed) -> str:
    return ICONS[trashed.kind]


@register.filter
def goes_in(when: datetime) -> str:
    """ "goes in 78 days", and on its last day "goes today"."""
    days = (timezone.localtime(when).date() - timezone.localdate()).days
    if days < 1:
        return _("goes today")
    return ngettext("goes in {n} day", "goes in {n} days", days).format(n=days)
