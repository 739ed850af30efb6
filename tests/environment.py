"""The environment of every test run, set before Django reads its settings (pytest -p, pyproject).

`--db=postgres` runs, on a private PostgreSQL, only the tests that touch the database. Workers of
pytest-xdist inherit what the first process has set.
"""

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from _pytest import runner

from tests.servers.postgres import private_postgres

IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
TOUCHES_DATABASE = {"db", "transactional_db", "django_db_reset_sequences", "live_server"}
# Fixtures, folders and files, by how much who asks for them, or lies there, waits for other
# processes: from most to least.
WAITING = [
    {
        "transactional_db",
        "benchmarks",
        "config",
        "live",
        "wire",
        "test_random.py",
        "test_faults.py",
    },
    {"_mail_servers", "connect"},
    {"live_server"},
]
PATCHING = "test_sentry.py"  # at the very end: what the client has patched stays so, and is slower
_running = ExitStack()


def _stop(owner: int) -> None:
    """Also after a run that ended before it began; but not at the end of a forked child."""
    if os.getpid() == owner:
        _running.close()


if not IS_WORKER:
    atexit.register(_stop, os.getpid())
    _folder = Path(tempfile.mkdtemp(prefix="musubi-tests-"))
    _running.callback(shutil.rmtree, _folder, ignore_errors=True)
    os.environ.update(
        SECRET_KEY="only-for-tests-" + 40 * "s",
        FERNET_KEYS="bXVzdWJpLXRlc3RzLWtleS1udW1iZXItb25lLTAwMDE=",
        MESSAGE_ID_KEYS="only-for-tests-" + 40 * "m",
        DATABASE_URL=f"sqlite:///{_folder}/musubi.sqlite3",
        CELERY_BROKER_URL="memory://",
        CACHE_URL="locmemcache://",
        MEDIA_ROOT=str(_folder / "media"),
        EMAIL_URL="memorymail://",
        ALLOWED_HOSTS="localhost,127.0.0.1,[::1],testserver",
        CSRF_TRUSTED_ORIGINS="",
        DEBUG="false",
        HTTPS="false",
        STATIC_MANIFEST="false",
        LANGUAGE_CODE="en",
        TIME_ZONE="UTC",
        INBOX_ALLOW_PRIVATE_HOSTS="true",  # every server of the tests is on loopback
        INBOX_ALLOW_PRIVATE_PICTURES="true",
        INBOX_DISCOVERY="false",  # a test that tries it brings its own Internet
        INBOX_POLL_SECONDS="60",
        INBOX_IDLE="true",
        INBOX_CA_FILE="",
        MUSUBI_TEST_FOLDER=str(_folder),
    )
    for _name in [name for name in os.environ if name.startswith("RETENTION_")]:
        del os.environ[_name]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--db",
        choices=["sqlite", "postgres"],
        default="sqlite",
        help="the database to test on; with postgres only the tests that touch it",
    )


@pytest.hookimpl(wrapper=True)  # a wrapper comes before pytest-django, which reads the settings
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    if early_config.known_args_namespace.db == "postgres" and not IS_WORKER:
        os.environ["DATABASE_URL"] = _running.enter_context(private_postgres())
    yield


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On SQLite files that wait come first, on PostgreSQL last: run beside each other, one of the
    two computes while the other waits. With --db=postgres: drops what never touches the database.
    """
    ranks: dict[Path, int] = {}
    for item in items:
        ranks[item.path] = min(rank(item), ranks.get(item.path, len(WAITING)))
    on_postgres = config.getoption("db") == "postgres"
    items.sort(key=lambda item: ranks[item.path], reverse=on_postgres)
    if not on_postgres:
        items.sort(key=lambda item: item.path.name == PATCHING)
        return
    kept = [item for item in items if touches_the_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """As pytest does it; but see the line below."""
    return runner.pytest_runtest_protocol(item, nextitem)


# Python 3.11 and newer keep the frames of calls in pieces of 16 kB, each taken from the system when
# a call needs it and given back when it returns: a test some hundred calls deep does so at every
# call across an edge. One large frame below makes one piece, in which there is room for the others.
pytest_runtest_protocol.__code__ = pytest_runtest_protocol.__code__.replace(co_stacksize=40_000)


def pytest_collection_finish() -> None:
    """What has been loaded stays: Python need not look for garbage among it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def rank(item: pytest.Item) -> int:
    """In WAITING, or after it."""
    marker = item.get_closest_marker("django_db")
    named = {*fixtures_of(item), *item.path.parts}
    if marker and marker.kwargs.get("transaction"):
        named.add("transactional_db")
    ranks = (number for number, names in enumerate(WAITING) if not names.isdisjoint(named))
    return next(ranks, len(WAITING))


def touches_the_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("once"):
        return False
    if item.get_closest_marker("django_db"):
        return True
    return not TOUCHES_DATABASE.isdisjoint(fixtures_of(item))


def fixtures_of(item: pytest.Item) -> Sequence[str]:
    return getattr(item, "fixturenames", ())
