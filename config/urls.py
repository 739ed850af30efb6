"""Which app answers which address."""

from allauth.account.urls import urlpatterns as account_pages
from django.contrib import admin
from django.urls import include, path

from config.api import api
from inbox.views.metrics import metrics

# An account's address is what an administrator gave it, and is believed (M16): nobody adds another.
account_pages = [each for each in account_pages if "email" not in str(each.name)]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("metrics", metrics),  # where Prometheus looks
    path("accounts/", include(account_pages)),
    path("", include("inbox.urls")),
    path("", include("crm.urls")),
]

handler500 = "crm.views.broken.broken"
