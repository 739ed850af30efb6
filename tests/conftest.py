"""What all tests share; tests/environment.py has set the variables before Django was imported."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase, override_settings
from django.utils import translation
from environ import Env
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings

from tests import schema
from tests.servers.dovecot import Dovecot
from tests.servers.redis import private_redis

pytest_plugins = ["tests.servers.fixtures", "tests.cast", "tests.lawful"]

# A busy machine is no failure; what must be quick is timed by its own test.
hypothesis_settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("any machine")


@pytest.fixture(scope="session")
def run_folder(worker_id: str) -> Path:
    """A folder for this process of the test run; it goes away with the run."""
    folder = Path(os.environ["MUSUBI_TEST_FOLDER"]) / worker_id
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def database_url(run_folder: Path, worker_id: str) -> str:
    """The database of this process. SQLite's is a file, as in real use: its locks differ."""
    return schema.copy(run_folder, f"test_musubi_{worker_id}")


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, database_url: str) -> Iterator[None]:
    """Instead of pytest-django's, which migrates in every process."""
    connection.close()
    connection.settings_dict["NAME"] = Env.db_url_config(database_url)["NAME"]
    with patch.object(TransactionTestCase, "_fixture_teardown", schema.empty):
        yield


@pytest.fixture(scope="session", autouse=True)
def _settings_of_this_process(run_folder: Path) -> Iterator[None]:
    """A folder of its own; passwords that take no third of a second for each person made; and
    static files looked up as they are asked for, not all of them by each test client."""
    quick = {
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
        "WHITENOISE_AUTOREFRESH": True,
    }
    with override_settings(MEDIA_ROOT=run_folder / "media", **quick):
        yield


@pytest.fixture(autouse=True)
def _files_go(run_folder: Path) -> Iterator[None]:
    """With the rows that named them: who reads the whole storage reads what its test left there."""
    yield
    shutil.rmtree(run_folder / "media", ignore_errors=True)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A test that looked at a page in Japanese leaves its thread speaking it."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    """What one test has asked for is not held against the next (crm/rates.py, sign-in)."""
    cache.clear()


@pytest.fixture(scope="session")
def environment_of_children(database_url: str, run_folder: Path) -> dict[str, str]:
    """For processes that outlive a test; one who uses them asks for `transactional_db` too."""
    shared = {"DATABASE_URL": database_url, "MEDIA_ROOT": str(run_folder / "media")}
    return {**os.environ, **shared, "CELERY_BROKER_URL": f"filesystem://{run_folder}/queue"}


@pytest.fixture
def child_environment(
    transactional_db: None, environment_of_children: dict[str, str]
) -> dict[str, str]:
    """The environment for a child process (manage.py …) that shall share this test's database."""
    return environment_of_children


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with private_redis() as url:
        yield url


@pytest.fixture
def trusted(settings: Settings, dovecot: Dovecot) -> Dovecot:
    """Dovecot, whose certificate the product believes, as an operator's INBOX_CA_FILE makes it."""
    settings.INBOX_CA_FILE = str(dovecot.ca_file)
    return dovecot
