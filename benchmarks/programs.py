"""The programs in their order, and one run of them."""

import sys
import time
from collections.abc import Callable, Sequence

from benchmarks import arrival, look, match, memory, scan
from benchmarks.goals import Result, table
from benchmarks.world import World, world

# `scan` fills the big folder, and the CRM with ids, for those that follow.
PROGRAMS: dict[str, Callable[[World], list[Result]]] = {
    "scan": scan.measure,
    "match": match.measure,
    "look": look.measure,
    "arrival": arrival.measure,
    "memory": memory.measure,
}


def run(size: int, rounds: int, names: Sequence[str]) -> list[Result]:
    """Measure and print; the results, for a test of the programs themselves."""
    results: list[Result] = []
    with world(size, rounds) as made:
        try:
            for name in names:
                started = time.monotonic()
                results += PROGRAMS[name](made)
                print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
        finally:  # also what was measured before one of them failed
            print(table(sorted(results, key=lambda result: int(result.number))), flush=True)
    return results
