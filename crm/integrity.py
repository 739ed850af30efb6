"""Does what is stored hold together: rows, files, secrets? Asked after a restore, and by operators.

Finds what the database cannot forbid by itself. It reads every file and decrypts every secret, and
names neither: paths are made of a file's content, and of a secret only its column is told.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone

from crm import second_factor
from crm.models import Activity, DoomedFile
from crm.models.attachments import FOLDER, FileRow
from crm.models.fields import EncryptedTextField, box

WRITING = timedelta(hours=1)  # a file is written before the row that names it
AT_ONCE = 500
Sizes = dict[str, set[int]]  # of each file, what rows say of it: one size, if all is well
Questions = Mapping[str, Callable[[], Any]]  # by name: the rows that may not be, as a QuerySet


@dataclass
class Findings:
    """What was looked at, and what is wrong: paths, or how many of which column."""

    files: int = 0
    secrets: int = 0
    missing_files: list[str] = field(default_factory=list)  # named by a row
    damaged_files: list[str] = field(default_factory=list)  # other bytes than once
    unnamed_files: list[str] = field(default_factory=list)  # that no row names
    unreadable_secrets: dict[str, int] = field(default_factory=dict)
    empty_activities: dict[str, int] = field(default_factory=dict)  # by kind, without its detail
    broken_references: dict[str, int] = field(default_factory=dict)  # by table
    contradictions: dict[str, int] = field(
        default_factory=dict
    )  # rows that may not be, by question

    @property
    def well(self) -> bool:
        found = {**asdict(self), "files": 0, "secrets": 0}
        return not any(found.values())


def check(questions: Questions) -> Findings:
    """All of it, in memory that grows with the number of files alone. The `questions` are those of
    whoever stands above (inbox/integrity.py)."""
    found = Findings()
    _check_files(found)
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            if isinstance(column, EncryptedTextField):
                _check_secrets(column, found)
    _check_second_factors(found)
    _check_activities(found)
    _check_references(found)
    counts = {name: rows().count() for name, rows in questions.items()}
    found.contradictions = {name: count for name, count in counts.items() if count}
    return found


def stored_files() -> Iterator[str]:
    """The paths of all files of rows in the storage."""
    if not default_storage.exists(FOLDER):
        return
    for folder in sorted(default_storage.listdir(FOLDER)[0]):
        for name in sorted(default_storage.listdir(f"{FOLDER}/{folder}")[1]):
            yield f"{FOLDER}/{folder}/{name}"


# --- files ------------------------------------------------------------------------------------


def _check_files(found: Findings) -> None:
    named = _named()
    for path, sizes in named.items():
        if not default_storage.exists(path):
            found.missing_files.append(path)
        elif sizes != {default_storage.size(path)} or _digest(path) != path.replace("/", "")[-64:]:
            found.damaged_files.append(path)
    doomed = set(DoomedFile.objects.values_list("path", flat=True))
    for path in stored_files():
        found.files += 1
        if path not in named and path not in doomed and not _is_young(path):
            found.unnamed_files.append(path)


def _named() -> Sizes:
    named: Sizes = {}
    kinds: Any = FileRow.__subclasses__()
    for kind in kinds:
        rows = kind.objects.exclude(path="").order_by().values_list("path", "size")
        for path, size in rows.iterator(AT_ONCE):
            named.setdefault(path, set()).add(size)
    return named


def _digest(path: str) -> str:
    digest = hashlib.sha256()
    with default_storage.open(path) as file:
        for piece in file.chunks():
            digest.update(piece)
    return digest.hexdigest()


def _is_young(path: str) -> bool:
    return default_storage.get_modified_time(path) > timezone.now() - WRITING


# --- rows -------------------------------------------------------------------------------------


def _check_secrets(column: Any, found: Findings) -> None:
    """Column by column and past the model, where one that cannot be read would end the query."""
    quote = connection.ops.quote_name
    table = column.model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {quote(column.column)} FROM {quote(table)}")
        while rows := cursor.fetchmany(AT_ONCE):
            values = [bytes(value) for (value,) in rows if value is not None]
            found.secrets += len(values)
            if lost := sum(not _can_be_read(column.fernet, value) for value in values):
                name = f"{table}.{column.column}"
                found.unreadable_secrets[name] = found.unreadable_secrets.get(name, 0) + lost


def _check_second_factors(found: Findings) -> None:
    reader = box()
    read = [_can_be_read(reader, value.encode()) for value in second_factor.sealed()]
    found.secrets += len(read)
    if lost := read.count(False):
        found.unreadable_secrets[second_factor.COLUMN] = lost


def _check_activities(found: Findings) -> None:
    empty = Q()
    for kind in Activity.Kind.values:
        empty |= Q(kind=kind, **{kind: None})
    numbers = Activity.objects.filter(empty).order_by().values_list("kind")
    found.empty_activities = dict(numbers.annotate(Count("pk")))


def _can_be_read(reader: Any, value: bytes) -> bool:
    try:
        reader.decrypt(value)
    except InvalidToken:
        return False
    return True


def _check_references(found: Findings) -> None:
    """PostgreSQL holds its references always; SQLite only where each connection asks it to."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for table, *_where in cursor.execute("PRAGMA foreign_key_check").fetchall():
            found.broken_references[table] = found.broken_references.get(table, 0) + 1
