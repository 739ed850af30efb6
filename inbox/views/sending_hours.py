"""When one's own sequences send, and how fast (M25)."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.web import Request, done, page, posted
from inbox.forms.sequences import HoursForm
from inbox.models import SendingHours


@require_http_methods(["GET", "HEAD", "POST"])
def sending_hours(request: Request) -> HttpResponse:
    row = SendingHours.of(request.user)
    form = HoursForm(posted(request), instance=row)
    if form.is_bound and form.is_valid():
        form.keep()
        return done(request, "inbox:sending-hours", toast=_("Saved."))
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "zone": row.zone.key}
    return page(request, "inbox/sequences/hours.html", context, status=status)
