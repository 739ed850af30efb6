"""script/corpus DIR [--misses]: the score of a corpus by grade; fails where firm facts do."""

import argparse
from pathlib import Path

from tests.corpus.score import Score, exceptions, score

FIRM = ("A-firm", "B3")
EXCEPTIONS = Path(__file__).with_name("exceptions.tsv")


def main() -> int:
    ask = argparse.ArgumentParser(prog="script/corpus", description=__doc__)
    ask.add_argument("folder", type=Path, help="with mail/ and facts.jsonl")
    ask.add_argument("--misses", action="store_true", help="name the hints that do not hold, too")
    asked = ask.parse_args()
    found = score(asked.folder, exceptions(EXCEPTIONS))
    print("\n".join(lines(found, every_miss=asked.misses)))
    return 1 if found.broken or any(found.failed[grade] for grade in FIRM) else 0


def lines(found: Score, *, every_miss: bool = False) -> list[str]:
    shown = [f"{found.files} files, the slowest took {found.slowest:.2f} s"]
    for grade in sorted(found.held | found.failed | found.excepted):
        held, failed, excepted = (
            count[grade] for count in (found.held, found.failed, found.excepted)
        )
        shown.append(
            f"{grade:11}  {held:5} hold  {failed:3} do not  {excepted:3} excepted"
            f"  {found.not_asked[grade]:4} not a parser's matter"
        )
    shown += [f"BROKEN {each}" for each in found.broken]
    shown += [f"unused exception: {each}" for each in found.unused]
    return shown + [each for each in found.misses if every_miss or each.startswith(FIRM)]


if __name__ == "__main__":
    raise SystemExit(main())
