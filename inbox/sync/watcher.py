"""The watcher: IDLE sessions in one process, and a look on the connection it holds (M60).

One thread waits on all sockets; a few workers open, look and renew. A session belongs to exactly
one of them at a time: to the waiting set, or to the worker that is busy with it. While nothing
happens nothing is written but the renewal of the leases, one UPDATE for all, and when they were
last heard of.
"""

import logging
import random
import selectors
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.conf import settings
from django.db import Error, close_old_connections, connection
from django.utils import timezone

from crm.models import Heartbeat
from inbox.connect import doors
from inbox.models import Mailbox
from inbox.sync.engine import look_at, note_trouble
from inbox.sync.visit import LeaseLost
from inbox.wire.faults import Fault
from inbox.wire.imap import ReadingSession

log = logging.getLogger(__name__)

WORKERS = 8
MOST = 1000  # sessions; another watcher beside this one takes what is left
AT_ONCE = 100  # mailboxes taken up in one turn
HOUSEKEEPING = 5.0  # seconds between: new mailboxes, "Look now"
RENEWAL = 20.0  # seconds between: leases, heartbeat
FRUITLESS = 2  # looks in a row that a server may announce in vain: some greet an IDLE with EXISTS
IDLE_LONGEST = 24 * 60.0  # a server may end an IDLE after 30 minutes (RFC 2177)


@dataclass
class Watched:
    """A mailbox in the watcher's hands. `session` None while it is being opened."""

    mailbox: Mailbox
    token: str
    session: ReadingSession | None = None
    look_at: float = 0.0  # monotonic time of the next look without news
    busy: bool = True


