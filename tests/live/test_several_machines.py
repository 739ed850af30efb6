"""Two machines beside each other, each with settings of its own: nothing is read or sent twice.

They share a database, a broker, a cache and the folder of files, as docs/scaling.md says. SEVERAL
says how many e-mails go each way; without it this does not run (script/test-long gives it).
"""

import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.test import Client

from config.serve import Address, commands
from crm.models import Contact, Email, User
from inbox.models import Mailbox, Outgoing
from inbox.sending import composer
from tests.config.test_parts import ASKING, ROOT, until
from tests.factories import connect_mailbox, make_email
from tests.inbox.letters import reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.ports import free_ports
from tests.servers.relay import Relay

MANY = int(os.environ.get("SEVERAL", "0"))
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live]
PATIENCE = 60 + 2 * MANY  # seconds, on a busy machine


class Machine:
    """Some parts on one machine; `log` is what they have said."""

    def __init__(self, name: str, folder: Path, environment: dict[str, str]) -> None:
        (self.port,) = free_ports(1)
        self.output = folder / f"{name}.log"
        counts = folder / name
        counts.mkdir()
        own = {"PORT": str(self.port), "PROMETHEUS_MULTIPROC_DIR": str(counts)}
        self.environment = {**environment, **own}
        self.parts: dict[str, subprocess.Popen[bytes]] = {}

    @contextmanager
    def running(self, *parts: str) -> Iterator["Machine"]:
        every = commands(Address("127.0.0.1", self.port))
        with self.output.open("wb") as file:
            for part in parts:
                run = {"env": self.environment, "stdout": file, "stderr": file, "cwd": ROOT}
                self.parts[part] = subprocess.Popen(every[part], **run)  # type: ignore[call-overload]
        try:
            yield self
        finally:
            self.stop(*parts)

    def stop(self, *parts: str) -> None:
        for part in parts:
            self.parts[part].send_signal(signal.SIGTERM)
        for part in parts:
            self.parts[part].wait(30)

    def get(self, path: str, cookie: str = "") -> tuple[str, str]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}")
        request.add_header("Cookie", f"sessionid={cookie}")
        request.add_header("Authorization", "Bearer token of the monitor")
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.url, answer.read().decode()

    def well(self) -> bool:
        try:
            return bool(json.loads(self.get("/api/v1/health")[1])["status"] == "ok")
        except OSError:
            return False

    def said(self, message: str) -> int:
        """How often; what Python itself warns of at its start is no log line."""
        lines = (line for line in self.output.read_text().splitlines() if line[:1] == "{")
        return sum(json.loads(line)["message"] == message for line in lines)


@pytest.fixture
def machines(
    child_environment: dict[str, str], redis_url: str, trusted: Dovecot, tmp_path: Path
) -> Iterator[tuple[Machine, Machine]]:
    shared = {
        **child_environment,
        "CELERY_BROKER_URL": redis_url,
        "CACHE_URL": f"rediscache://{redis_url.removeprefix('redis+socket://')}",
        "INBOX_CA_FILE": str(trusted.ca_file),
        "LOG_LEVEL": "INFO",
        "METRICS_TOKEN": "token of the monitor",
    }
    first, second = (Machine(name, tmp_path, shared) for name in ("first", "second"))
    with ExitStack() as running:
        running.enter_context(first.running("web", "worker", "watcher"))
        running.enter_context(second.running("web", "worker", "watcher", "beat"))
        until(lambda: first.well() and second.well(), 120, ASKING)
        yield first, second


@pytest.mark.rule("M23")
@pytest.mark.rule("M60")
def test_they_share_the_work_and_one_may_go(
    machines: tuple[Machine, Machine],
    hana: User,
    aoki: Contact,
    dovecot: Dovecot,
    relay: Relay,
    mail_user: Callable[..., str],
    client: Client,
) -> None:
    first, second = machines
    boxes = [connect_mailbox(hana, dovecot, mail_user("several")) for _ in range(3)]
    client.force_login(hana)
    cookie = client.cookies["sessionid"].value
    for machine in machines:  # signed in at one is signed in at the other
        assert machine.get("/inbox/", cookie)[0].endswith("/inbox/")

    there_and_back(boxes, hana, aoki, dovecot, relay)
    first.stop("worker", "watcher")  # an update, machine by machine
    there_and_back(boxes, hana, aoki, dovecot, relay)

    assert first.said("looked at a mailbox") and second.said("looked at a mailbox")
    assert second.said("an attempt to send ended") >= MANY
    both = first.said("an attempt to send ended") + second.said("an attempt to send ended")
    assert both == 2 * MANY
    assert "musubi_looks_total" in second.get("/metrics")[1]
    logs = "".join(machine.output.read_text() for machine in machines)
    assert "@" not in logs


def there_and_back(
    boxes: list[Mailbox], hana: User, aoki: Contact, dovecot: Dovecot, relay: Relay
) -> None:
    """So many are sent, and so many answers come: each exactly once."""
    sent, answers = [], []
    for number in range(MANY):
        box = boxes[number % len(boxes)]
        to = f"{os.urandom(4).hex()}@aoki.example"
        draft = composer.NewEmail(mailbox=box, to=[to], subject="Offer", text="Hello.")
        sent.append((to, composer.send(draft, by=hana)))
        answer = reply_to(make_email(aoki, by=hana), sender=aoki.email, to=box.email)
        dovecot.deliver(box.email, answer.as_bytes())
        answers.append(answer["Message-ID"].strip("<>"))
    until(lambda: not Outgoing.objects.exclude(state="sent").exists(), PATIENCE)
    found = Email.objects.filter(message_id__in=answers)
    until(lambda: found.count() >= MANY, PATIENCE)
    assert sorted(found.values_list("message_id", flat=True)) == sorted(answers)
    assert [len(relay.accepted_by(to)) for to, _email in sent] == [1] * MANY
