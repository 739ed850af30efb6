"""A worker is SIGKILLed at each named step of a send: one delivery and one copy, or a question.

The worker, the SMTP server and Dovecot are processes of their own, and the counts are those of the
two servers (M22, M23; F28). A step is not guessed: the server (or the database) stands still there
until the worker is dead. `test_kills.py` kills between any two calls of the product, unnamed.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.db import transaction
from django.utils import timezone

from crm.models import Contact, Email, Participant, User
from inbox.mime.types import ParsedAttachment
from inbox.models import Mailbox, Outgoing, Redelivery
from inbox.sending import again, composer, outbox
from tests.factories import make_mailbox
from tests.servers.dovecot import Dovecot
from tests.servers.forker import Forker
from tests.servers.holding_smtp import HoldingSmtp
from tests.servers.script import Act
from tests.servers.twister import Twist, Twister, nth

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live]
LARGE = 4_000_000  # bytes: more than the kernel takes at once (tcp_wmem: 4 MiB), in base64
AT_THE_DATABASE = 0.6  # seconds until a worker certainly waits for a lock that is held


class Step(NamedTuple):
    """Where the worker is killed, and what the servers then have."""

    smtp: str = ""  # where the SMTP server stands still
    imap: str = ""  # the command after whose doing Dovecot's answer is held back
    locked: bool = False  # the worker has come as far as the database, and no further
    delivered: int = 0
    copies: int = 0
    after: str = "sent"  # once its claim has run out and the next tick has come


STEPS = {
    "before the claim": Step(locked=True),
    "after the claim, before the greeting": Step(smtp="greeting"),
    "before the sender is accepted": Step(smtp="MAIL"),
    "among the recipients": Step(smtp="RCPT"),
    "before the server wants the data": Step(smtp="DATA"),
    "within the data": Step(smtp="body", after="unknown"),
    "taken, before the server says so": Step(smtp="answer", delivered=1, after="unknown"),
    "taken and said, before it is written down": Step(
        smtp="answer", locked=True, delivered=1, after="unknown"
    ),
    "sent, before the Sent folder is opened": Step(imap="greeting", delivered=1),
    "before the copy is filed": Step(imap="UID SEARCH", delivered=1),
    "filed, before the server says so": Step(imap="APPEND", delivered=1, copies=1),
    "filed and said, before it is written down": Step(
        imap="APPEND", locked=True, delivered=1, copies=1
    ),
}


class Hold:
    """Dovecot's answer stays in the wire until it is let go."""

    def __init__(self) -> None:
        self.reached, self.released = threading.Event(), threading.Event()

    def __call__(self, answer: bytes) -> Sequence[Act]:
        self.reached.set()
        self.released.wait(30)
        return [answer]


@pytest.fixture(scope="module")
def smtp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HoldingSmtp]:
    with HoldingSmtp(tmp_path_factory.mktemp("smtp")) as server:
        yield server


@pytest.fixture(scope="module")
def ticker(environment_of_children: dict[str, str]) -> Iterator[Forker]:
    """One for all: what it forks opens its own connections to the database of this run."""
    with Forker("tests.servers.ticks", environment_of_children) as forker:
        yield forker


def written(mailbox: Mailbox, step: Step, aoki: Contact) -> Outgoing:
    files = []
    if step.smtp == "body":
        files = [ParsedAttachment("a.bin", "application/x-y", LARGE, os.urandom(LARGE))]
    draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], subject="s", text="t", files=files)
    return Outgoing.objects.get(email=composer.send(draft, by=mailbox.owner))


@contextmanager
def database_held(outgoing: Outgoing) -> Iterator[None]:
    """Whoever writes this row waits, as behind any other writer."""
    with transaction.atomic():
        Outgoing.objects.filter(pk=outgoing.pk).update(attempts=outgoing.attempts)
        yield
        transaction.set_rollback(True)


def held(outgoing: Outgoing, step: Step) -> AbstractContextManager[None]:
    return database_held(outgoing) if step.locked else nullcontext()


