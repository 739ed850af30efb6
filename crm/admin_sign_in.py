"""The administration's part in signing in: its door, and what an administrator does for others."""

from typing import Any

import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401  # both register, so that we can unregister
from allauth.account.decorators import secure_admin_login
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from crm import second_factor, sessions

# One way in: by our sign-in, with its limits and its second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.unregister(Authenticator)  # its secrets are nobody's
admin.site.unregister(UserSession)  # from where somebody works is theirs to know


class SignInAdmin(admin.ModelAdmin):
    """For users: who has a second factor, and the two ways to help."""

    actions = ("end_sessions", "take_second_factor_away")

    def get_queryset(self, request: HttpRequest) -> Any:
        app = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
        return super().get_queryset(request).annotate(app=Exists(app))

    @admin.display(boolean=True, ordering="app", description=gettext_lazy("second factor"))
    def has_app(self, user: Any) -> bool:
        return bool(user.app)

    @admin.action(description=gettext_lazy("End all sessions"))
    def end_sessions(self, request: HttpRequest, rows: Any) -> None:
        count = 0
        for user in rows:
            count += sessions.end_for(user, by=request.user)  # type: ignore[arg-type]  # signed in
            self.log_change(request, user, "Sessions were ended.")
        text = ngettext("{n} session was ended.", "{n} sessions were ended.", count)
        self.message_user(request, text.format(n=count))

    @admin.action(description=gettext_lazy("Take away a lost second factor"))
    def take_second_factor_away(self, request: HttpRequest, rows: Any) -> None:
        count = 0
        for user in rows:
            if second_factor.take_away(user, by=request.user):  # type: ignore[arg-type]
                self.log_change(request, user, "The second factor was taken away.")
                count += 1
        text = ngettext(
            "{n} signs in with the password alone now, and was told.",
            "{n} sign in with their password alone now, and were told.",
            count,
        )
        self.message_user(request, text.format(n=count))
