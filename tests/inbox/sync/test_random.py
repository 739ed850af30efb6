"""Any sequence of deliveries, moves, expunges, new numbers, cuts and crashes, and a model (I1, I2).

The model knows which letters name one that the CRM has. After a whole look all of those that lie
in a watched folder are on the timeline; a look that was broken off has logged some of them and
nothing else; and at no time is any other letter logged, or one twice.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crm.models import Contact, Email, User
from inbox.models import Mailbox, MailboxCopy, Outgoing
from inbox.sending import composer, outbox
from inbox.sync import engine
from inbox.sync.visit import Receipt, Visit
from inbox.wire.faults import Fault
from tests.factories import connect_mailbox
from tests.inbox.letters import letter
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live, pytest.mark.once]
EXAMPLES = int(os.environ.get("RANDOM_EXAMPLES", "8"))
FOLDERS = ("INBOX", "Clients")
_numbers = itertools.count(1)

small = st.integers(0, 9)
steps = st.one_of(
    st.tuples(st.sampled_from(["reply", "chain", "other", "again"]), small),
    st.tuples(st.sampled_from(["expunge", "move", "renumber"]), small),
    st.tuples(st.just("look"), small),
    st.tuples(st.just("cut"), st.integers(0, 9_000)),
    st.tuples(st.just("crash"), st.integers(1, 6)),
)


class Killed(BaseException):
    """Nothing of the product stops it: as good as SIGKILL, for what is committed."""


@dataclass
class World:
    """A mailbox, and what is expected of it."""

    mailbox: Mailbox
    sent: Email
    customer: str
    server: Dovecot
    answers: dict[str, str] = field(default_factory=dict)  # id -> the id that it names
    raws: dict[str, bytes] = field(default_factory=dict)
    logged: set[str] = field(default_factory=set)

    def step(self, kind: str, number: int) -> None:
        {
            "reply": lambda: self.deliver(self.sent.message_id),
            "chain": lambda: self.deliver(self.pick(self.raws, number)),
            "other": lambda: self.deliver(f"{next(_numbers)}@unknown.test"),
            "again": lambda: self.deliver_again(self.pick(sorted(self.logged), number)),
            "expunge": lambda: self.expunge(number),
            "move": lambda: self.move(number),
            "renumber": lambda: self.server.renumber(self.mailbox.email, FOLDERS[number % 2]),
            "look": self.look,
            "cut": lambda: self.look_cut(number),
            "crash": lambda: self.look_killed(number),
        }[kind]()

    def pick(self, names: object, number: int) -> str:
        known = [*names]  # type: ignore[misc]
        return known[number % len(known)] if known else ""

    def deliver(self, names: str) -> None:
        if not names:
            return
        identity = f"{next(_numbers)}.{os.getpid()}@customer.test"
        message: EmailMessage = letter(
            sender=self.customer,
            to=self.mailbox.email,
            answers=f"<{names}>",
            message_id=f"<{identity}>",
        )
        self.answers[identity], self.raws[identity] = names, message.as_bytes()
        self.server.deliver(self.mailbox.email, self.raws[identity])

    def deliver_again(self, identity: str) -> None:
        if identity:
            self.server.deliver(self.mailbox.email, self.raws[identity])

    def expunge(self, number: int) -> None:
        folder = FOLDERS[number % 2]
        if uids := self.server.uids(self.mailbox.email, folder):
            self.server.expunge(self.mailbox.email, folder, uids[number % len(uids)])

    def move(self, number: int) -> None:
        uids = self.server.uids(self.mailbox.email)
        if uids:
            with self.server.session(self.mailbox.email, "INBOX", readonly=False) as imap:
                imap.uid("MOVE", str(uids[number % len(uids)]), '"Clients"')

    # --- looks ---

    def look(self) -> Receipt:
        expected = self.eligible()
        receipt = engine.look(Mailbox.objects.get(pk=self.mailbox.pk), force=True)
        assert receipt is not None
        assert self.found() == self.logged | expected
        self.logged |= expected
        return receipt

    def look_cut(self, limit: int) -> None:
        with self.disturbed(), Proxy(self.server.imaps, limit=limit) as proxy:
            Mailbox.objects.update(imap_port=proxy.port)
            with suppress(Fault):
                engine.look(Mailbox.objects.get(pk=self.mailbox.pk), force=True)
        Mailbox.objects.update(imap_port=self.server.imaps)

    def look_killed(self, number: int) -> None:
        advance, count = Visit.advance, itertools.count(1)

        def dies(*args: object, **kwargs: object) -> None:
            if next(count) == number:
                raise Killed
            advance(*args, **kwargs)  # type: ignore[arg-type]

        with self.disturbed(), pytest.MonkeyPatch.context() as patch, suppress(Killed):
            patch.setattr(Visit, "advance", dies)
            engine.look(Mailbox.objects.get(pk=self.mailbox.pk), force=True)

    @contextmanager
    def disturbed(self) -> Iterator[None]:
        """What a look that is broken off may have logged, and what it may not."""
        possible = self.eligible()
        yield
        found = self.found()
        assert self.logged <= found <= self.logged | possible
        self.logged = found

    # --- what is so ---

    def found(self) -> set[str]:
        ids = Email.objects.filter(message_id__in=self.raws).values_list("message_id", flat=True)
        assert len(ids) == len(set(ids))
        return set(ids)

    def present(self) -> dict[str, dict[int, str]]:
        """By folder: UID and Message-ID, as the server tells."""
        user, server = self.mailbox.email, self.server
        names = {raw.split(b"Message-ID: <")[1].split(b">")[0] for raw in self.raws.values()}
        return {
            folder: {
                uid: next(name.decode() for name in names if b"Message-ID: <%b>" % name in raw)
                for uid, raw in zip(
                    server.uids(user, folder), server.raw_messages(user, folder), strict=True
                )
            }
            for folder in FOLDERS
        }

    def eligible(self) -> set[str]:
        there = {name for messages in self.present().values() for name in messages.values()}
        known = {self.sent.message_id} | self.logged
        while more := {name for name in there - known if self.answers[name] in known}:
            known |= more
        return known - {self.sent.message_id} - self.logged

    def check_copies(self) -> None:
        """Each logged message that lies there is known to lie there."""
        for folder, messages in self.present().items():
            row = self.mailbox.folders.get(name=folder)
            copies = MailboxCopy.objects.filter(folder=row, uidvalidity=row.uidvalidity)
            known = set(copies.values_list("uid", flat=True))
            assert {uid for uid, name in messages.items() if name in self.logged} <= known


@pytest.mark.rule("M10")
@pytest.mark.rule("M7")
def test_whatever_happens_the_timeline_is_what_it_should_be(
    hana: User,
    aoki: Contact,
    trusted: Dovecot,
    relay: Relay,
    mail_user: Callable[..., str],
) -> None:
    def world() -> World:
        mailbox = connect_mailbox(hana, trusted, mail_user("hana"))
        draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], subject="Offer", text="Hello.")
        email = composer.send(draft, by=hana)
        outbox.attempt(Outgoing.objects.get(email=email))
        trusted.create(mailbox.email, "Clients")
        mailbox.folders.create(name="Clients", role="other", looked_at=timezone.now())
        made = World(mailbox, email, aoki.email, trusted)
        made.look()
        return made

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(st.lists(steps, min_size=4, max_size=14))
    def holds(plan: list[tuple[str, int]]) -> None:
        here = world()
        for kind, number in plan:
            here.step(kind, number)
        here.look()
        here.check_copies()
        again = here.look()
        assert (again.headers_read, again.bodies_read, again.logged) == (0, 0, 0), plan

    holds()
