"""Programs of the benchmarks run to their end, at a size at which their figures say nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.live
def test_they_measure_and_print() -> None:
    """In a process of its own: they bring their own settings, servers and database."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [sys.executable, "-m", "benchmarks", "--headers", "50", "--rounds", "1"]
    command += ["--only", "scan", "--only", "match", "--only", "look"]  # the others wait for long
    ran = subprocess.run(command, cwd=ROOT, env=ours, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    numbers = {line.split()[0] for line in ran.stdout.splitlines()}
    assert numbers == {"#", "1", "2", "3", "4", "5", "6", "9", "13", "17"}
