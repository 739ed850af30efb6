"""Programs of the benchmarks run to their end, at a size at which their figures say nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import schema

ROOT = Path(__file__).parents[2]


@pytest.mark.live
def test_they_measure_and_print(tmp_path: Path) -> None:
    """In a process of its own, with servers of its own; its database is migrated already, which
    would take longer than they do."""
    given = {"DATABASE_URL": schema.copy(tmp_path, "measured"), "MEDIA_ROOT": str(tmp_path)}
    given["PYTEST_XDIST_WORKER"] = "measured"  # the environment is there (tests/environment.py)
    command = [sys.executable, "-m", "benchmarks", "--headers", "50", "--rounds", "1"]
    command += ["--only", "scan", "--only", "match", "--only", "look"]  # the others wait for long
    ran = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **given}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    numbers = {line.split()[0] for line in ran.stdout.splitlines()}
    assert numbers == {"#", "1", "2", "3", "4", "5", "6", "9", "13", "17"}
