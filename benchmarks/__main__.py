"""`python -m benchmarks` measures, and prints goal by goal what came out (docs/benchmarks.md)."""

import argparse
import os

import django

import tests.environment

assert tests.environment  # the settings of a test run, before Django looks for any
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from benchmarks.programs import PROGRAMS, run  # noqa: E402  models want Django to be set up


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--headers", type=int, default=100_000, help="messages in the big folder")
    parser.add_argument("--rounds", type=int, default=3, help="how often each thing is timed")
    parser.add_argument("--only", choices=PROGRAMS, action="append", help="only this program")
    options = parser.parse_args()
    run(options.headers, options.rounds, options.only or list(PROGRAMS))


if __name__ == "__main__":
    main()
