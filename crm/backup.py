"""A backup in a folder, and back from it: the database, the files, and a page that says what it is.

    database.dump or database.sqlite3    as it stood at one moment
    media/attachments/…                  every file that a row of it names
    manifest.json                        rows of each table, files, digest, which keys it needs

Files lie under names made of their content, so a second backup into the same folder copies only
what is new. They are copied before and after the dump: what a purge takes meanwhile was there the
first time, and what came meanwhile is there the second.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from crm.integrity import stored_files

POSTGRES, SQLITE, MANIFEST, MEDIA = (
    *("database.dump", "database.sqlite3"),
    *("manifest.json", "media"),
)
Manifest = dict[str, Any]
# What psycopg calls it, and what PostgreSQL's own programs read: no password on a command line.
VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


class NotRestorable(Exception):
    """Why this backup does not go into this place, for the operator."""


def write(folder: Path) -> Manifest:
    """Back up into `folder`, 0700; the manifest is written last: without it there is no backup."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    _copy_files(folder)
    dump = folder / _name()
    rows = _dump_postgres(dump) if connection.vendor == "postgresql" else _dump_sqlite(dump)
    dump.chmod(0o600)
    _copy_files(folder)
    manifest: Manifest = {
        "at": timezone.now().isoformat(),
        "database": dump.name,
        "sha256": _digest(dump),
        "keys": [_fingerprint(key) for key in settings.FERNET_KEYS],
        "rows": rows,
        "files": sum(path.is_file() for path in (folder / MEDIA).rglob("*")),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))
    return manifest


def read(folder: Path) -> Manifest:
    """Restore into an empty database and storage. Raises NotRestorable before it has written."""
    manifest = _checked(folder)
    dump = folder / manifest["database"]
    if connection.vendor == "postgresql":
        _run("pg_restore", "--no-owner", "--no-privileges", "--single-transaction", f"-d{_named()}",
             str(dump))  # fmt: skip
    else:
        with sqlite3.connect(dump) as source:
            source.backup(_sqlite())
    connection.close()
    for path in sorted((folder / MEDIA).rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                default_storage.save(str(path.relative_to(folder / MEDIA)), File(file))
    if _rows(manifest["rows"]) != manifest["rows"]:
        raise NotRestorable("The tables do not have the rows that the backup had.")
    return manifest


def _checked(folder: Path) -> Manifest:
    if not (folder / MANIFEST).exists():
        raise NotRestorable(f"{folder} holds no finished backup.")
    manifest: Manifest = json.loads((folder / MANIFEST).read_text())
    if manifest["database"] != _name():
        raise NotRestorable(f"{manifest['database']} is not of the kind of DATABASE_URL.")
    if _digest(folder / manifest["database"]) != manifest["sha256"]:
        raise NotRestorable(f"{manifest['database']} is damaged.")
    if not {_fingerprint(key) for key in settings.FERNET_KEYS} >= set(manifest["keys"]):
        raise NotRestorable("FERNET_KEYS lacks a key of this backup: its passwords would be lost.")
    if connection.introspection.table_names():
        raise NotRestorable("There are tables in this database already: give an empty one.")
    if next(stored_files(), None):
        raise NotRestorable("There are files in MEDIA_ROOT already: give an empty folder.")
    return manifest


# --- the database -----------------------------------------------------------------------------


def _name() -> str:
    return POSTGRES if connection.vendor == "postgresql" else SQLITE


def _dump_postgres(dump: Path) -> dict[str, int]:
    """The rows are counted in the very snapshot that is dumped."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        options = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}")
        _run("pg_dump", *options, f"--file={dump}")
        return _rows(connection.introspection.table_names())


def _dump_sqlite(dump: Path) -> dict[str, int]:
    dump.unlink(missing_ok=True)
    tables = connection.introspection.table_names()
    with sqlite3.connect(dump) as target:
        _sqlite().backup(target)
        counted = {name: target.execute(f'SELECT count(*) FROM "{name}"') for name in tables}
        rows = {name: answer.fetchone()[0] for name, answer in counted.items()}
    target.close()
    return rows


def _sqlite() -> sqlite3.Connection:
    connection.ensure_connection()
    found: sqlite3.Connection = connection.connection
    return found


def _rows(tables: Iterable[str]) -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for name in tables:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")
            found[name] = cursor.fetchone()[0]
    return found


def _named() -> str:
    return str(connection.settings_dict["NAME"])


def _run(program: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs, on the database of the settings."""
    given = connection.get_connection_params()
    place = {name: str(given[key]) for key, name in VARIABLES.items() if given.get(key)}
    subprocess.run([program, *arguments], env={**os.environ, **place}, check=True)


# --- files and keys ---------------------------------------------------------------------------


def _copy_files(folder: Path) -> None:
    for path in stored_files():
        target = folder / MEDIA / path
        if target.exists() and target.stat().st_size == default_storage.size(path):
            continue
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with default_storage.open(path) as file, target.open("wb") as copy:
            shutil.copyfileobj(file, copy)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fingerprint(key: str) -> str:
    """Tells keys apart without telling them."""
    return hashlib.sha256(b"musubi backup " + key.encode()).hexdigest()[:16]
