"""One's own sign-in: the second factor, and where one is signed in."""

from allauth.account.decorators import reauthentication_required
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from crm import second_factor
from crm import sessions as signed_in
from crm.lib.keyset import LARGEST
from crm.web import Request, done, page, post_only


@require_safe
def sign_in(request: Request) -> HttpResponse:
    context = {
        "second_factor": second_factor.of(request.user),
        "sessions": signed_in.shown(request.user, request.session.session_key or ""),
    }
    return page(request, "crm/settings/sign_in.html", context)


@post_only
@reauthentication_required(app="allauth.mfa")  # type: ignore[untyped-decorator]
def sessions(request: Request) -> HttpResponse:
    """End one `session`, or all the others."""
    here, which = request.session.session_key or "", request.POST.get("session", "")
    if which.isascii() and which.isdigit():
        count = signed_in.end_one(request.user, min(int(which), LARGEST), but=here)
    else:
        count = signed_in.end_all(request.user, but=here)
    said = ngettext("{n} session was ended.", "{n} sessions were ended.", count).format(n=count)
    return done(request, "crm:sign-in", toast=said if count else _("It had ended already."))
