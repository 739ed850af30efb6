"""What people call the merge fields, and in which order they are offered (M24)."""

from typing import Any, NamedTuple

from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from crm.lib.names import fields_in_order
from inbox.merge_fields import Field, token

LABELS: dict[str, Any] = {
    "contact.first_name": _("First name"),
    "contact.family_name": _("Family name"),
    "contact.name": _("Full name"),
    "contact.email": _("E-mail"),
    "contact.phone": _("Phone"),
    "contact.job_title": _("Job title"),
    "company.name": _("Company"),
    "deal.name": _("Deal"),
    "deal.amount": _("Amount of the deal"),
    "deal.stage": _("Stage of the deal"),
    "deal.close_date": _("Close date of the deal"),
    "sender.name": _("My name"),
    "sender.email": _("My e-mail"),
    "date.today": _("Today’s date"),
}
_NAMES = {"first_name": "contact.first_name", "last_name": "contact.family_name"}


class Offered(NamedTuple):
    """A chip that inserts `token`."""

    label: Any
    token: str


def label(name: str) -> str:
    """Of a field that is none of ours: its name as it was written."""
    return str(LABELS.get(name, name))


def described(field: Field) -> str:
    """A field as an error names it: `{{ contact.first_name }}`."""
    return token(field.name)


def offered() -> list[Offered]:
    """All fields, names in the order of the language; in Japanese with the honorific as well."""
    language = get_language() or ""
    first = [_NAMES[name] for name in fields_in_order(language)]
    rest = [name for name in LABELS if name not in first]
    chips = [Offered(LABELS[name], token(name)) for name in (*first, *rest)]
    if language == "ja":
        family = "contact.family_name"
        polite = Offered(format_lazy("{}様", LABELS[family]), f"{token(family)}様")
        chips.insert(0, polite)
    return chips
