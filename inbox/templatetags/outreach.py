"""How pages show what is prewritten: its fields as chips, its language, who may change it."""

from django import template
from django.conf import settings
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from crm.models import User
from inbox import merge_fields
from inbox.merge_fields import Field
from inbox.models.templates import Prewritten
from inbox.outreach.labels import label
from inbox.outreach.writing import simple

register = template.Library()


@register.filter
def with_chips(text: str) -> SafeString:
    """Plain text in which fields that have no value are amber chips."""
    return html_with_chips(escape(text))


@register.filter
def html_with_chips(html: SafeString) -> SafeString:
    """The same for HTML that is harmless already."""
    return mark_safe(merge_fields.replaced(html, _chip))  # it was escaped or cleaned


@register.filter
def simply(html: str) -> SafeString:
    """HTML as it may stand in a page: letters, links and lists."""
    return mark_safe(simple(html))  # it is cleaned there


@register.filter
def changed_by(row: Prewritten, user: User) -> bool:
    return row.changed_by(user)


@register.filter
def language_name(code: str) -> str:
    """ "ja" → "日本語"."""
    return str(dict(settings.LANGUAGES).get(code, code))


def _chip(field: Field) -> str:
    return format_html('<mark class="badge" data-hue="yamabuki">{}</mark>', label(field.name))
