"""How people get accounts: the first one by a one-time link, all others by an admin."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.usersessions.models import UserSession
from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from crm import notices
from crm.models import Pipeline, Role, Stage, User

SALT = "first-account"
# What allauth would mail by templates of its own is told in the bell and mailed as all else is.
TOLD = {
    "mfa/email/totp_activated": "second_factor_on",
    "mfa/email/totp_deactivated": "second_factor_off",
    "mfa/email/recovery_codes_generated": "recovery_codes_new",
    "account/email/password_changed": "password_changed",
    "account/email/password_reset": "password_changed",
}
log = logging.getLogger(__name__)


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Nobody signs up by themselves, and the log tells who came in and who did not."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        log.info("Signed in.", extra={"user": user.pk})

    def logout(self, request: HttpRequest) -> None:
        UserSession.objects.filter(session_key=request.session.session_key).delete()
        super().logout(request)

    def send_notification_mail(self, template_prefix: str, user: User, *_: Any, **__: Any) -> None:
        if kind := TOLD.get(template_prefix):
            notices.tell(user, kind, mail=True)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """By the account's number, where there is one; what was typed may be a password."""
        meant = User.objects.filter(email=str(credentials.get("email", "")).lower()).first()
        log.warning("A sign-in was refused.", extra={"user": meant.pk if meant else None})


def setup_url(base_url: str) -> str:
    """The one-time link that makes the first account; "" once there is one."""
    if User.objects.exists():
        return ""
    return base_url.rstrip("/") + reverse("crm:setup", args=[signing.dumps("setup", salt=SALT)])


def setup_is_open(token: str) -> bool:
    """Whether this link may still make the first account."""
    try:
        signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return False
    return not User.objects.exists()


@transaction.atomic
def create_first_account(*, name: str, email: str, password: str, time_zone: str) -> User:
    """The first admin, with the pipeline that every new CRM starts from."""
    user = User.objects.create_user(
        email, password, name=name, role=Role.ADMIN, time_zone=time_zone
    )
    if not Pipeline.objects.exists():
        start_pipeline()
    return user


def start_pipeline() -> Pipeline:
    """Named in the language of whoever starts it; from then on its names are the house's own."""
    pipeline = Pipeline.objects.create(name=_("Sales"))
    rows = [
        (_("Qualified"), 20, Stage.Outcome.OPEN),
        (_("Proposal"), 50, Stage.Outcome.OPEN),
        (_("Negotiation"), 80, Stage.Outcome.OPEN),
        (_("Won"), 100, Stage.Outcome.WON),
        (_("Lost"), 0, Stage.Outcome.LOST),
    ]
    for position, (name, probability, outcome) in enumerate(rows):
        Stage.objects.create(
            pipeline=pipeline,
            name=name,
            position=position,
            probability=probability,
            outcome=outcome,
        )
    return pipeline
