"""The pages of contacts: the list, a new one, the record."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.forms.contacts import ContactForm, NoteForm
from crm.models import Contact
from crm.views import lists
from crm.views.timeline import timeline_context
from crm.web import Request, done, page, visible_or_404


@require_http_methods(["GET", "HEAD", "POST"])
def contacts(request: Request) -> HttpResponse:
    if request.method == "POST":
        return _add(request)
    return lists.contacts(request)


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
