"""The pages of contacts: the list, a new one, the record."""

from typing import Any, NamedTuple

from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.forms.contacts import ContactForm, NoteForm
from crm.models import Contact
from crm.views.timeline import timeline_context
from crm.web import Request, done, page, visible_or_404

PAGE = 50


class Contacts(NamedTuple):
    rows: list[Contact]
    after: int | None  # the last contact of this page, where there are more


@require_http_methods(["GET", "HEAD", "POST"])
def contacts(request: Request) -> HttpResponse:
    if request.method == "POST":
        return _add(request)
    words = request.GET.get("q", "").strip()
    found = Contact.objects.visible_to(request.user).search(words)
    context = {
        "words": words,
        "total": found.count(),
        "contacts": _page(found, request.GET.get("after", "")),
        "later": "after" in request.GET,
    }
    return page(request, "crm/contacts/list.html", context, part="rows")


def _add(request: Request) -> HttpResponse:
    form = ContactForm(request.POST, user=request.user)
    contact = form.keep() if form.is_valid() else None
    if contact is None:
        return page(request, "crm/contacts/form.html", {"form": form}, status=422)
    return done(request, "crm:contact", contact.pk, toast=_("The contact was added."))


@require_GET
def new(request: Request) -> HttpResponse:
    form = ContactForm(user=request.user, initial={"email": request.GET.get("email", "")})
    return page(request, "crm/contacts/form.html", {"form": form})


@require_GET
def contact(request: Request, pk: int) -> HttpResponse:
    rows = Contact.objects.select_related("company", "owner").prefetch_related("addresses")
    found = visible_or_404(rows, request.user, pk)
    context = timeline_context(request, found)
    context |= {
        "contact": found,
        "note_form": NoteForm(),
        "deals": found.deals.visible_to(request.user).select_related("stage"),
        "pane": request.GET.get("pane", "activity"),
    }
    return page(request, "crm/contacts/detail.html", context, part="timeline")


@require_http_methods(["GET", "HEAD", "POST"])
def details(request: Request, pk: int) -> HttpResponse:
    found = visible_or_404(Contact, request.user, pk)
    form = ContactForm(request.POST or None, instance=found, user=request.user)
    if request.method == "POST" and form.is_valid() and form.keep():
        return done(request, "crm:contact", pk, toast=_("Saved."))
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "contact": Contact(pk=pk)}
    return page(request, "crm/contacts/form.html", context, status=status)


@require_POST
def trash(request: Request, pk: int) -> HttpResponse:
    found = visible_or_404(Contact, request.user, pk)
    found.trash()
    return done(request, "crm:contacts", toast=_("{name} is in the Trash.").format(name=found.name))


def _page(rows: Any, after: str) -> Contacts:
    """One page by name, after a contact of that id: a keyset, so a far page costs no more."""
    rows = rows.order_by("last_name", "first_name", "pk")
    last = rows.filter(pk=int(after)).first() if after.isdecimal() else None
    if last:
        rows = rows.filter(
            Q(last_name__gt=last.last_name)
            | Q(last_name=last.last_name, first_name__gt=last.first_name)
            | Q(last_name=last.last_name, first_name=last.first_name, pk__gt=last.pk)
        )
    rows = rows.select_related("company", "owner").prefetch_related("addresses")
    found = list(rows[: PAGE + 1])
    return Contacts(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)
