"""An answer on the timeline: from its delivery, and from the server's word on, by IDLE (11)."""

import threading
import time
from collections.abc import Callable
from statistics import median, quantiles

from benchmarks.goals import Result
from benchmarks.letters import answer
from benchmarks.world import World
from crm.models import Email
from inbox.models import Mailbox
from inbox.sync.watcher import Watcher

PATIENCE = 20.0  # seconds
LETTERS = 12


def measure(world: World) -> list[Result]:
    mailbox = world.mailbox("watched", since_days=0)
    watcher = Watcher()
    thread = threading.Thread(target=watcher.run)
    thread.start()
    try:
        _until(lambda: Mailbox.objects.filter(pk=mailbox.pk, last_synced_at__isnull=False).exists())
        time.sleep(1)
        took = [_one(world, number) for number in range(min(LETTERS, world.size // 20))]
    finally:
        watcher.stop.set()
        thread.join()
        mailbox.delete()
    worst = quantiles(took, n=20)[-1]
    note = "half a second of it is Dovecot's own"
    return [
        Result(
            "11", "answer visible after its delivery, median", 0.6, median(took), "s", note=note
        ),
        Result("11", "the same, 95 of 100", 1.0, worst, "s"),
    ]


def _one(world: World, number: int) -> float:
    before = Email.objects.count()
    world.dovecot.deliver(world.user("watched"), answer(5_000 + number))
    started = time.monotonic()
    _until(lambda: Email.objects.count() > before)
    return time.monotonic() - started


def _until(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.01)
