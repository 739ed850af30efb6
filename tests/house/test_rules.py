"""docs/rules.md lists every rule, and every rule that is built has a test that would miss it."""

import ast
import re

from tests.house.test_house import ROOT, TESTS, tree

ROW = re.compile(r"^\| (M\d+) \| (built|partly|not yet) \|", re.M)
STATES = dict(ROW.findall((ROOT / "docs/rules.md").read_text()))


def test_all_rules_are_listed() -> None:
    assert list(STATES) == [f"M{number}" for number in range(1, 61)]


def test_every_built_rule_is_named_by_a_test() -> None:
    named = set().union(*(marks(tree(path)) for path in TESTS))
    built = {rule for rule, state in STATES.items() if state != "not yet"}
    assert not built - named, "no test says that it would fail without these rules"
    assert not named - set(STATES)


def marks(module: ast.Module) -> set[str]:
    """The arguments of all `pytest.mark.rule("M8")`."""
    return {
        argument.value
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "rule"
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
