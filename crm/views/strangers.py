"""Add: somebody unknown in logged mail becomes a contact, with all that was exchanged (M14)."""

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from crm import strangers as story
from crm.models import Participant
from crm.undo import made, remember
from crm.web import Request, back, done, post_only


@post_only
def strangers(request: Request) -> HttpResponse:
    address = request.POST.get("address", "").replace("\0", "").strip()
    rows = Participant.objects.strangers(request.user).filter(address__iexact=address)
    if not rows.exists():
        raise Http404
    named = rows.exclude(name="").order_by("-pk").first()
    contact = story.adopt(address, named.name if named else "", by=request.user)
    undo = remember(request.user, made(contact))
    said = _("{name} is a contact now.").format(name=contact.name)
    return done(request, back(request, "crm:contact", contact.pk), toast=said, undo=undo)
