"""The score of a corpus: which facts hold, by grade, and what took too long or raised."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from tests.corpus.answers import ANSWERS, Understood, understood
from tests.corpus.operators import OPERATORS, holds

UNASKED = object()
SECONDS, SECONDS_LARGE, LARGE = 2.0, 5.0, 400_000


@dataclass
class Score:
    files: int = 0
    slowest: float = 0.0
    held: Counter[str] = field(default_factory=Counter)  # by grade
    excepted: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    not_asked: Counter[str] = field(default_factory=Counter)  # of what a parser does not tell
    misses: list[str] = field(default_factory=list)  # a line each
    broken: list[str] = field(default_factory=list)  # raised, or took too long
    unused: list[str] = field(default_factory=list)  # exceptions that hold now


def score(folder: Path, exceptions: dict[tuple[str, str], str]) -> Score:
    """Of every file in `folder`/facts.jsonl; an exception is a file pattern, a fact, a reason."""
    found, used = Score(), set[tuple[str, str]]()
    for row in _rows(folder):
        found.files += 1
        known = _timed(folder, row, found)
        if known is None:
            continue
        for fact in row["facts"]:
            place = _excepted(row["file"], fact["k"], exceptions)
            said = _said(known, fact)
            result = None if said is UNASKED else holds(fact["op"], said, fact["v"])
            if result is False and place:
                used.add(place)
                found.excepted[fact["grade"]] += 1
            else:
                _count(found, row["file"], fact, result, said)
    found.unused = [" ".join(place) for place in exceptions.keys() - used]
    return found


def exceptions(path: Path) -> dict[tuple[str, str], str]:
    """Lines of file, fact and reason, tab between them; # begins a remark."""
    lines = path.read_text().splitlines() if path.exists() else []
    rows = [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]
    return {(file, fact): reason for file, fact, reason in rows}


def _excepted(
    file: str, fact: str, exceptions: dict[tuple[str, str], str]
) -> tuple[str, str] | None:
    places = (place for place in exceptions if fnmatch(file, place[0]) and place[1] == fact)
    return next(places, None)


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    with (folder / "facts.jsonl").open() as lines:
        yield from map(json.loads, lines)


def _timed(folder: Path, row: dict[str, Any], found: Score) -> Understood | None:
    raw = (folder / row["file"]).read_bytes()
    began = time.process_time()
    try:
        known = understood(row["kind"], raw)
    except Exception as why:
        found.broken.append(f"{row['file']}: {type(why).__name__}: {why}")
        return None
    took = time.process_time() - began
    found.slowest = max(found.slowest, took)
    if took > (SECONDS_LARGE if len(raw) > LARGE else SECONDS):
        found.broken.append(f"{row['file']}: {took:.1f} s")
    return known


def _said(known: Understood, fact: dict[str, Any]) -> Any:
    answer = ANSWERS.get(f"{fact['k']} {fact['op']}", ANSWERS.get(fact["k"]))
    if answer is None or fact["op"] not in OPERATORS:
        return UNASKED
    with suppress(IndexError):  # it says nothing of what is asked
        return answer(known)
    return None


def _count(found: Score, file: str, fact: dict[str, Any], result: bool | None, said: Any) -> None:
    grade = fact["grade"]
    if result is None:
        found.not_asked[grade] += 1
    elif result:
        found.held[grade] += 1
    else:
        found.failed[grade] += 1
        asked = f"{fact['k']} {fact['op']} {fact['v']!r:.300}"
        found.misses.append(f"{grade}\t{file}\t{asked}\tsaid {said!r:.300}")