def kill(ticker: Forker, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    assert ticker.end() == -signal.SIGKILL


def kill_at(step: Step, outgoing: Outgoing, smtp: HoldingSmtp, hold: Hold, ticker: Forker) -> None:
    if step.smtp:
        smtp.hold(step.smtp)
    if not (step.smtp or step.imap):
        with database_held(outgoing):
            pid = ticker.begin()
            time.sleep(AT_THE_DATABASE)
            kill(ticker, pid)
        return
    pid = ticker.begin()
    if step.smtp:
        smtp.await_hold()
    else:
        assert hold.reached.wait(30)
    with held(outgoing, step):
        if step.locked:
            smtp.go_on()
            hold.released.set()
            time.sleep(AT_THE_DATABASE)
        kill(ticker, pid)
    smtp.go_on()
    hold.released.set()


def next_tick(outgoing: Outgoing, ticker: Forker) -> Outgoing:
    """By another worker, once the claim of the dead one has run out."""
    past = timezone.now() - timedelta(minutes=1)
    Outgoing.objects.filter(pk=outgoing.pk).update(claimed_until=past, due_at=past)
    ticker.begin()
    assert ticker.end() == 0
    return Outgoing.objects.get(pk=outgoing.pk)


def twists(step: Step, hold: Hold) -> dict[str, Twist]:
    """Of the two searches for the copy the last one, behind which it is filed."""
    if not step.imap:
        return {}
    return {step.imap: nth(2 if step.imap == "UID SEARCH" else 1, hold)}


@pytest.mark.rule("M22")
@pytest.mark.rule("M23")
@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_killed(
    step: Step,
    hana: User,
    aoki: Contact,
    smtp: HoldingSmtp,
    dovecot: Dovecot,
    mail_user: Callable[..., str],
    ticker: Forker,
) -> None:
    hold, address = Hold(), mail_user("hana")
    with Twister(dovecot.imap, twists(step, hold)) as imap:
        mailbox = mailbox_at(hana, address, smtp.port, imap.port)
        outgoing = written(mailbox, step, aoki)

        def counts() -> tuple[int, int]:
            copies = [raw for raw in dovecot.raw_messages(address, "Sent") if token in raw]
            return len(smtp.taken(outgoing.token)), len(copies)

        token = outgoing.token.encode()
        kill_at(step, outgoing, smtp, hold, ticker)
        assert settled(counts, step) == (step.delivered, step.copies), "when it was killed"
        outgoing = next_tick(outgoing, ticker)
        assert outgoing.state == step.after
        if step.after == "unknown":
            assert counts() == (step.delivered, 0), "nothing is sent by itself"
            assert Email.objects.get(pk=outgoing.email_id).status == "unknown"
            assert outbox.resolve(outgoing, delivered=bool(step.delivered))
            outgoing = next_tick(outgoing, ticker)
        assert counts() == (1, 1)
        assert (outgoing.state, outgoing.copy_state, outgoing.frozen) == ("sent", "filed", None)
        next_tick(outgoing, ticker)
        assert counts() == (1, 1), "and it stays so"


def settled(counts: Callable[[], tuple[int, int]], step: Step) -> tuple[int, int]:
    """A server may still be busy with what the dead one sent it."""
    until = time.monotonic() + 3
    while counts() != (step.delivered, step.copies) and time.monotonic() < until:
        time.sleep(0.05)
    return counts()


def mailbox_at(owner: User, address: str, smtp_port: int, imap_port: int) -> Mailbox:
    return make_mailbox(
        owner,
        email=address,
        smtp_host="localhost",
        smtp_port=smtp_port,
        smtp_security="none",
        imap_host="localhost",
        imap_port=imap_port,
        imap_security="none",
    )


@pytest.mark.rule("M23")
@pytest.mark.parametrize(("where", "state"), [("MAIL", "done"), ("answer", "unknown")])
def test_killed_while_one_recipient_is_sent_to_again(
    where: str, state: str, hana: User, aoki: Contact, smtp: HoldingSmtp, ticker: Forker
) -> None:
    mailbox = mailbox_at(hana, "hana@example.test", smtp.port, 1)
    mailbox.change(files_sent_itself=True)
    outgoing = written(mailbox, Step(), aoki)
    Outgoing.objects.update(state="sent", sent_at=timezone.now(), copy_state="not_needed")
    Email.objects.update(status="sent")
    Participant.objects.filter(address=aoki.email).update(status="refused")
    recipient = Participant.objects.get(address=aoki.email)
    assert again.send_again(Outgoing.objects.get(), recipient)
    smtp.hold(where)
    pid = ticker.begin()
    smtp.await_hold()
    kill(ticker, pid)
    smtp.go_on()
    past = timezone.now() - timedelta(minutes=1)
    for _ in range(2):
        Redelivery.objects.update(claimed_until=past)
        ticker.begin()
        assert ticker.end() == 0
        assert Redelivery.objects.get().state == state
        assert len(smtp.taken(outgoing.token)) == 1
    recipient.refresh_from_db()
    assert recipient.status == ("sent" if state == "done" else "unknown")
