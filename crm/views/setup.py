"""The page of the one-time link: the first account."""

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from crm.accounts import create_first_account, setup_is_open
from crm.forms.setup import FirstAccountForm
from crm.web import done, page


@login_not_required
@never_cache
@sensitive_post_parameters("password")
def first_account(request: HttpRequest, token: str) -> HttpResponse:
    if not setup_is_open(token):
        raise Http404
    form = FirstAccountForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return page(request, "crm/setup.html", {"form": form}, status=status)
    user = create_first_account(**form.cleaned_data)
    login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return done(request, "inbox:connect", toast=_("Welcome. Connect your mailbox next."))
