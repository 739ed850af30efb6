"""Which app answers which address."""

from django.contrib import admin
from django.urls import include, path

from config.api import api
from inbox.views.metrics import metrics

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("metrics", metrics),  # where Prometheus looks
    path("accounts/", include("allauth.account.urls")),
    path("", include("inbox.urls")),
    path("", include("crm.urls")),
]
