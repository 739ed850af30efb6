"""A look by itself: nothing new on a kept connection (1, 17), and one answer among many (2, 3)."""

import time
from collections.abc import Callable
from statistics import median

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks.floor import Floor
from benchmarks.goals import Result, cpu_of
from benchmarks.letters import answer
from benchmarks.world import World
from inbox.connect import doors
from inbox.models import TransportRecord
from inbox.sync import engine
from inbox.sync.visit import Receipt

SMALL = 1_000
TIMES = 15
_WRITES = ("INSERT", "UPDATE", "DELETE")


class Kept:
    """A mailbox that was looked at up to its end, and the connection that is held to it."""

    def __init__(self, world: World, name: str) -> None:
        self.mailbox = world.mailbox(name, since_days=0)
        token = self.mailbox.claim(timezone.now())
        assert token  # nobody else looks
        self.token = token
        self.session = doors.reading(self.mailbox)
        self.look()
        self.look()

    def look(self) -> Receipt:
        return engine.look_at(self.mailbox, self.session, self.token, stay=True)

    def close(self) -> None:
        self.session.close()
        self.mailbox.release(self.token, timezone.now())


def measure(world: World) -> list[Result]:
    small = min(SMALL, world.size)
    world.fill("small", small)
    kept = {"big": Kept(world, "big"), "small": Kept(world, "small")}
    try:
        return [*_nothing_new(world, kept), *_one_answer(world, kept)]
    finally:
        for one in kept.values():
            one.close()


def _nothing_new(world: World, kept: dict[str, Kept]) -> list[Result]:
    receipt, queries = _receipt_of_nothing(kept["big"])
    floor = Floor(world.dovecot.imap, world.user("big"))
    cpu = {name: _cpu(one.look) for name, one in kept.items()}
    wire = _cpu(lambda: kept["big"].session.statuses(["INBOX", "Sent"]))
    noop = _cpu(lambda: floor.ask("NOOP"))
    floor.close()
    writes = sum(sql.startswith(_WRITES) for sql in queries)
    return [
        Result("1", "nothing new: round trips", 1, receipt.round_trips, "trips"),
        Result("1", "nothing new: bytes", 200, receipt.bytes_in, "B"),
        Result("1", "nothing new: CPU of its question, by a raw NOOP", 3, wire / noop),
        Result("1", "nothing new: CPU of a whole look, by a raw NOOP", 3, cpu["big"] / noop),
        Result("1", "nothing new: big folder by small", 1.2, cpu["big"] / cpu["small"]),
        Result("17", "nothing new: writes to the database", 0, writes, "writes"),
        Result("17", "nothing new: queries", 1, len(queries), "queries"),
    ]


def _receipt_of_nothing(kept: Kept) -> tuple[Receipt, list[str]]:
    with CaptureQueriesContext(connection) as captured:
        receipt = kept.look()
    return receipt, [str(query["sql"]) for query in captured.captured_queries]


def _one_answer(world: World, kept: dict[str, Kept]) -> list[Result]:
    took: dict[str, list[float]] = {name: [] for name in kept}
    extra, trips = [], []
    for number in range(min(TIMES, world.size // 20)):
        for name, one in kept.items():
            world.dovecot.deliver(world.user(name), answer(number + TIMES * len(name)))
            assert one.session.wait_for_news(10), "it was not announced"
            started = time.process_time()
            receipt = one.look()
            took[name].append(time.process_time() - started)
            assert receipt.logged == 1, "an answer was not found"
            mail = TransportRecord.objects.latest("pk").size  # as it lies there, traces added
            extra.append(receipt.bytes_in - mail)
            trips.append(receipt.round_trips)
    big, small = median(took["big"]), median(took["small"])
    return [
        Result("2", "one answer: round trips", 3, median(trips), "trips"),
        Result("2", "one answer: bytes beside the mail", 1_500, median(extra), "B"),
        Result("2", "one answer: CPU to the commit", 15, big * 1_000, "ms"),
        Result("2", "one answer: big folder by small", 1.2, big / small),
        _reconnecting(world, kept["big"]),
    ]


def _reconnecting(world: World, kept: Kept) -> Result:
    """All commands of a fresh connection, the login with them."""
    kept.close()
    world.dovecot.deliver(world.user("big"), answer(999))
    token = kept.mailbox.claim(timezone.now())
    assert token
    with doors.reading(kept.mailbox) as session:
        engine.look_at(kept.mailbox, session, token)
        trips = session.round_trips
    kept.token = token
    kept.session = doors.reading(kept.mailbox)
    return Result("3", "one answer, connecting anew: round trips", 6, trips, "trips")


def _cpu(run: Callable[[], object]) -> float:
    """The median CPU seconds of one call, of this process."""
    return median(cpu_of(run) for _ in range(TIMES * 10))