class Watcher:
    """Holds the sessions until `stop` is set. `run()` blocks."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._watched: dict[str, Watched] = {}
        self._selector = selectors.DefaultSelector()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="look")
        self._done: list[Watched] = []
        self._polled: set[int] = set()  # mailboxes whose server has no IDLE
        self._housekeeping_at = self._renewal_at = 0.0

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                try:
                    self._turn()
                except Error as why:  # the database is away: the sessions are held on to
                    fields = {"error_code": type(why).__name__}
                    log.error("the watcher waits for the database", extra=fields)
                    connection.close()
                    self.stop.wait(1)
        finally:
            self._leave()

    def _turn(self) -> None:
        now = time.monotonic()
        if now >= self._renewal_at:
            self._renew()
            self._renewal_at = now + RENEWAL
        if now >= self._housekeeping_at:
            self._housekeeping_at = now + HOUSEKEEPING
            self._take_up_new()
            self._look_where_asked()
        for watched in [w for w in self._watched.values() if not w.busy and w.look_at <= now]:
            self._hand_over(watched, self._look)
        self._wait()

    def _wait(self) -> None:
        """Until a server speaks, or for a moment; then take back what the workers finished."""
        for key, _events in self._selector.select(timeout=0.2):
            watched: Watched = key.data
            self._hand_over(watched, self._hear)
        while self._done:
            self._put_to_wait(self._done.pop())

    # --- what the waiting thread does ------------------------------------------------------

    def _renew(self) -> None:
        now = timezone.now()
        Heartbeat.beat("watcher")
        held = Mailbox.objects.renew(list(self._watched), now)
        waiting = [token for token, watched in self._watched.items() if not watched.busy]
        Mailbox.objects.filter(looking_by__in=waiting).update(last_synced_at=now)
        for token in waiting:
            self._watched[token].mailbox.last_synced_at = now
        for token in set(self._watched) - held:
            self._drop(self._watched[token])

    def _take_up_new(self) -> None:
        if not settings.INBOX_IDLE:
            return
        now = timezone.now()
        room = min(AT_ONCE, MOST - len(self._watched))
        free = Mailbox.objects.free_to_watch(now).exclude(pk__in=list(self._polled))
        found = list(free.select_related("owner")[: max(room, 0)])
        if len(found) == AT_ONCE:  # there are more
            self._housekeeping_at = 0.0
        for mailbox in found:
            token = mailbox.claim(now)
            if token:
                self._watched[token] = Watched(mailbox, token)
                self._submit(self._watched[token], self._open)

    def _look_where_asked(self) -> None:
        asked = Mailbox.objects.filter(looking_by__in=list(self._watched))
        for mailbox in asked.filter(look_asked_at__isnull=False):
            watched = self._watched.get(mailbox.looking_by)
            if watched and watched.session and not watched.busy and mailbox.take_asked():
                watched.session.doubt()  # who presses wants to be sure
                self._hand_over(watched, self._look)

    def _hand_over(self, watched: Watched, work: Callable[[Watched], None]) -> None:
        if watched.busy or watched.session is None:
            return
        self._selector.unregister(watched.session.idle_fileno())
        self._submit(watched, work)

    def _submit(self, watched: Watched, work: Callable[[Watched], None]) -> None:
        watched.busy = True
        self._pool.submit(self._guarded, watched, work)

    def _put_to_wait(self, watched: Watched) -> None:
        watched.busy = False
        if watched.session is None:
            self._watched.pop(watched.token, None)
        elif watched.token not in self._watched:
            self._pool.submit(watched.session.close)
        else:
            fileno = watched.session.idle_fileno()
            self._selector.register(fileno, selectors.EVENT_READ, watched)

    def _drop(self, watched: Watched) -> None:
        """Its lease is somebody else's. A busy one is closed when its worker gives it back."""
        self._watched.pop(watched.token, None)
        if watched.session and not watched.busy:
            self._selector.unregister(watched.session.idle_fileno())
            self._pool.submit(watched.session.close)

    def _leave(self) -> None:
        """End every session and free every lease, so that others take over at once."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for watched in list(self._watched.values()):
            if watched.session:
                watched.session.close()
            watched.mailbox.release(watched.token, timezone.now())
        connection.close()

    # --- what a worker does ----------------------------------------------------------------

    def _guarded(self, watched: Watched, work: Callable[[Watched], None]) -> None:
        try:
            work(watched)
        except (Fault, LeaseLost) as why:
            self._give_up(watched, why)
        except Exception:  # a tick logs and moves on to the next row
            log.exception("watching a mailbox failed", extra={"mailbox": watched.mailbox.pk})
            self._give_up(watched, Fault("internal", transient=True))
        finally:
            close_old_connections()
            self._done.append(watched)

    def _open(self, watched: Watched) -> None:
        watched.session = doors.reading(watched.mailbox)
        if "IDLE" not in watched.session.capabilities:
            self._polled.add(watched.mailbox.pk)
            raise LeaseLost("without IDLE it is polled")
        self._look_and_idle(watched, watched.session)
        watched.mailbox.note_watched(timezone.now())

    def _hear(self, watched: Watched) -> None:
        session = _open_session(watched)
        if session.idle_news():
            self._look(watched)

    def _look(self, watched: Watched) -> None:
        session = _open_session(watched)
        session.idle_end()
        self._look_and_idle(watched, session)

    def _look_and_idle(self, watched: Watched, session: ReadingSession) -> None:
        """Look until nothing came meanwhile, then IDLE on the INBOX, which is looked at last."""
        fruitless = 0
        while fruitless < FRUITLESS:
            receipt = look_at(watched.mailbox, session, watched.token, stay=True)
            fruitless = 0 if receipt.headers_read else fruitless + 1
            session.idle_begin()
            if not session.idle_news() or fruitless == FRUITLESS:
                break
            session.idle_end()
        pause = min(IDLE_LONGEST, settings.INBOX_POLL_SECONDS)
        watched.look_at = time.monotonic() + pause * random.uniform(0.9, 1.1)

    def _give_up(self, watched: Watched, why: Fault | LeaseLost) -> None:
        if watched.session:
            watched.session.close()
            watched.session = None
        if isinstance(why, Fault):
            note_trouble(watched.mailbox, watched.token, why)
        else:  # who took the lease may have given it back by now
            self._housekeeping_at = 0.0
        watched.mailbox.release(watched.token, timezone.now())


def _open_session(watched: Watched) -> ReadingSession:
    assert watched.session is not None  # only open ones are handed over
    return watched.session
