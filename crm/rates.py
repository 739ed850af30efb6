"""How often something may be asked for (ASVS 6.3.1): `settings.RATES` says so, the cache counts.

    spend("connection_test", user.pk)      one more by this person, or TooOften

Windows are fixed, and one step of the cache counts, so that all web processes count together (with
Redis as the cache). ninja's throttles and allauth's limits are not used for this: the ones read a
list, add to it and write it back, so that of two calls at one time one is not counted; the others
count no GET and belong to allauth's own pages.
"""

import logging
import math
import time

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import ngettext
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class TooOften(Exception):
    """`wait`: seconds until it may be asked again. `str()` says so to a person."""

    def __init__(self, wait: int) -> None:
        self.wait = wait
        super().__init__(wait)

    def __str__(self) -> str:
        said = ngettext(
            "That was too often. Try again in {n} second.",
            "That was too often. Try again in {n} seconds.",
            self.wait,
        )
        return said.format(n=self.wait)


def spend(what: str, whose: object) -> None:
    """Counts one more of `what`, a name in `settings.RATES`. Raises TooOften."""
    most, seconds = settings.RATES[what]
    window, since = divmod(time.time(), seconds)
    count = _counted(f"rate:{what}:{whose}:{window:.0f}", seconds)
    if count == most + 1:  # once, however often it is tried from then on
        log.warning("Something was asked for too often.", extra={"rule": what})
    if count > most:
        raise TooOften(math.ceil(seconds - since))


def first(name: str, seconds: int) -> bool:
    """Whether it is the first time in so many seconds; False where the cache does not answer."""
    try:
        return bool(cache.add(name, 1, timeout=seconds))
    except RedisError:
        log.warning("The cache does not answer: what is noted now and then is not.")
        return False


def address_of(request: HttpRequest) -> str:
    """Who asks, by address: behind a proxy the one that it tells (ALLAUTH_TRUSTED_PROXY_COUNT)."""
    try:
        return str(get_adapter(request).get_client_ip(request))
    except PermissionDenied:  # a socket without addresses, and a proxy that tells none
        return "unknown"


def _counted(key: str, seconds: int) -> int:
    try:
        return 1 if cache.add(key, 1, timeout=seconds) else cache.incr(key)
    except ValueError:  # a small cache has dropped it between the two
        return 1
    except RedisError:  # what is limited is worth less than that people can work
        log.warning("The cache does not answer: nothing is limited meanwhile.")
        return 0
