"""A look back over a big folder: the scan (4, 6, 9), and with everything stored (5)."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from django.db.models import Model
from django.utils import timezone

from benchmarks import plain_client
from benchmarks.floor import Floor
from benchmarks.goals import Result, cpu_of, interleaved
from benchmarks.letters import answers_at
from benchmarks.world import World
from crm.models import Activity
from inbox.connect import doors
from inbox.mime.slips import REPLIES, REPORTS, Slip
from inbox.models import Folder, MessageId
from inbox.sync import engine, known
from inbox.sync.sift import sifted
from inbox.sync.visit import Visit
from tests.factories import make_contact, make_email
from tests.servers.ports import free_ports

FEW, MANY = 50_000, 1_000_000  # ids that the CRM knows
RTT = 0.05


def measure(world: World) -> list[Result]:
    """The CRM has sent nothing yet, so no delivery report is looked for, until it has."""
    world.fill("big", world.size)
    world.know(min(FEW, world.size))
    floor = Floor(world.dovecot.imap, world.user("big"))
    for slip in (REPLIES, REPORTS):
        floor.headers(slip.fields)  # the server's cache is warm for everybody
    volume = {slip.fields: floor.headers(slip.fields) / world.size for slip in (REPLIES, REPORTS)}
    results = [*_in_memory(world, floor), *_by_queries(world, floor), *_far_away(world)]
    results += [*_with_everything_stored(world, floor), _with_reports(world, floor)]
    floor.close()
    note = f"{volume[REPORTS.fields]:.0f} B where delivery reports are looked for"
    a_message = volume[REPLIES.fields]
    return [*results, Result("9", "scan: bytes a message", 300, a_message, "B", note=note)]


def _in_memory(world: World, floor: Floor) -> list[Result]:
    client = plain_client.opened(world.dovecot.imap, world.user("big"))
    with Scan(world) as ours:
        contenders = {
            "floor": lambda: floor.headers(REPLIES.fields),
            "ours": ours.run,
            "client": lambda: plain_client.scan(client, floor.uidnext),
        }
        took = interleaved(contenders, world.rounds)
        cpu = cpu_of(ours.run)
    cheaper = cpu_of(lambda: plain_client.scan(client, floor.uidnext)) / cpu
    client.logout()
    a_second = world.size / took["ours"]
    note = f"{cpu / world.size * 1e6:.1f} µs of CPU a message"
    by_client = took["client"] / took["ours"]
    return [
        Result("4", "scan, ids in memory: by raw socket", 1.3, took["ours"] / took["floor"]),
        Result("4", "scan: faster than a client's loop", 3, by_client, at_least=True),
        Result("4", "scan: CPU, less than a client's loop", 3, cheaper, at_least=True),
        Result("4", "scan: messages a second", 100_000, a_second, "/s", at_least=True, note=note),
    ]


def _by_queries(world: World, floor: Floor) -> list[Result]:
    world.know(min(MANY, 10 * world.size))
    usual, known.WORTH = known.WORTH, 0
    took = _by_floor(world, floor, REPLIES)
    known.WORTH = usual
    return [Result("4", "scan, one query a batch: by raw socket", 1.7, took)]


def _with_reports(world: World, floor: Floor) -> Result:
    letter = make_email(make_contact("customer@reports.test"))
    letter.message_ids.update(origin=MessageId.Origin.OWN)
    took = _by_floor(world, floor, REPORTS)
    letter.activity.delete()
    return Result("4", "scan, with delivery reports: by raw socket", 1.3, took)


def _by_floor(world: World, floor: Floor, slip: Slip) -> float:
    with Scan(world) as ours:
        contenders = {"floor": lambda: floor.headers(slip.fields), "ours": ours.run}
        took = interleaved(contenders, world.rounds)
    return took["ours"] / took["floor"]


def _far_away(world: World) -> list[Result]:
    with far(world.dovecot.imap, 0) as near, far(world.dovecot.imap, RTT) as distant:
        contenders = {"near": lambda: scan(world, near), "far": lambda: scan(world, distant)}
        took = interleaved(contenders, 1)
    target = 1.5 * took["near"] + 10 * RTT
    note = f"{took['near']:.1f} s near, {took['far']:.1f} s far, connecting included"
    return [
        Result("6", "scan, 50 ms away: by 1.5 x near + 10 RTT", 1, took["far"] / target, note=note)
    ]


def _with_everything_stored(world: World, floor: Floor) -> list[Result]:
    client = plain_client.opened(world.dovecot.imap, world.user("big"))
    contenders = {
        "floor": lambda: floor.headers(REPLIES.fields),
        "ours": lambda: everything(world),
        "client": lambda: plain_client.read(client, plain_client.scan(client, floor.uidnext)),
    }
    took = interleaved(contenders, world.rounds)
    client.logout()
    target = 2 * took["floor"] + 0.3
    note = f"{took['ours']:.2f} s; the client stores nothing"
    return [
        Result("5", "200 answers logged: by 2 x raw + 0.3 s", 1, took["ours"] / target, note=note),
        Result(
            "5", "the same: by a client's loop", 4, took["client"] / took["ours"], at_least=True
        ),
    ]


def scan(world: World, port: int = 0) -> None:
    """What may matter in the big folder, found and asked for in full; judged by nobody."""
    with Scan(world, port) as one:
        one.run()


class Scan:
    """A connection, and the ids of the CRM in memory: what a scan of any length costs once."""

    def __init__(self, world: World, port: int = 0) -> None:
        self.size = world.size
        mailbox = world.mailbox("big", port=port)
        self.folder = mailbox.folders.get(role=Folder.Role.INBOX)
        token = mailbox.claim(timezone.now())
        assert token
        self.visit = Visit(mailbox, doors.reading(mailbox), token)
        self.sieve = known.Sieve(world.size)
        self.sieve.refresh()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.visit.session.close()

    def run(self) -> None:
        self.visit.session.examine(self.folder.name)
        found = sifted(1, self.folder, self.visit, self.sieve, waits=False)
        assert sum(map(len, found)) >= len(answers_at(self.size))


def everything(world: World) -> None:
    """A whole look at a mailbox that was connected just now; what it logs is forgotten again."""
    mailbox = world.mailbox("big")
    known_before = _last(MessageId)
    before = _last(Activity)
    receipt = engine.look(mailbox)
    assert receipt and receipt.logged == len(answers_at(world.size)), receipt
    Activity.objects.filter(pk__gt=before).delete()
    MessageId.objects.filter(pk__gt=known_before).delete()  # or it would not be logged again (M48)


def _last(model: type[Model]) -> int:
    newest = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


@contextmanager
def far(port: int, seconds: float) -> Iterator[int]:
    """A port behind which the server is so far away: a process of its own, which takes no CPU
    time of ours."""
    (here,) = free_ports(1)
    command = [sys.executable, "-m", "benchmarks.far", str(here), str(port), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield here
        finally:
            process.terminate()
