"""What holds between files: the import contracts, the locked requirements, the pages about them."""

import re
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from config.celery import app
from tests.house.test_house import ROOT

ROOM = re.compile(r"`((?:config|crm|inbox|tests|docs|script|templates)/[\w./-]*)`")
VARIABLE = re.compile(r"env(?:\.\w+\(|\(|,)\s*[\"']([A-Z_]+)[\"']")


def test_the_arrows_of_the_house_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


def test_the_locks_agree() -> None:
    """script/server, its --demo and script/test share a .venv."""
    product, tests = pins("requirements.txt"), pins("requirements-dev.txt")
    demo = pins("requirements-demo.txt")
    assert {name: demo.get(name) for name in product} == product
    assert {name: tests.get(name) for name in demo} == demo


def test_every_dependency_has_its_line() -> None:
    told = re.findall(r"^\| (\w[\w-]*) \|", (ROOT / "docs/dependencies.md").read_text(), re.M)
    lists = (
        "requirements.in",
        "requirements-demo.in",
        "requirements-dev.in",
        "requirements-sentry.in",
    )
    wanted = set().union(*map(entries, lists))
    assert {each.lower() for each in told} - {"package"} == wanted


def test_every_variable_is_in_the_example_and_in_the_docs() -> None:
    read = set(VARIABLE.findall((ROOT / "config/settings.py").read_text()))
    example = (ROOT / ".env.example").read_text()
    docs = (ROOT / "docs/running.md").read_text()
    assert len(read) > 20
    assert not {each for each in read if f"{each}=" not in example}
    assert not {each for each in read if f"`{each}`" not in docs}


def test_the_plan_of_the_house_names_rooms_that_exist() -> None:
    named = set(ROOM.findall((ROOT / "docs/house.md").read_text()))
    assert len(named) > 25
    assert not [each for each in sorted(named) if not (ROOT / each).exists()]


def test_every_tick_is_a_task() -> None:
    app.loader.import_default_modules()
    ticks = {tick["task"] for tick in settings.CELERY_BEAT_SCHEDULE.values()}
    assert ticks <= set(app.tasks)


def pins(file: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==(\S+)", (ROOT / file).read_text(), re.M))


def entries(file: str) -> set[str]:
    text = (ROOT / file).read_text()
    return {each.lower() for each in re.findall(r"^([A-Za-z][\w-]*)", text, re.M)}
