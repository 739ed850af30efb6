"""Notes of a contact."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm import notes as story
from crm.forms.contacts import NoteForm
from crm.models import Contact
from crm.web import Request, done, page, visible_or_404


@require_POST
def notes(request: Request, pk: int) -> HttpResponse:
    contact = visible_or_404(Contact, request.user, pk)
    form = NoteForm(request.POST)
    if not form.is_valid():
        context = {"form": form, "contact": contact}
        return page(request, "crm/contacts/note.html", context, status=422)
    story.add(contact, form.cleaned_data["text"], by=request.user)
    return done(request, "crm:contact", pk, toast=_("The note was added."))
