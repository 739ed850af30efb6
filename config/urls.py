"""Which app answers which address."""

from allauth.account.urls import urlpatterns as account_pages
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.contrib import admin
from django.urls import include, path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView

from config.api import api
from inbox.views.metrics import metrics

# Here, as no process but the web has a use for them: every start would take half as long again.
admin.autodiscover()

# An account's address is what an administrator gave it, and is believed (M16): nobody adds another.
account_pages = [each for each in account_pages if "email" not in str(each.name)]
# Recovery codes are shown once, so there is no address to download them from later. Neither they
# nor the secret of an app are to be found in a browser's cache.
second_factor_pages = [
    path("", RedirectView.as_view(pattern_name="crm:sign-in"), name="mfa_index"),
    path("authenticate/", second_factor.authenticate, name="mfa_authenticate"),
    path("reauthenticate/", second_factor.reauthenticate, name="mfa_reauthenticate"),
    path("totp/activate/", never_cache(totp.activate_totp), name="mfa_activate_totp"),
    path("totp/deactivate/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path(
        "recovery-codes/",
        never_cache(recovery_codes.view_recovery_codes),
        name="mfa_view_recovery_codes",
    ),
    path(
        "recovery-codes/generate/",
        recovery_codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("metrics", metrics),  # where Prometheus looks
    path("accounts/", include(account_pages)),
    path("accounts/2fa/", include(second_factor_pages)),
    path("", include("inbox.urls")),
    path("", include("crm.urls")),
]

handler404 = "crm.views.missing.missing"
handler500 = "crm.views.broken.broken"
