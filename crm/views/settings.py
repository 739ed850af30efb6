"""One's own settings; what is kept for how long is shown, and set by the deployment."""

from typing import Any, NamedTuple

from django.conf import settings as django_settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from crm.forms.settings import AppearanceForm, ProfileForm
from crm.models import User
from crm.web import Request, done, page

FORMS: dict[str, Any] = {"profile": ProfileForm, "appearance": AppearanceForm}


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: Request) -> HttpResponse:
    sent = request.POST.get("part", "") if request.method == "POST" else ""
    forms = {name: _form(form, request, sent == name) for name, form in FORMS.items()}
    if sent in forms and forms[sent].is_valid():
        forms[sent].save()
        return done(request, "crm:settings", toast=_("Saved."))
    context = {"forms": forms, "kept": kept()}
    status = 422 if request.method == "POST" else 200
    return page(request, "crm/settings/page.html", context, status=status)


def _form(form: Any, request: Request, sent: bool) -> Any:  # noqa: FBT001
    """On a copy of the user: what was refused must not show in the frame of the page."""
    user = User.objects.get(pk=request.user.pk)
    return form(request.POST if sent else None, instance=user)


class Kept(NamedTuple):
    """A class of data (M28 to M32): what it is, for how long it is kept, and who sets that."""

    what: str
    long: str
    meaning: str
    variable: str


def kept() -> list[Kept]:
    values = django_settings
    return [
        Kept(
            _("Trash"),
            _days(values.RETENTION_TRASH_DAYS),
            _("Deleted records, e-mails, notes and tasks can be restored that long."),
            "RETENTION_TRASH_DAYS",
        ),
        Kept(
            _("Transport records"),
            _months(values.RETENTION_TRANSPORT_MONTHS),
            _("Envelope, folder, size, times and server answers of each e-mail; never its text."),
            "RETENTION_TRANSPORT_MONTHS",
        ),
        Kept(
            _("Raw copies"),
            _hours(values.RETENTION_RAW_HOURS),
            _("Full messages sent by a sequence or logged by Bcc, forwarding or folder."),
            "RETENTION_RAW_HOURS",
        ),
        Kept(
            _("Headers of mail that was found"),
            _days(values.RETENTION_SYNCED_HEADERS_DAYS),
            _("The raw header block of e-mails from a connected inbox."),
            "RETENTION_SYNCED_HEADERS_DAYS",
        ),
        Kept(
            _("Headers of mail that was sent"),
            _days(values.RETENTION_SENT_HEADERS_DAYS),
            _("The raw header block of e-mails sent from here."),
            "RETENTION_SENT_HEADERS_DAYS",
        ),
    ]


def _days(n: int) -> str:
    return ngettext("{n} day", "{n} days", n).format(n=n)


def _hours(n: int) -> str:
    return ngettext("{n} hour", "{n} hours", n).format(n=n)


def _months(n: int) -> str:
    said = ngettext("this month and the one before", "this month and {n} before", n)
    return said.format(n=n)
