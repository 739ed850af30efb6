"""After each test that has met a mail server and the database: the invariants (pytest plugin).

Nobody has to ask for it, so nobody forgets it. A test that itself writes rows which no run would
leave, or that ends while its servers still misbehave, says so: `@pytest.mark.lawless("why")`.
"""

import logging
from collections.abc import Generator

import pytest
from django.test import override_settings

from config.logs import JsonFormatter
from tests import invariants
from tests.environment import TOUCHES_DATABASE


class Told(logging.Handler):
    """Every line, as an operator gets it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Within the call: the servers are as the test has left them, and the report is its own."""
    told = Told()
    logging.getLogger().addHandler(told)
    try:
        result = yield
    finally:
        logging.getLogger().removeHandler(told)
    if is_asked(pyfuncitem):
        given = pyfuncitem.funcargs
        with override_settings(INBOX_ALLOW_PRIVATE_HOSTS=True):
            invariants.check(invariants.World(given.get("dovecot"), given.get("relay"), told.lines))
    return result


def is_asked(test: pytest.Function) -> bool:
    lawless = test.get_closest_marker("lawless")
    assert not lawless or lawless.args, "why?"
    if lawless or not test.get_closest_marker("live"):
        return False
    named = TOUCHES_DATABASE.intersection(test.fixturenames)
    return bool(named or test.get_closest_marker("django_db"))
