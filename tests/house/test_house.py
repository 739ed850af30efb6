"""The rules of the house that a machine can check; docs/house.md tells them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "crm", "inbox")
MODULES = [
    path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "migrations" not in path.parts
]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLESHEETS = sorted((ROOT / "static").rglob("*.css"))

LONGEST = {"function": 50, "view": 25, "task": 8, "module": 400, "template": 160, "stylesheet": 350}
AT_P90 = {"function": 25, "module": 250}
BANNED_MODULES = {
    *("utils", "helpers", "services", "managers"),
    *("common", "misc", "signals", "handlers"),
}
BANNED_SUFFIXES = ("Service", "Helper", "Handler", "Processor", "Util", "Utils")
OF_CELERY = {"delay", "apply_async", "on_commit"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def calls(path: Path) -> Iterator[str]:
    """The last name of everything that is called: `look` of `engine.look(mailbox)`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield getattr(node.func, "attr", getattr(node.func, "id", ""))


def lines(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def height(path: Path) -> int:
    return len(path.read_text().splitlines())


def limit(path: Path) -> int:
    if path.name == "tasks.py":
        return LONGEST["task"]
    return LONGEST["view"] if "views" in path.parts else LONGEST["function"]


def p90(figures: list[int]) -> int:
    ordered = sorted(figures)
    return ordered[int(0.9 * (len(ordered) - 1))] if ordered else 0


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_module_is_of_house_size(path: Path) -> None:
    assert height(path) <= LONGEST["module"]
    long = [f"{f.name} has {lines(f)} lines" for f in functions(path) if lines(f) > limit(path)]
    assert not long


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_module_says_which_room_it_is(path: Path) -> None:
    assert path.read_text() == "" or ast.get_docstring(tree(path)), (
        "one sentence, on the first line"
    )


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_stand_at_the_top(path: Path) -> None:
    inside = (node for function in functions(path) for node in ast.walk(function))
    late = [node.lineno for node in inside if isinstance(node, ast.Import | ast.ImportFrom)]
    assert not late, "an import inside a function hides a cycle: move the code, not the import"


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=name)
def test_names_say_what_they_are(path: Path) -> None:
    assert path.stem not in BANNED_MODULES
    classes = [node.name for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)]
    assert not [each for each in classes if each.endswith(BANNED_SUFFIXES)]


@pytest.mark.parametrize("path", [p for p in MODULES if p.name != "tasks.py"], ids=name)
def test_only_tasks_talk_to_celery(path: Path) -> None:
    assert OF_CELERY.isdisjoint(calls(path)), "what happens later is a row with a due time"


@pytest.mark.rule("M6")
@pytest.mark.rule("M44")
def test_reasons_to_read_a_body_are_given_in_one_place() -> None:
    givers = [name(path) for path in MODULES if "Reason" in calls(path)]
    assert givers == ["inbox/sync/rules.py"], "only the rules may allow a body"


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_template_is_of_house_size(path: Path) -> None:
    assert height(path) <= LONGEST["template"]


@pytest.mark.parametrize("path", STYLESHEETS, ids=name)
def test_stylesheet_is_of_house_size(path: Path) -> None:
    assert height(path) <= LONGEST["stylesheet"]


def test_the_whole_house_stays_small() -> None:
    assert p90([lines(f) for path in MODULES for f in functions(path)]) <= AT_P90["function"]
    assert p90([height(path) for path in MODULES]) <= AT_P90["module"]
