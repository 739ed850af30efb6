"""The database of a test: its schema, and what is left in it.

The schema is migrated once a run: each process of the run, and each server in it, has a copy.
To migrate takes seconds of a processor, to copy what came of it some milliseconds. What is
migrated, by manage.py as an operator does it, is the database that DATABASE_URL names.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.db import connection, transaction

ROOT = Path(__file__).resolve().parents[1]
WRITTEN_BY_MIGRATE = {"django_content_type", "auth_permission"}


def copy(folder: Path, name: str) -> str:
    """A new database as an empty one is after `manage.py migrate`; returns its DATABASE_URL.

    On SQLite it is the file `name`.sqlite3 in the folder.
    """
    url = os.environ["DATABASE_URL"]
    with _one_at_a_time():
        if url.startswith("sqlite"):
            target = folder / f"{name}.sqlite3"
            shutil.copy(_migrated(url).removeprefix("sqlite:///"), target)
            return f"sqlite:///{target}"
        _create(name, template=_migrated(url))
        return url.replace("/musubi?", f"/{name}?")


def empty(_test: object) -> None:
    """Deletes what a test has committed, from the tables that it has filled.

    Stands in for Django's flush, which empties all there are and then writes anew the type and the
    permissions of each model: a tenth of a second on PostgreSQL.
    """
    names = set(connection.introspection.django_table_names()) - WRITTEN_BY_MIGRATE
    tables = [connection.ops.quote_name(name) for name in sorted(names)]
    asked = [f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables]
    with transaction.atomic(), connection.cursor() as cursor:  # references are checked at its end
        cursor.execute(" UNION ALL ".join(asked))
        for (filled,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {filled}")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Among all processes of this run."""
    with (_folder() / "schema.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _migrated(url: str) -> str:
    """The database that is copied, migrated by whoever comes first: its URL, or its name."""
    done = _folder() / "schema.migrated"
    server = not url.startswith("sqlite")
    if not done.exists():
        if server:
            _create("musubi", template="template0")
        subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, check=True)
        done.touch()
    return "musubi" if server else url


def _create(name: str, *, template: str) -> None:
    maintenance = os.environ["DATABASE_URL"].replace("/musubi?", "/postgres?")
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")  # type: ignore[arg-type]


def _folder() -> Path:
    return Path(os.environ["MUSUBI_TEST_FOLDER"])
