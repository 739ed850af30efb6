"""Migrations that the code before them can live with: it runs on while they do (docs/scaling.md).

What takes away, renames, or locks a table that people write to goes in two releases: first the code
lets go of it, then the column goes. Where that is not wanted, a page in docs/decisions names the
migration (`crm.0003_…`) and says why.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState
from pytest import param

from tests.house.test_house import ROOT

BEFORE_THE_FIRST_RELEASE = {"0001_initial", "0002_writing"}  # nothing ran before them
TAKES_AWAY = (
    *(operations.RemoveField, operations.RenameField),
    *(operations.DeleteModel, operations.RenameModel, operations.AlterModelTable),
)
LOCKS = (operations.AddIndex, operations.AddConstraint)
DECIDED = "".join(path.read_text() for path in (ROOT / "docs/decisions").glob("*.md"))


def unsafe(migration: Migration, state: ProjectState) -> Iterator[str]:
    """What in it would trouble the code that runs meanwhile; `state` is that before it."""
    app, fresh = migration.app_label, set()
    for operation in migration.operations:
        if isinstance(operation, operations.CreateModel):
            fresh.add(operation.name_lower)
        elif getattr(operation, "model_name_lower", "") not in fresh:
            why = trouble(operation, app, state)
            yield from [f"{app}.{migration.name}: {operation.describe()}: {why}"] if why else []
        operation.state_forwards(app, state)


def trouble(operation: Any, app: str, state: ProjectState) -> str:
    if isinstance(operation, TAKES_AWAY):
        return "the code that runs still asks for it"
    if isinstance(operation, operations.AddField) and must_be_given(operation.field):
        return "the code that runs writes rows without it: null=True or db_default"
    if isinstance(operation, LOCKS) and not type(operation).__name__.endswith("Concurrently"):
        return "the table takes no writes meanwhile: AddIndexConcurrently, or NOT VALID first"
    if isinstance(operation, operations.AlterField):
        before = state.models[app, operation.model_name_lower].fields[operation.name]
        if before.null and not operation.field.null:
            return "the code that runs still writes NULL"
        if type(before) is not type(operation.field):
            return "the table is written anew, and the code that runs knows another type"
    if isinstance(operation, operations.RunPython | operations.RunSQL):
        return "whatever it does, a person has to look at it"
    return ""


def must_be_given(field: Any) -> bool:
    return not (field.null or field.many_to_many or field.has_db_default())


def migrations() -> list[tuple[Migration, ProjectState]]:
    loader = MigrationLoader(None)
    ours = [key for key in loader.disk_migrations if key[0] in ("crm", "inbox")]
    late = [key for key in sorted(ours) if key[1] not in BEFORE_THE_FIRST_RELEASE]
    graph = loader.graph
    return [(graph.nodes[key], loader.project_state(key, at_end=False)) for key in late]


def test_none_troubles_the_code_that_runs_meanwhile() -> None:
    found = [each for migration, state in migrations() for each in unsafe(migration, state)]
    assert not [each for each in found if f"`{each.partition(':')[0]}`" not in DECIDED]


# --- that it bites --------------------------------------------------------------------------------


def before() -> ProjectState:
    fields = [("id", models.BigAutoField(primary_key=True)), ("old", models.TextField(null=True))]
    state = ProjectState()
    state.add_model(ModelState("crm", "Thing", fields))
    return state


INDEX = models.Index(fields=["old"], name="thing_old")


@pytest.mark.parametrize(
    ("operation", "refused"),
    [
        param(operations.RemoveField("thing", "old"), True, id="remove"),
        param(operations.RenameField("thing", "old", "new"), True, id="rename"),
        param(operations.DeleteModel("Thing"), True, id="delete"),
        param(operations.AddField("thing", "x", models.TextField(default="")), True, id="not null"),
        param(operations.AddField("thing", "x", models.TextField(null=True)), False, id="null"),
        param(
            operations.AddField("thing", "x", models.TextField(db_default="")),
            False,
            id="default of the database's",
        ),
        param(operations.AddIndex("thing", INDEX), True, id="index"),
        param(operations.AlterField("thing", "old", models.TextField()), True, id="no more null"),
        param(
            operations.AlterField("thing", "old", models.TextField(null=True, blank=True)),
            False,
            id="for forms alone",
        ),
        param(operations.RunSQL("UPDATE crm_thing SET old = 'x'"), True, id="by hand"),
        param(operations.CreateModel("Other", []), False, id="a new table"),
    ],
)
def test_it_refuses_what_cannot_go_meanwhile(operation: Any, *, refused: bool) -> None:
    migration = Migration("0003_x", "crm")
    migration.operations = [operation]
    assert bool(list(unsafe(migration, before()))) is refused


def test_an_index_of_a_new_table_locks_nobody() -> None:
    migration = Migration("0003_x", "crm")
    fields = [("id", models.BigAutoField(primary_key=True)), ("old", models.TextField())]
    index = operations.AddIndex("other", models.Index(fields=["old"], name="other_old"))
    migration.operations = [operations.CreateModel("Other", fields), index]
    assert not list(unsafe(migration, before()))
