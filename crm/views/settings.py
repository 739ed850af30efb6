"""One's own settings."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language, override
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
    context = {"forms": forms}
    status = 422 if request.method == "POST" else 200
    return page(request, "crm/settings/page.html", context, status=status)


def _form(form: Any, request: Request, sent: bool) -> Any:  # noqa: FBT001
    """On a copy of the user: what was refused must not show in the frame of the page."""
    user = User.objects.get(pk=request.user.pk)
    return form(request.POST if sent else None, instance=user)
