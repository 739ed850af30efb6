"""The parts that pages are made of: {% icon %} {% avatar %} {% field %} {% ago %} {% panel %}."""

import re
import unicodedata
import zlib
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django import forms, template
from django.forms import BoundField
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import TIME_STRINGS, timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from crm.models import Activity, ActivityDetail, Stage, User

register = template.Library()

# Here for its translation: Django's own Japanese writes ヶ月, and we write か月.
TIMES: Any = TIME_STRINGS | {"month": ngettext_lazy("%(num)d month", "%(num)d months", "num")}
COMPANY_FORM = re.compile("^(株式会社|有限会社|合同会社)")  # tells no company from another
HUES = ("ruri", "asagi", "tokiwa", "moegi", "yamabuki", "kaki", "shu", "sakura", "fuji", "sumi")
STAGE_HUES = ("asagi", "ruri", "fuji", "sakura", "kaki")
OUTCOME_HUES = {Stage.Outcome.WON: "tokiwa", Stage.Outcome.LOST: "shu"}
CONTROLS: dict[type[forms.Widget], str] = {
    forms.Textarea: "textarea",
    forms.Select: "select",
    forms.CheckboxInput: "",
    forms.FileInput: "",
    forms.RadioSelect: "",
}


class Face(NamedTuple):
    """What an avatar shows: one or two letters on one of ten hues."""

    initials: str
    hue: str


@register.simple_tag
@lru_cache(maxsize=1024)  # a page has a hundred of them, of few kinds
def icon(name: str, size: str = "", extra: str = "") -> SafeString:
    """{% icon "mail" %}, {% icon "mail" "sm" %}: decoration; the words stand beside it."""
    return render_to_string("components/icon.html", {"name": name, "size": size, "extra": extra})


@register.inclusion_tag("components/avatar.html")
def avatar(name: str, size: str = "", shape: str = "") -> dict[str, Any]:
    """{% avatar contact.name "lg" %}, {% avatar company.name "xs" "org" %}."""
    return {"face": face(str(name)), "size": size, "shape": shape}


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, size: str = "", icon_name: str = "") -> dict[str, Any]:
    """{% field form.email "lg" "lock" %}: label, control (with an icon), hint and error."""
    kind = forms.Select if isinstance(bound.field.widget, forms.Select) else None
    control = CONTROLS.get(kind or type(bound.field.widget), "input")
    classes = f"{control} {control}--{size}" if control and size else control
    widget = bound.as_widget(attrs={"class": classes} if classes else None)
    return {
        "field": bound,
        "widget": widget,
        "icon_name": icon_name,
        "checkbox": isinstance(bound.field.widget, forms.CheckboxInput),
        "password": isinstance(bound.field.widget, forms.PasswordInput),
    }


@register.inclusion_tag("components/ago.html")
def ago(when: datetime | None) -> dict[str, Any]:
    """{% ago mailbox.last_synced_at %}: how long ago, with the exact time in `title`."""
    return {"when": when, "words": since(when) if when else ""}


@register.simple_tag(takes_context=True)
def navlink(
    context: dict[str, Any],
    to: str,
    icon_name: str,
    label: str,
    key: str = "",
    count: object = 0,
    hint: str = "",
) -> SafeString:
    """{% navlink "crm:tasks" "task" label key="g t" count=n %}: it knows whether one is there.

    Without a template of its own: a page has nearly twenty, half of the work of its frame.
    """
    request: HttpRequest | None = context.get("request")
    href = reverse(to)
    there = request.path if request else ""
    current = there == href if href == "/" else there.startswith(href)
    parts = [
        format_html('<a href="{}"', href),
        mark_safe(' aria-current="page"' if current else ""),
        format_html(' data-key="{}" data-key-name="{}"', key, label) if key else "",
        format_html(">{}{}", icon(icon_name), label),
        format_html('<kbd class="push" aria-hidden="true">{}</kbd>', hint) if hint else "",
        format_html('<span class="count">{}</span>', count) if count else "",
        mark_safe("</a>"),
    ]
    return SafeString("".join(parts))


@register.simple_block_tag
def panel(content: str, title: str, count: int | None = None) -> SafeString:
    """{% panel title=_("About") %}…{% endpanel %}: a section that folds."""
    return render_to_string(
        "components/panel.html", {"title": title, "content": content, "count": count}
    )


@register.filter
def shown_to(detail: ActivityDetail, user: User) -> bool:
    """{% if email|shown_to:user %}: whether its content may be shown (M53)."""
    return detail.seen_by(user)


@register.filter
def heading_for(activity: Activity, user: User) -> str:
    """The subject of an e-mail as this user may see it."""
    if activity.email.shows_subject_to(user):
        return activity.email.summary()
    return _("A private e-mail")


@register.filter
def hue_of(stage: Stage) -> str:
    """Of an open stage by its place; won and lost have their own."""
    place = (stage.position or 0) % len(STAGE_HUES)
    return OUTCOME_HUES.get(Stage.Outcome(stage.outcome), STAGE_HUES[place])


@register.filter
def mail(address: str) -> SafeString:
    """An address that wraps after its @, and elsewhere only where a part is wider than the line."""
    local, at, domain = address.rpartition("@")
    return format_html(
        '<span class="whole">{}{}</span><span class="whole">{}</span>', local, at, domain
    )


@register.filter
def extension(name: str) -> str:
    """What a file tile shows: {{ "plan.pdf"|extension }} -> PDF."""
    found = re.search(r"\.(\w{1,4})$", name)
    return found[1].upper() if found else ""


def face(name: str) -> Face:
    """Initials and a hue that stays the same: face("Aiko Tanaka") -> Face("AT", …)."""
    hue = HUES[zlib.crc32(name.lower().encode()) % len(HUES)]
    words = [word for word in re.split(r"[\s.@_-]+", name.strip()) if word[:1].isalnum()]
    if not words:
        return Face("?", hue)
    if _is_ideograph(words[0][0]):  # a Japanese name is known by its family name, which leads
        return Face((COMPANY_FORM.sub("", words[0]) or words[0])[:2], hue)
    letters = words[0][0] + (words[-1][0] if len(words) > 1 and "@" not in name else "")
    return Face(letters.upper(), hue)


def since(when: datetime) -> str:
    """Words for how long ago: "just now", "5 minutes ago"."""
    now = timezone.now()
    if (now - when).total_seconds() < 60:
        return _("just now")
    return _("{time} ago").format(time=timesince(when, now, time_strings=TIMES, depth=1))


def _is_ideograph(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(("CJK", "HIRAGANA", "KATAKANA"))
