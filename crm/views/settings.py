"""One's own settings; what is kept for how long is shown, and set by the deployment."""

from typing import Any, NamedTuple

from django.conf import settings as django_settings
from django.http import HttpResponse
from django.utils.translation import get_language, gettext_lazy, ngettext, override
from django.utils.translation import gettext as _
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
        with override(forms[sent].instance.language or get_language()):
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
    return [
        Kept(str(what), _long(unit, getattr(django_settings, variable)), str(meaning), variable)
        for variable, unit, what, meaning in CLASSES
    ]


CLASSES: tuple[tuple[str, str, Any, Any], ...] = (
    (
        "RETENTION_TRASH_DAYS",
        "days",
        gettext_lazy("Trash"),
        gettext_lazy("Deleted records, e-mails, notes and tasks can be restored that long."),
    ),
    (
        "RETENTION_TRANSPORT_MONTHS",
        "months",
        gettext_lazy("Transport records"),
        gettext_lazy(
            "Envelope, folder, size, times and server answers of each e-mail; never its text."
        ),
    ),
    (
        "RETENTION_RAW_HOURS",
        "hours",
        gettext_lazy("Raw copies"),
        gettext_lazy("Full messages sent by a sequence or logged by Bcc, forwarding or folder."),
    ),
    (
        "RETENTION_SYNCED_HEADERS_DAYS",
        "days",
        gettext_lazy("Headers of mail that was found"),
        gettext_lazy("The raw header block of e-mails from a connected inbox."),
    ),
    (
        "RETENTION_SENT_HEADERS_DAYS",
        "days",
        gettext_lazy("Headers of mail that was sent"),
        gettext_lazy("The raw header block of e-mails sent from here."),
    ),
)


def _long(unit: str, n: int) -> str:
    if unit == "months":
        said = ngettext("this month and the one before", "this month and {n} before", n)
    elif unit == "hours":
        said = ngettext("{n} hour", "{n} hours", n)
    else:
        said = ngettext("{n} day", "{n} days", n)
    return said.format(n=n)
