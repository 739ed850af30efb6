"""Fifty people at work while everything around them is restarted and killed (script/storm).

    PostgreSQL, Redis, Dovecot and an SMTP relay; two machines with settings of their own (web,
    worker, watcher; beat on one); two processes of 25 people each; customers who answer.

At random PostgreSQL is crashed and started, Redis killed, Dovecot restarted, and a worker, one of
its children, a watcher, beat or a web process killed outright. At the end it is counted on the
servers: nothing lost, nothing doubled, no page that says 500. Exit code 1 where it is not so.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import django

import tests.environment
from config.parts import Part, end_all
from config.serve import Address, commands
from tests.servers.dovecot import Dovecot
from tests.servers.ports import free_ports
from tests.servers.postgres import DURABLE, Postgres, postgres
from tests.servers.redis import Redis, redis
from tests.servers.relay import Accepted, Relay

assert tests.environment  # the settings of a test run, before Django looks for any
ROOT = Path(__file__).resolve().parents[2]
ANSWERED = 0.6  # of the letters
PRIVATE = 0.2  # strangers' letters for each of the customers' answers


class Machine:
    """web, worker and watcher with settings and logs of their own; what dies is started again."""

    def __init__(self, name: str, folder: Path, environment: dict[str, str], beat: bool) -> None:
        (self.port,) = free_ports(1)
        self.log = folder / f"{name}.log"
        counts = folder / name
        counts.mkdir()
        own = {"PORT": str(self.port), "PROMETHEUS_MULTIPROC_DIR": str(counts)}
        every = commands(Address("127.0.0.1", self.port))
        names = ["web", "worker", "watcher", *(["beat"] if beat else [])]
        self.parts = {part: self._part(part, every[part], {**environment, **own}) for part in names}

    def _part(self, name: str, command: list[str], environment: dict[str, str]) -> Part:
        logged = ["sh", "-c", f'exec "$@" >>{self.log} 2>&1', "sh", *command]
        return Part(name, logged, environment)

    def keep_alive(self) -> None:
        for part in self.parts.values():
            part.keep_alive()

    def kill(self, name: str, *, child: bool = False) -> None:
        process = self.parts[name].process
        if process is None or process.poll() is not None:
            return
        pids = [process.pid]
        if child:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
            pids = [int(pid) for pid in children.split()[:1]] or pids
        with suppress(ProcessLookupError):
            os.kill(pids[0], 9)

    def end(self) -> None:
        end_all(self.parts.values(), 15)


class Crew(threading.Thread):
    """Keeps both machines alive until it is told to stop."""

    def __init__(self, *machines: Machine) -> None:
        super().__init__(daemon=True)
        self.machines, self.over = machines, threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.2):
            for machine in self.machines:
                machine.keep_alive()


class Weather(threading.Thread):
    """Each disaster in turn, in an order by chance, with a pause in which work goes on."""

    def __init__(self, disasters: dict[str, Callable[[], None]], pause: float) -> None:
        super().__init__(daemon=True)
        self.disasters, self.pause, self.over = disasters, pause, threading.Event()
        self.happened: Counter[str] = Counter()

    def run(self) -> None:
        while True:
            for name in random.sample(list(self.disasters), len(self.disasters)):
                if self.over.wait(random.uniform(0.5, 1.5) * self.pause):
                    return
                self.disasters[name]()
                self.happened[name] += 1


class Customers(threading.Thread):
    """Answer what the relay has taken for them; strangers write as well."""

    def __init__(self, dovecot: Dovecot, relay: Relay) -> None:
        super().__init__(daemon=True)
        self.dovecot, self.relay, self.over = dovecot, relay, threading.Event()
        self.answered: dict[str, str] = {}  # id of the answer -> who wrote it
        self.private: list[str] = []

    def run(self) -> None:
        from tests.inbox.letters import letter

        done = 0
        while not self.over.is_set():
            for taken in self.relay.accepted[done:]:
                done += 1
                if random.random() < ANSWERED:
                    self.answer(taken)
                if random.random() < PRIVATE:
                    post = letter(sender="x@stranger.test", to=taken.sender, subject="Private")
                    self.deliver(taken.sender, post)
                    self.private.append(post["Message-ID"].strip("<>"))
            self.over.wait(0.2)

    def answer(self, taken: Accepted) -> None:
        from tests.inbox.letters import letter

        asked, customer = message_from_bytes(taken.raw, policy=policy.default), taken.recipients[0]
        name = str(asked["Message-ID"])
        subject = f"Re: {asked['Subject']}"
        told = {"answers": name, "references": name, "subject": subject}
        post = letter(sender=customer, to=taken.sender, text="Gladly.", **told)
        self.deliver(taken.sender, post)
        self.answered[post["Message-ID"].strip("<>")] = customer

    def deliver(self, to: str, post: Any) -> None:
        """As a mail server does: until it is taken. One that broke off may deliver it twice."""
        while True:
            with suppress(OSError, Exception):
                return self.dovecot.deliver(to, post.as_bytes())
            time.sleep(0.5)


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/storm", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--pause", type=float, default=4.0, help="seconds between two deeds of one")
    parser.add_argument("--calm", type=float, default=12.0, help="seconds between two disasters")
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    random.seed(options.seed)
    with tempfile.TemporaryDirectory(prefix="musubi-storm-") as name, ExitStack() as stack:
        return Storm(Path(name), stack, options).run()


class Storm:
    def __init__(self, folder: Path, stack: ExitStack, options: argparse.Namespace) -> None:
        self.folder, self.stack, self.options = folder, stack, options
        self.database: Postgres = stack.enter_context(postgres(DURABLE))
        self.broker: Redis = stack.enter_context(redis())
        self.dovecot, self.relay = stack.enter_context(mail(folder))

    def run(self) -> int:
        environment = self.environment()
        os.environ.update(environment)
        django.setup()
        from tests.live import storm_account as account

        account.make_database()
        people = account.furnish(self.options.people, self.dovecot)
        machines = [Machine(n, self.folder, environment, n == "first") for n in ("first", "second")]
        crew = Crew(*machines)
        crew.start()
        try:
            account.wait_until_watched(120)
            customers, said = self.blow(machines, people)
            settled = account.wait_for_quiet(customers)
        finally:
            crew.over.set()
            crew.join()
            for machine in machines:
                machine.end()
        logs = [line for machine in machines for line in machine.log.read_text().splitlines()]
        world = (self.dovecot, self.relay)
        return account.verdict(said, customers, world, logs, self.weather.happened, settled)

    def environment(self) -> dict[str, str]:
        media = self.folder / "media"
        media.mkdir()
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": self.database.url.replace("/musubi?", "/storm?"),
            "CELERY_BROKER_URL": self.broker.url,
            "CACHE_URL": self.broker.cache_url,
            "INBOX_CA_FILE": str(self.dovecot.ca_file),
            "MEDIA_ROOT": str(media),
            "LOG_LEVEL": "INFO",
            "LOG_FORMAT": "json",
            "INBOX_POLL_SECONDS": "30",
        }

    def blow(self, machines: list[Machine], people: list[dict[str, Any]]) -> tuple[Customers, Path]:
        customers = Customers(self.dovecot, self.relay)
        customers.start()
        self.weather = Weather(self.disasters(*machines), self.options.calm)
        self.weather.start()
        loads = [self.load(number, machine, people) for number, machine in enumerate(machines)]
        for load in loads:
            load.wait()
        self.weather.over.set()
        self.weather.join()
        time.sleep(2)  # what the relay has just taken is answered as well
        return customers, self.folder

    def load(
        self, number: int, machine: Machine, people: list[dict[str, Any]]
    ) -> "subprocess.Popen[bytes]":
        """Each process works at one machine, as behind a proxy that sends each browser to one."""
        mine = [{**each, "door": ["127.0.0.1", machine.port]} for each in people[number::2]]
        until = time.time() + 60 * self.options.minutes
        cast = {"people": mine, "pause": self.options.pause, "until": until}
        file = self.folder / f"cast{number}.json"
        file.write_text(json.dumps(cast))
        said = self.folder / f"said{number}.jsonl"
        command = [sys.executable, "-m", "tests.live.storm_people", str(file), str(said)]
        return subprocess.Popen(command, cwd=ROOT)

    def disasters(self, first: Machine, second: Machine) -> dict[str, Callable[[], None]]:
        return {
            "PostgreSQL crashed and restarted": self.database.restart,
            "Redis killed and restarted": self.broker.restart,
            "Dovecot restarted": self.dovecot.restart,
            "worker killed": lambda: random.choice((first, second)).kill("worker"),
            "worker's child killed": lambda: first.kill("worker", child=True),
            "the other's child killed": lambda: second.kill("worker", child=True),
            "watcher killed": lambda: random.choice((first, second)).kill("watcher"),
            "beat killed": lambda: first.kill("beat"),
            "web killed": lambda: random.choice((first, second)).kill("web"),
        }


@contextmanager
def mail(folder: Path) -> Iterator[tuple[Dovecot, Relay]]:
    place = Path(tempfile.mkdtemp(prefix="musubi-mail-"))  # where Dovecot's own user may walk
    server = Dovecot()
    relay = Relay(lmtp_port=server.lmtp).start()
    try:
        yield server.start(place, relay.port), relay
    finally:
        server.stop()
        relay.stop()


if __name__ == "__main__":
    sys.exit(main())
