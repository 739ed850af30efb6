"""The page behind List-Unsubscribe, for people who have no account here (RFC 8058; M25)."""

from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crm.models import Contact
from crm.web import Request, done, page, post_only, visible_or_404
from inbox.outreach import unsubscribing


@csrf_exempt  # mail providers press it, without our cookie; all it can do is what it says
@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, signed: str) -> HttpResponse:
    """Looking changes nothing, since scanners look at every link; pressing the button does it."""
    try:
        enrolment, mark = unsubscribing.read(signed)
    except BadSignature:
        raise Http404 from None
    if request.method == "POST":
        unsubscribing.unsubscribe(enrolment, mark)
    return page(request, "inbox/sequences/unsubscribe.html", {"done": request.method == "POST"})


@post_only
def opt_out(request: Request, pk: int) -> HttpResponse:
    """A colleague writes down that somebody wants no such mail, or wants it again."""
    contact = visible_or_404(Contact.objects.prefetch_related("addresses"), request.user, pk)
    if request.POST.get("again"):
        unsubscribing.allow(contact)
        return done(request, contact, toast=_("They can be added to sequences again."))
    unsubscribing.opt_out(contact, by=request.user)
    said = _("No sequence writes to them any more.")
    return done(request, contact, toast=said)
