"""Fields for choosing among many: a text field that suggests, people found by name, addresses.

All of them work without scripts; with htmx they look while one types.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.validators import validate_email
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from crm.models import Contact, User

MOST_OFFERED = 20


class LongSelect(forms.Select):
    """A list of hundreds, such as the time zones: Django's renders a template for each of them."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            (
                (each["value"], mark_safe(" selected" if each["selected"] else ""), each["label"])
                for _group, options, _index in widget["optgroups"]
                for each in options
            ),
        )
        attributes = flatatt(widget["attrs"])
        return format_html('<select name="{}"{}>{}</select>', name, attributes, options)


class Suggested(forms.TextInput):
    """A text field with a list of names that come from the address called `source`."""

    def __init__(self, source: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", **(attrs or {})})
        self.source = source

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        names = f"{(attrs or {}).get('id', name)}_names"
        asking = {
            "list": names,
            "hx-get": reverse(self.source),
            "hx-trigger": "input changed delay:200ms",
            "hx-target": f"#{names}",
            "hx-sync": "this:replace",
        }
        field = super().render(name, value, {**(attrs or {}), **asking}, renderer)
        return render_to_string("components/suggested.html", {"field": field, "names": names})


class PeoplePicker(forms.CheckboxSelectMultiple):
    """Those who are chosen, as ticked boxes, and a search that offers more of them."""

    people: Any = Contact.objects.none()
    words = ""
    user: User  # who chooses

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        self.words = data.get(f"{name}_q", "").replace("\0", "").strip()
        return super().value_from_datadict(data, files, name)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = [int(pk) for pk in value or () if _is_id(pk)]
        rows = self.people.prefetch_related("addresses")
        others = rows.exclude(pk__in=chosen)
        offered = others.search(self.words, self.user)[:MOST_OFFERED] if self.words else ()
        context = {"name": name, "chosen": rows.filter(pk__in=chosen), "offered": offered}
        context |= {"id": (attrs or {}).get("id", name), "words": self.words}
        return render_to_string("components/people.html", context)

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return f"{id_}_q"


class PeopleField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # in the stubs only
    widget = PeoplePicker

    def clean(self, value: Any) -> Any:
        return super().clean([pk for pk in value or () if _is_id(pk)])

    def offer(self, user: User) -> None:
        """Whom `user` sees may be chosen."""
        self.widget.user = user
        self.queryset = self.widget.people = Contact.objects.visible_to(user)


class AddressRows(forms.Widget):
    """A row for each address: itself, its label, whether it is the first; and two empty ones."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[tuple[str, str]]:
        rows = list(zip(data.getlist(name), data.getlist(f"{name}_label"), strict=False))
        first = data.get(f"{name}_first", "0")
        if _is_id(first) and int(first) < len(rows):
            rows.insert(0, rows.pop(int(first)))
        return rows

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        attrs = attrs or {}
        rows = [*(value or ()), ("", ""), ("", "")]
        context = {"name": name, "rows": rows, "id": attrs.get("id", name)}
        context["invalid"] = attrs.get("aria-invalid") == "true"
        return render_to_string("components/addresses.html", context)

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return f"{id_}_0"


class AddressesField(forms.Field):
    """(address, label) pairs, the first one primary."""

    widget = AddressRows

    def clean(self, value: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        rows = [
            (address.strip(), label.replace("\0", "").strip()[:40])
            for address, label in value or ()
        ]
        rows = [row for row in rows if row[0]]
        wrong = [address for address, _label in rows if not _is_address(address)]
        if wrong:
            said = _("“%(address)s” is not an e-mail address.")
            raise forms.ValidationError(said, params={"address": wrong[0][:100]})
        return rows


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except forms.ValidationError:
        return False
    return len(text) <= 254


def _is_id(value: Any) -> bool:
    """Whether a database could have it."""
    return str(value).isdecimal() and len(str(value)) < 19
