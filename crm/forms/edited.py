"""Edited elsewhere: what a form was shown with travels with it. So saving writes only what its user
changed, and asks where somebody else has changed the same meanwhile."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django import forms
from django.core import signing
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.forms.choosing import AddressesField, PeopleField

Values = dict[str, Any]


class Conflict(NamedTuple):
    """A field that two people changed: what it was, what it is now, and what was typed here."""

    name: str
    label: str
    before: str
    theirs: str
    yours: str


def plain(value: Any) -> Any:
    """A value of a form as it travels and is compared: 48000 and 48000.00 are the same."""
    match value:
        case None:
            return ""
        case models.Model():
            return value.pk
        case Decimal():
            return format(value.normalize(), "f")
        case date():
            return value.isoformat()
        case str():
            return value.strip()
        case int():
            return value
    return _plain_list(value)


def _plain_list(rows: Iterable[Any]) -> list[Any]:
    """Addresses in their order, with their labels; people in any."""
    rows = list(rows)
    if rows and isinstance(rows[0], tuple):
        return [[address.lower(), label] for address, label in rows]
    return sorted(plain(row) for row in rows)


def signed(record: Any, values: Values) -> str:
    return signing.dumps(values, salt=_salt(record))


def unsigned(record: Any, token: str) -> Values | None:
    """What the form of this record was shown with; None where it does not say."""
    try:
        values: Values = signing.loads(token, salt=_salt(record))
    except signing.BadSignature:
        return None
    return values


def _salt(record: Any) -> str:
    return f"edited:{record.noun}:{record.pk}"


def put(data: Any, field: forms.Field, name: str, value: Any) -> None:
    """Make `value` what was typed, in a copy of what was posted."""
    if isinstance(field, AddressesField):
        data.pop(f"{name}_first", None)
        data.setlist(name, [address for address, _label in value])
        data.setlist(f"{name}_label", [label for _address, label in value])
    elif isinstance(field, PeopleField):
        data.setlist(name, [str(pk) for pk in value])
    else:
        data[name] = str(value)


def words(field: forms.Field, value: Any) -> str:
    """A value as a person reads it."""
    rows: Any = getattr(field, "queryset", None)
    choices: Any = () if rows is not None else getattr(field, "choices", ())
    if value in ("", []):
        return _("(empty)")
    if isinstance(field, AddressesField):
        return ", ".join(f"{address} ({label})" if label else address for address, label in value)
    if isinstance(field, PeopleField):
        return ", ".join(str(row) for row in rows.filter(pk__in=value)) or _("(empty)")
    if rows is not None:
        return str(rows.model.objects.filter(pk=value).first() or _("(empty)"))
    if choices:
        return str(dict(choices).get(value, value))
    if isinstance(field, forms.DateField):
        return date_format(date.fromisoformat(value))
    return str(value)
