"""A goal, what was measured for it, and the table of them all."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """`number` is the goal's; met or not is decided by `limit`, in the unit of `measured`."""

    number: str
    goal: str
    limit: float
    measured: float
    unit: str = "x"
    at_least: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


def interleaved(contenders: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The best time of each, in seconds: what other work on the machine adds is never negative.
    They take turns, so that it is busy for all."""
    took: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            started = time.perf_counter()
            run()
            took[name].append(time.perf_counter() - started)
    return {name: min(seconds) for name, seconds in took.items()}


def cpu_of(run: Callable[[], object]) -> float:
    """The CPU seconds that one call costs this process, whoever else uses the machine."""
    started = time.process_time()
    run()
    return time.process_time() - started


def table(results: Sequence[Result]) -> str:
    rows = [("#", "goal", "target", "measured", "met", "note")]
    for one in results:
        sign = ">=" if one.at_least else "<="
        target = f"{sign} {_figure(one.limit)} {one.unit}"
        measured = f"{_figure(one.measured)} {one.unit}"
        met = "yes" if one.met else "NO"
        rows.append((one.number, one.goal, target, measured, met, one.note))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
