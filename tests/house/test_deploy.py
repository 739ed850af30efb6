"""Dockerfile, compose.yaml and the units say what is there: programs, commands, variables, files.

No container engine and no init system is at hand here (docs/unverified.md): this is what can be
known without them, and what goes wrong when something is renamed.
"""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from config.serve import Address, commands
from tests.house.test_contracts import VARIABLE, pins
from tests.house.test_house import ROOT

PROGRAMS = Path(sys.executable).parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PARTS = set(commands(Address("127.0.0.1", 8000)))
OF_OTHERS = {"PROMETHEUS_MULTIPROC_DIR", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PATH"}
KNOWN = set(VARIABLE.findall((ROOT / "config/settings.py").read_text())) | OF_OTHERS


def built() -> dict[str, dict[str, Any]]:
    """The services that run our own image."""
    return {name: each for name, each in COMPOSE["services"].items() if "build" in each}


def check(command: list[str]) -> None:
    """It is a program that requirements.txt installs; a `manage.py` command exists."""
    program, *arguments = command
    assert (PROGRAMS / Path(program).name).exists(), program
    assert Path(program).name in {"python", *pins("requirements.txt")}
    if arguments[:1] == ["manage.py"]:
        assert arguments[1] in get_commands()
    for module in re.findall(r"config\.(\w+)", " ".join(arguments)):
        assert (ROOT / "config" / f"{module}.py").exists()


def test_the_dockerfile_is_clean() -> None:
    run = subprocess.run([PROGRAMS / "hadolint", "Dockerfile"], cwd=ROOT, capture_output=True)
    assert run.returncode == 0, run.stdout.decode()


def test_the_image_has_what_it_names() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.M):
        for source in line.split():
            assert (ROOT / source).exists()
            assert f"!{source}" in ignored
    (command,) = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.M)
    check(yaml.safe_load(command))
    assert set(
        re.findall(r"([A-Z_]+)=", "".join(re.findall(r"^ENV .*(?:\\\n.*)*", DOCKERFILE, re.M)))
    ) <= (KNOWN | {"PIP_NO_CACHE_DIR", "PIP_DISABLE_PIP_VERSION_CHECK"})
    assert re.search(r"^USER \d+$", DOCKERFILE, re.M)


def test_compose_runs_every_part_once() -> None:
    assert PARTS | {"migrate"} == set(built())
    for name, service in COMPOSE["services"].items():
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"])
        volumes = {each.partition(":")[0] for each in service.get("volumes", [])}
        assert volumes <= set(COMPOSE["volumes"])
        assert "deploy" not in service, name
    for service in built().values():
        assert set(service["environment"]) <= KNOWN
        if "command" in service:
            check(service["command"])


def test_what_compose_asks_for_is_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text()
    for name in re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()):
        assert f"{name}=" in example


def test_a_unit_for_every_part() -> None:
    assert {unit.stem.removeprefix("musubi-") for unit in UNITS} == PARTS
    target = (ROOT / "deploy/systemd/musubi.target").read_text()
    for unit in UNITS:
        assert unit.name in target
        text = unit.read_text()
        (line,) = re.findall(r"^ExecStart=(.+)$", text, re.M)
        check(shlex.split(line))
        assert (
            set(re.findall(r"([A-Z_]+)=", "".join(re.findall("^Environment=.*", text, re.M))))
            <= KNOWN
        )


def test_the_units_are_well_formed(tmp_path: Path) -> None:
    """Here the programs lie elsewhere than on the machine that the units are for."""
    program = shutil.which("systemd-analyze")
    assert program, "systemd-analyze is not installed: apt-get install systemd"
    for unit in [*UNITS, ROOT / "deploy/systemd/musubi.target"]:
        text = unit.read_text().replace("/srv/musubi/.venv/bin", str(PROGRAMS))
        (tmp_path / unit.name).write_text(text)
    run = subprocess.run(
        [program, "verify", *sorted(tmp_path.iterdir())], capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize("part", sorted(PARTS))
def test_they_start_what_script_server_starts(part: str) -> None:
    """The options may differ by taste, the program and its job may not."""
    ours = commands(Address("127.0.0.1", 8000))[part]
    job = {"web": "config.wsgi:application", "watcher": "watch_mailboxes"}.get(part, part)
    assert job in ours
    unit = (ROOT / f"deploy/systemd/musubi-{part}.service").read_text()
    assert job in unit
    assert job in (built()[part].get("command") or yaml.safe_load(DOCKERFILE.rpartition("CMD ")[2]))
