"""A command of manage.py, and behind what it prints the most memory that it had, in kB.

python -m benchmarks.peak COMMAND …

Asked of the process itself: Linux lets what a parent is told of a child (ru_maxrss) begin with the
parent's own memory.
"""

import os
import re
import sys
from pathlib import Path

from django.core.management import execute_from_command_line


def main(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    execute_from_command_line(["manage.py", *arguments])
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    print(found[1] if found else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
