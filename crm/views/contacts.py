"""The pages of contacts: the list, a new one, their details."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from crm.forms.choosing import MOST_OFFERED
from crm.forms.contacts import ContactDetailsForm, ContactForm
from crm.models import Company, Contact
from crm.views import lists
from crm.views.narrowing import number, numbers
from crm.web import Request, done, page, posted, visible_or_404


@require_http_methods(["GET", "HEAD", "POST"])
def contacts(request: Request) -> HttpResponse:
    if request.method == "POST":
        return _add(request)
    return lists.contacts(request)


def _add(request: Request) -> HttpResponse:
    form = ContactForm(request.POST, user=request.user)
    contact = form.add() if form.is_valid() else None
    if contact is None:
        return page(request, "crm/contacts/form.html", {"form": form}, status=422)
    return done(request, "crm:contact", contact.pk, toast=_("The contact was added."))


@require_GET
def new(request: Request) -> HttpResponse:
    start = {name: request.GET.get(name, "") for name in ("first_name", "last_name", "email")}
    company = number(request.GET, "company")
    if company is not None:
        start["company_name"] = visible_or_404(Company, request.user, company).name
    form = ContactForm(user=request.user, initial=start)
    return page(request, "crm/contacts/form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def details(request: Request, pk: int) -> HttpResponse:
    found = visible_or_404(Contact, request.user, pk)
    form = ContactDetailsForm(posted(request), instance=found, user=request.user)
    entry = form.keep() if request.method == "POST" and form.is_valid() else None
    if entry:
        return done(request, "crm:contact", pk, toast=_("Saved."), undo=entry)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "contact": Contact(pk=pk)}
    return page(request, "crm/contacts/form.html", context, status=status)


@require_GET
def choices(request: Request) -> HttpResponse:
    """Whom a field for people offers, for what is typed so far."""
    name = request.GET.get("name", "contacts")
    words = request.GET.get(f"{name}_q", "").strip()
    rows = Contact.objects.visible_to(request.user).search(words, request.user)
    rows = rows.exclude(pk__in=numbers(request.GET.getlist(name)))
    rows = rows.prefetch_related("addresses")
    context = {"name": name, "words": words, "offered": rows[:MOST_OFFERED] if words else ()}
    return page(request, "components/_offered.html", context)
