"""How a template would read for a real contact: asked while it is written, and by the picker."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.conf import settings

from crm.models import Contact
from crm.web import Request
from inbox.forms.templates import PrewrittenForm
from inbox.models import Template
from inbox.outreach.values import about, values
from inbox.outreach.writing import Written, both_forms, written

MOST_FOUND = 6


class Preview(NamedTuple):
    contact: Contact | None
    letter: Written
    words: str  # what was looked for, and whom that found
    found: Sequence[Contact]


def previewed(request: Request, form: PrewrittenForm) -> Preview:
    """What is on the form right now, saved or not, written to the contact who was chosen; at
    first to the one with whom something happened last."""
    asked = request.POST if request.method == "POST" else request.GET
    words = asked.get("whom", "").strip()
    contact = (
        chosen_contact(request, asked.get("chosen") or asked.get("contact", ""))
        or _people(request).first()
    )
    typed = _typed(form)
    known = values(
        about(request.user, contact=contact), sender=request.user, language=typed.language
    )
    found = _people(request).search(words, request.user)[:MOST_FOUND] if words else ()
    return Preview(contact, written(typed, known), words, found)


def chosen_contact(request: Request, asked: str) -> Contact | None:
    """The contact of that id, where this user sees them."""
    if not asked.isascii() or not asked.isdecimal() or len(asked) > 18:
        return None
    found: Contact | None = _people(request).filter(pk=int(asked)).first()
    return found


def _people(request: Request) -> Any:
    rows = Contact.objects.visible_to(request.user).order_by("-news_at", "-pk")
    return rows.prefetch_related("addresses")


def _typed(form: PrewrittenForm) -> Template:
    """A row that is never saved."""
    body = {name: str(form[name].value() or "") for name in ("html", "text")}
    if form.is_bound:
        body = form.body._asdict()
    named = [name for name in ("subject", "language") if name in form.fields]
    said = {name: str(form[name].value() or "") for name in named}
    if said.get("language") not in dict(settings.LANGUAGES):
        said["language"] = ""
    return Template(**both_forms(**body), **said)
