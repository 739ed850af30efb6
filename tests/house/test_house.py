"""The rules of the house that a machine can check; docs/house.md tells them."""

import ast
from collections.abc import Iterator
from functools import cache
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


@cache
def text(path: Path) -> str:
    return path.read_text()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path))


@cache
def functions(path: Path) -> list[Function]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, Function)]


def calls(path: Path) -> Iterator[str]:
    """The last name of everything that is called: `look` of `engine.look(mailbox)`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield getattr(node.func, "attr", getattr(node.func, "id", ""))


def lines(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def height(path: Path) -> int:
    return len(text(path).splitlines())


def limit(path: Path) -> int:
    if path.name == "tasks.py":
        return LONGEST["task"]
    return LONGEST["view"] if "views" in path.parts else LONGEST["function"]


def p90(figures: list[int]) -> int:
    ordered = sorted(figures)
    return ordered[int(0.9 * (len(ordered) - 1))] if ordered else 0


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def higher(paths: list[Path], kind: str) -> list[str]:
    return [f"{name(path)}: {height(path)}" for path in paths if height(path) > LONGEST[kind]]


def test_a_module_is_of_house_size() -> None:
    assert not higher(MODULES, "module")
    long = [
        f"{name(path)}: {function.name} has {lines(function)} lines"
        for path in MODULES
        for function in functions(path)
        if lines(function) > limit(path)
    ]
    assert not long


def test_a_module_says_which_room_it_is() -> None:
    """One sentence, on the first line."""
    assert not [name(path) for path in MODULES if text(path) and not ast.get_docstring(tree(path))]


def test_imports_stand_at_the_top() -> None:
    late = [
        f"{name(path)}:{node.lineno}"
        for path in MODULES
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not late, "an import inside a function hides a cycle: move the code, not the import"


def test_names_say_what_they_are() -> None:
    assert not [name(path) for path in [*MODULES, *TESTS] if path.stem in BANNED_MODULES]
    classes = [
        f"{name(path)}: {node.name}"
        for path in [*MODULES, *TESTS]
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and node.name.endswith(BANNED_SUFFIXES)
    ]
    assert not classes


def test_only_tasks_talk_to_celery() -> None:
    others = [path for path in MODULES if path.name != "tasks.py"]
    talkers = [name(path) for path in others if not OF_CELERY.isdisjoint(calls(path))]
    assert not talkers, "what happens later is a row with a due time"


@pytest.mark.rule("M6")
@pytest.mark.rule("M44")
def test_reasons_to_read_a_body_are_given_in_one_place() -> None:
    givers = [name(path) for path in MODULES if "Reason" in calls(path)]
    assert givers == ["inbox/sync/rules.py"], "only the rules may allow a body"


def test_templates_and_stylesheets_are_of_house_size() -> None:
    assert not higher(TEMPLATES, "template")
    assert not higher(STYLESHEETS, "stylesheet")


def test_the_whole_house_stays_small() -> None:
    assert p90([lines(f) for path in MODULES for f in functions(path)]) <= AT_P90["function"]
    assert p90([height(path) for path in MODULES]) <= AT_P90["module"]
