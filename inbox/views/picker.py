"""Templates and snippets where an e-mail is written: found, filled for whom it goes to (M24)."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db.models import Case, Value, When
from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, ngettext
from django.views.decorators.http import require_safe

from crm.lib.names import is_family_first
from crm.models import Company, Deal
from crm.web import Request, page, visible_or_404
from inbox import merge_fields
from inbox.models import Mailbox, Snippet, Template
from inbox.models.templates import Prewritten
from inbox.outreach.labels import label
from inbox.outreach.using import contact_of
from inbox.outreach.values import About, about, values
from inbox.outreach.writing import Written, body_of, written
from inbox.views.previewing import chosen_contact

MOST = 30


class Choice(NamedTuple):
    """What can be inserted, and the fields of it that have no value for whom it goes to."""

    row: Any
    missing: list[str]
    address: str


@require_safe
def picker(request: Request) -> HttpResponse:
    """What fits whom the e-mail goes to: `to` as typed, or the record's `contact`, `company` or
    `deal`. `for` is the composer's own address: there it leads without a script."""
    words = request.GET.get("q", "").strip()
    whom = _whom(request)
    templates = Template.objects.visible_to(request.user).search(words)
    first = Case(When(language=_language(whom), then=Value(0)), default=Value(1))
    templates = templates.annotate(fits=first).order_by("fits", "name", "pk")[:MOST]
    snippets = Snippet.objects.visible_to(request.user).search(words.lstrip(";"))[:MOST]
    known = _values(request, whom, "")
    context = {
        "words": words,
        "templates": _choices("inbox:template-filled", templates, known),
        "snippets": _choices("inbox:snippet-filled", snippets, known),
        "for": _composer(request),
        "query": _kept(request),
    }
    return page(request, "inbox/templates/picker.html", context, part="found")


@require_safe
def template(request: Request, pk: int) -> HttpResponse:
    """A template as JSON, its fields filled: `{subject, html, text, template, missing, said}`."""
    found = visible_or_404(Template, request.user, pk)
    letter = written(found, _values(request, _whom(request), found.language))
    return JsonResponse({**_told(letter), "template": str(found.pk)})


@require_safe
def snippet(request: Request, pk: int) -> HttpResponse:
    """The same of a snippet; a single paragraph of it goes into the line that is written."""
    found = visible_or_404(Snippet, request.user, pk)
    told = _told(body_of(found, _values(request, _whom(request), "")))
    html = told["html"].removeprefix("<p>").removesuffix("</p>")
    return JsonResponse({**told, "html": told["html"] if "<p>" in html else html})


def _told(letter: Written) -> dict[str, Any]:
    names = [{"token": merge_fields.token(each), "label": label(each)} for each in letter.missing]
    said = ngettext(
        "{n} field has no value. Fill it in before you send.",
        "{n} fields have no value. Fill them in before you send.",
        len(names),
    )
    return {
        "subject": letter.subject,
        "html": letter.html,
        "text": letter.text,
        "missing": names,
        "said": said.format(n=len(names)) if names else "",
    }


def _choices(name: str, rows: Iterable[Prewritten], known: Mapping[str, str]) -> list[Choice]:
    found = []
    for row in rows:
        text = f"{getattr(row, 'subject', '')}\n{row.text}"
        missing = [label(each) for each in merge_fields.fill(text, known).missing]
        found.append(Choice(row, missing, reverse(name, args=[row.pk])))
    return found


def _whom(request: Request) -> About:
    asked, user = request.GET, request.user
    contact = contact_of(asked.get("to", ""), user) or chosen_contact(
        request, asked.get("contact", "")
    )
    company = _one(Company, request, "company")
    return about(user, contact=contact, company=company, deal=_one(Deal, request, "deal"))


def _one(model: Any, request: Request, name: str) -> Any:
    asked = request.GET.get(name, "")
    if not asked.isascii() or not asked.isdecimal() or len(asked) > 18:
        return None
    return model.objects.visible_to(request.user).filter(pk=int(asked)).first()


def _values(request: Request, whom: About, language: str) -> dict[str, str]:
    asked, _space, address = request.GET.get("mailbox", "").partition(" ")  # a Sender's key
    mailbox = None
    if asked.isascii() and asked.isdecimal() and len(asked) < 19:
        mailbox = Mailbox.objects.usable_by(request.user).filter(pk=int(asked)).first()
    return values(whom, sender=request.user, mailbox=mailbox, address=address, language=language)


def _language(whom: About) -> str:
    """The one that their name is written in, where that tells; else the reader's own."""
    if whom.contact and is_family_first(whom.contact.last_name or whom.contact.first_name):
        return "ja"
    return get_language() or ""


def _composer(request: Request) -> str:
    asked = request.GET.get("for", "")
    ours = url_has_allowed_host_and_scheme(asked, None) and asked.startswith("/")
    return asked.partition("?")[0] if ours else ""


def _kept(request: Request) -> str:
    """What of the query goes along to a filled one."""
    query = request.GET.copy()
    for name in set(query) - {"to", "contact", "company", "deal", "mailbox"}:
        del query[name]
    return query.urlencode()
