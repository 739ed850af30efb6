"""`python -m config.alive`: exit code 0 where the web part answers, 1 where it does not."""

import os
import subprocess
import sys

from tests.config.test_parts import ROOT
from tests.servers.ports import free_ports


def test_nobody_there_is_not_alive() -> None:
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "config.alive"]
    assert subprocess.run(command, cwd=ROOT, env={**os.environ, "PORT": str(port)}).returncode == 1
