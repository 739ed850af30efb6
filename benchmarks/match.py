"""Matching: one query for the ids of a thousand messages (13)."""

import random

from benchmarks.goals import Result, interleaved
from benchmarks.letters import other_id
from benchmarks.world import World
from inbox.models import MessageId

MESSAGES, IDS = 1_000, 5


def measure(world: World) -> list[Result]:
    """`scan` has let the CRM know a million ids, or as many as the size allows."""
    held = MessageId.objects.count()
    rare = random.Random(3)
    batch = [
        [
            other_id(rare.randrange(held) if rare.random() < 0.02 else held + rare.randrange(10**9))
            for _ in range(IDS)
        ]
        for _ in range(MESSAGES)
    ]
    everything = [name for ids in batch for name in ids]
    took = interleaved(
        {
            "one": lambda: list(MessageId.objects.known(everything)),
            "each": lambda: [list(MessageId.objects.filter(value__in=ids)) for ids in batch],
        },
        max(3, world.rounds),
    )
    note = f"{took['one'] * 1_000:.0f} ms among {held:,} ids"
    return [
        Result(
            "13",
            "match: one query, by one a message",
            20,
            took["each"] / took["one"],
            at_least=True,
        ),
        Result("13", "match: a thousand messages", 25, took["one"] * 1_000, "ms", note=note),
    ]
