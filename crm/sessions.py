"""Where somebody is signed in, and how that ends (ASVS 7.4.5, 7.5.2).

Django's session is what opens a page. allauth's row beside it says which browser it is, from which
address and when it was last used; it is seen by its owner alone, and goes with the session.
"""

import hashlib
import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from cryptography.fernet import InvalidToken
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.contrib.sessions.serializers import JSONSerializer
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from crm import notices, rates
from crm.lib import browsers
from crm.models import User
from crm.models.fields import box

NOTED_EVERY = 15 * 60  # seconds: "last used" is that exact
log = logging.getLogger(__name__)


class SealedSerializer(JSONSerializer):
    """What sessions hold is ciphertext in the database (M39): the secret of a second factor that is
    being set up, the code that a mail has asked for. One from before is read as it is."""

    def dumps(self, obj: Any) -> bytes:
        return box().encrypt(super().dumps(obj))

    def loads(self, data: bytes) -> Any:
        try:
            data = box().decrypt(data)
        except InvalidToken:
            log.debug("a session that is not encrypted")  # or by a key that is gone: no JSON
        return super().loads(data)


class Shown(NamedTuple):
    """A session as its owner sees it; `browser` is "" where it is no browser we know."""

    pk: int
    browser: str
    address: str
    since: datetime
    used: datetime
    here: bool


def shown(user: User, here: str) -> list[Shown]:
    """Those that open something; the one with the key `here` first, then by last use."""
    rows = {row.session_key: row for row in UserSession.objects.filter(user=user)}
    stored = Session.objects.filter(session_key__in=rows, expire_date__gt=timezone.now())
    proof = user.get_session_auth_hash()  # another one since the password was changed
    opening = [each.pk for each in stored if each.get_decoded().get(HASH_SESSION_KEY) == proof]
    found = [_shown(rows[key], here=key == here) for key in opening]
    return sorted(found, key=lambda each: (each.here, each.used, each.pk), reverse=True)


def _shown(row: Any, *, here: bool) -> Shown:
    used = timezone.now() if here else row.last_seen_at
    return Shown(row.pk, browsers.named(row.user_agent), row.ip, row.created_at, used, here)


def end_one(user: User, pk: int, *, but: str) -> int:
    """End that one of theirs, unless it is the one with the key `but`; returns how many ended."""
    rows = UserSession.objects.filter(user=user, pk=pk).exclude(session_key=but)
    return _end(list(rows.values_list("session_key", flat=True)))


def end_all(user: User, *, but: str = "") -> int:
    """End all of theirs, or all but one; also those that no row stands beside."""
    living = Session.objects.filter(expire_date__gt=timezone.now()).exclude(session_key=but)
    mine = str(user.pk)
    found = living.iterator(500)
    return _end([each.pk for each in found if each.get_decoded().get(SESSION_KEY) == mine])


def end_for(user: User, *, by: User) -> int:
    """An administrator ends them; who they were of is told."""
    with transaction.atomic():
        count = end_all(user)
        notices.tell(user, "sessions_ended", mail=True, by=by.name)
    log.warning("Sessions were ended.", extra={"user": user.pk, "by": by.pk})
    return count


@transaction.atomic
def _end(keys: Collection[str]) -> int:
    UserSession.objects.filter(session_key__in=keys).delete()
    count: int = Session.objects.filter(session_key__in=keys).delete()[0]
    return count


def forget_ended() -> None:
    """What has run out, and whatever stood beside sessions that are gone."""
    Session.objects.filter(expire_date__lte=timezone.now()).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()


class LastUseMiddleware:
    """Notes that a session is in use, four times an hour at most: a page costs no query for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, User) and not _has_just_come(request.user):
            _note(request)
        return self.get_response(request)


def _has_just_come(user: User) -> bool:
    """The sign-in itself was noted."""
    since = user.last_login
    return since is not None and timezone.now() - since < timedelta(seconds=NOTED_EVERY)


def _note(request: HttpRequest) -> None:
    key = request.session.session_key or ""
    name = f"session:{hashlib.sha256(key.encode()).hexdigest()}"  # the key itself opens a session
    if not rates.first(name, NOTED_EVERY):
        return
    seen = {"ip": get_adapter().get_client_ip(request), "last_seen_at": timezone.now()}
    if not UserSession.objects.filter(session_key=key).update(**seen):
        UserSession.objects.create_from_request(request)  # from before there were such rows
