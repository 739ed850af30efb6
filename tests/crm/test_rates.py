"""How often something may be asked for: counted once for all processes, and told when there is
room again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import RequestFactory
from pytest_django import Settings

from crm import rates
from tests.servers.ports import free_ports

NOW = datetime(2026, 11, 29, 12, 0, 20, tzinfo=UTC)
REDIS = "django.core.cache.backends.redis.RedisCache"


@pytest.fixture(params=["in this process", "redis"])
def counted(request: pytest.FixtureRequest, settings: Settings) -> Iterator[None]:
    settings.RATES = {"try": (3, 60), "often": (50, 86_400)}
    if request.param == "redis":
        url = request.getfixturevalue("redis_url").replace("redis+socket", "unix")
        settings.CACHES = {"default": {"BACKEND": REDIS, "LOCATION": url}}
    yield
    cache.clear()


@pytest.mark.usefixtures("counted")
def test_after_so_many_it_is_told_how_long_to_wait() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        for _time in range(3):
            rates.spend("try", "hana")
        with pytest.raises(rates.TooOften) as often:
            rates.spend("try", "hana")
        assert often.value.wait == 40
        assert str(often.value) == "That was too often. Try again in 40 seconds."
        rates.spend("try", "ken")
        clock.shift(39)
        with pytest.raises(rates.TooOften):
            rates.spend("try", "hana")
        clock.shift(1)
        rates.spend("try", "hana")


@pytest.mark.usefixtures("counted")
def test_the_log_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    for _time in range(6):
        with suppress(rates.TooOften):
            rates.spend("try", "hana")
    [line] = caplog.records
    assert (line.message, line.__dict__["rule"]) == ("Something was asked for too often.", "try")


@pytest.mark.usefixtures("counted")
def test_of_many_at_one_time_none_is_forgotten() -> None:
    """Each thread has a connection of its own to the cache, as each web process has."""

    def taken(_number: int) -> bool:
        try:
            rates.spend("often", "one")
        except rates.TooOften:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(taken, range(200))) == 50


def test_without_its_cache_the_product_goes_on_and_says_so(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    [port] = free_ports(1)
    settings.CACHES = {"default": {"BACKEND": REDIS, "LOCATION": f"redis://127.0.0.1:{port}"}}
    settings.RATES = {"try": (0, 60)}
    rates.spend("try", "hana")
    assert "nothing is limited" in caplog.text
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


@pytest.mark.parametrize(
    ("proxies", "said", "address"),
    [
        (0, {}, "192.0.2.1"),
        (0, {"X-Forwarded-For": "198.51.100.9"}, "192.0.2.1"),  # anybody can write that
        (1, {"X-Forwarded-For": "198.51.100.9, 203.0.113.5"}, "203.0.113.5"),  # the proxy's word
        (1, {"X-Forwarded-For": "no address"}, "unknown"),
        (1, {}, "192.0.2.1"),
    ],
)
def test_who_asks(settings: Settings, proxies: int, said: Any, address: str) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", headers=said, REMOTE_ADDR="192.0.2.1")
    assert rates.address_of(request) == address
