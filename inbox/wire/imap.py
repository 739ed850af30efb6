"""Wire: the reading session. It has no method that writes: EXAMINE and BODY.PEEK alone (M6, M8)."""

import contextlib
import select
import socket
import ssl
import time
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self

from inbox.mime.origin import TRACE
from inbox.mime.slips import Sheet, Slip
from inbox.reason import Reason
from inbox.wire import standing
from inbox.wire.account import Account
from inbox.wire.client import Argument, Client, is_exists
from inbox.wire.faults import ConnectionLost, Fault, FolderGone, ProtocolFault, ServerBusy
from inbox.wire.folders import FolderInfo
from inbox.wire.responses import (
    LARGEST,
    Value,
    arrived,
    fetched,
    found_uids,
    number,
    opened,
    ranges,
)
from inbox.wire.slips import fetch_slips
from inbox.wire.standing import FolderStatus
from inbox.wire.structure import Outlined, outline

BATCH = 500
SEARCH_WINDOW = 100_000
MOST_WINDOWS = 50
BODIES_A_TRIP = 50
FIELDS = (
    "From To Cc Bcc Reply-To Sender Date Subject Message-ID In-Reply-To References "
    "X-Musubi-Message X-Microsoft-Original-Message-ID X-Google-Original-Message-ID "
    "X-Original-Message-ID Auto-Submitted Precedence List-Id Content-Type Return-Path "
    "X-Failed-Recipients"
)
_HEADER_ITEMS = f"(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS ({FIELDS.upper()})])"
TRUST = 15 * 60.0  # seconds for which a folder is taken to be as it was when nothing is announced
_TRACE_ITEMS = f"(UID BODY.PEEK[HEADER.FIELDS ({TRACE.upper()})])"
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True)
class HeaderBlock:
    """The chosen header fields of one message, as the server sent them."""

    uid: int
    size: int
    arrived_at: datetime
    raw: bytes


def open_reading(
    account: Account, tls: ssl.SSLContext, *, largest: int = 64 * 1024 * 1024
) -> "ReadingSession":
    """Connects, secures, logs in. `largest` caps what one literal may bring, in bytes."""
    client = Client(account)
    client.stream.longest_literal = largest
    try:
        client.secure(tls)
        client.login()
        return ReadingSession(client)
    except BaseException:
        client.close()
        raise


class ReadingSession:
    """A logged-in connection that can look and cannot touch."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._library = client.library
        self._examined: FolderStatus | None = None
        self._examined_at = 0.0
        self._idle_tag = b""
        self._news = False
        self.capabilities = client.capabilities()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def round_trips(self) -> int:
        return self._library.imap.round_trips

    @property
    def closed(self) -> bool:
        return self._client.stream.closed

    @property
    def bytes_in(self) -> int:
        return self._client.stream.bytes_in

    def folders(self) -> list[FolderInfo]:
        return self._client.folders()

    def examine(self, name: str) -> FolderStatus:
        """Opens the folder for reading; FolderGone when it is not there."""
        self._examined = None
        spelled = self._client.spell(name)
        try:
            said = opened(self._client.run(b"EXAMINE", spelled))
        except (FolderGone, ProtocolFault) as fault:
            gone = self._gone_or(fault, name)  # which learns how the server spells it
            if self._client.spell(name) != spelled:
                return self.examine(name)
            raise gone from fault
        return self._opened(name, said)

    def statuses(self, names: Collection[str]) -> dict[str, FolderStatus]:
        """Where these folders stand, in one round trip and without opening one; a folder that the
        server does not tell of is missing."""
        return standing.ask(self._client, names)

    def around(
        self, home: str, names: Sequence[str]
    ) -> tuple[dict[str, FolderStatus], FolderStatus | None]:
        """Where a few folders stand, and the one in which news is waited for: it stays open where
        the server has announced nothing in it, and is opened otherwise. One round trip. None: the
        folder was not opened, or news came just now."""
        quiet = self._is_quiet(home)
        last = [b"NOOP"] if quiet else [b"EXAMINE", self._client.spell(home)]
        self._examined = self._examined if quiet else None
        found, opening = standing.ask_with(self._client, names, last)
        if not quiet and isinstance(opening, list):
            return found, self._opened(home, opened(opening))
        return found, self._examined if self._is_quiet(home) else None

    def doubt(self) -> None:
        """The open folder is opened anew when it is looked at, whatever the server announces."""
        self._examined_at = 0.0

    def _is_quiet(self, name: str) -> bool:
        """It is open, not for long, and nothing was announced in it since. A STATUS of the open
        folder would not tell: RFC 3501, 6.3.10, and Dovecot answers with what it told before."""
        if self._examined is None or self._examined.name != name:
            return False
        fresh = self._examined_at > 0 and time.monotonic() < self._examined_at + TRUST
        return fresh and not (self._client.heard_exists or self._news)

    def _opened(self, name: str, said: dict[str, int]) -> FolderStatus:
        self._client.heard_exists = self._news = False
        self._examined, self._examined_at = standing.status(name, said), time.monotonic()
        return self._examined

    def headers(self, first_uid: int, last_uid: int | None) -> Iterator[HeaderBlock]:
        """The header fields of a range of UIDs, in batches; None is "to the end", which is where
        the folder stood when it was examined: nothing that a server adds unasked counts."""
        for uids in self._sets(first_uid, last_uid):
            yield from self._blocks(uids)

    def headers_of(self, uids: Sequence[int]) -> Iterator[list[HeaderBlock]]:
        """The header fields of just these messages, in batches and ascending; of what is gone,
        nothing."""
        for start in range(0, len(uids), BATCH):
            blocks = self._blocks(uids[start : start + BATCH])
            if there := sorted(blocks, key=lambda block: block.uid):
                yield there

    def uids_above(self, first_uid: int) -> Iterator[list[int]]:
        """Which messages there are from there to where the folder stood when it was examined, in
        windows."""
        end = self._examined.uidnext - 1 if self._examined else 0
        for window in self._windows(first_uid, None):
            yield self._there(window, first_uid, end)

    def slips(self, uids: Sequence[int], slip: Slip) -> Iterator[list[Sheet]]:
        """The few header fields by which a long scan sees what is plainly none of ours, of the
        messages between the first and the last of these."""
        return fetch_slips(self._client, range(uids[0], uids[-1] + 1), slip)

    def traces(self, uids: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        """What servers wrote above these messages: asked for where it matters whose mail it is."""
        for start in range(0, len(uids), BATCH):
            trip = uids[start : start + BATCH]
            for uid, items in self._fetch(trip, _TRACE_ITEMS, b"BODY[HEADER").items():
                yield uid, items[b"BODY[HEADER"] or b""

    def uids_since(self, day: date) -> list[int]:
        """Which messages arrived on that day or later."""
        return [uid for part in self._since(day) for uid in part]

    def first_since(self, day: date) -> int | None:
        """The lowest of them, for which a big folder is searched no further than it is found."""
        return next((found[0] for found in self._since(day) if found), None)

    def uids_of(self, message_id: str) -> list[int]:
        """Which messages of the examined folder the server finds by this Message-ID."""
        if not message_id.isascii() or not message_id.isprintable():
            return []
        sought = Argument(message_id.encode())
        return found_uids(self._client.run(b"UID", b"SEARCH", b"HEADER", b"MESSAGE-ID", sought))

    def uids_from(self, sender: str, first: date, last: date) -> list[int]:
        """Which messages arrived on these days, from an address that holds these words."""
        if not sender.isascii() or not sender.isprintable():
            return []
        after = last + timedelta(days=1)
        days = f"SINCE {_day(first)} BEFORE {_day(after)}".encode()
        search = (b"UID", b"SEARCH", days, b"FROM", Argument(sender.encode()))
        return found_uids(self._client.run(*search))

    def bodies(self, wanted: Sequence[tuple[int, Reason]]) -> Iterator[tuple[int, bytes | None]]:
        """Whole messages, each for its Reason (M6). None: it is gone, which is never b""."""
        uids = list(dict.fromkeys(uid for uid, _reason in wanted))
        for start in range(0, len(uids), BODIES_A_TRIP):
            trip = uids[start : start + BODIES_A_TRIP]
            came = self._fetch(trip, "(UID BODY.PEEK[])", b"BODY[]")
            yield from ((uid, came[uid][b"BODY[]"] if uid in came else None) for uid in trip)

    def holding(self, uids: Collection[int], words: str) -> set[int]:
        """In which of these messages the server finds the words (ASCII): it looks, we do not
        read. One SEARCH for all."""
        if not words.isascii() or not words.replace("-", "").isalnum():
            raise ValueError("only letters, digits and hyphens are searched for")
        if not uids:
            return set()
        return set(uids).intersection(self._search(f'UID {ranges(uids)} BODY "{words}"'))

    def place(self, message_id: str) -> int | None:
        """The UID of the message with this id; None where there is none, or more than one."""
        found = self.uids_of(f"<{message_id}>")
        return found[0] if len(found) == 1 else None

    def beginning(
        self, uid: int, _reason: Reason, size: int
    ) -> tuple[bytes, list[Outlined]] | None:
        """The first bytes of a message too large to be read, and the files that its structure
        names (M18). None: it is gone."""
        head = f"(UID BODYSTRUCTURE BODY.PEEK[]<0.{size}>)".encode()
        for answer in self._client.run(b"UID", b"FETCH", str(uid).encode(), head):
            if b" FETCH " in answer.line[:40].upper():
                said = fetched(answer)
                body = next((v for k, v in said.items() if k.startswith(b"BODY[]")), None)
                if body and said.get(b"UID") == str(uid).encode():
                    return body, outline(answer)
        return None

    def wait_for_news(self, seconds: float) -> bool:
        """IDLE on the examined folder until the server has news or the time is over."""
        self.idle_begin()
        until = time.monotonic() + seconds
        while not (news := self.idle_news()) and (left := until - time.monotonic()) > 0:
            poll = select.poll()
            poll.register(self.idle_fileno(), select.POLLIN)
            poll.poll(left * 1000)
        return self.idle_end() or news

    def idle_begin(self) -> None:
        """Starts IDLE; ask idle_news() once before waiting on idle_fileno()."""
        self._idle_tag = self._client.say(b"IDLE")
        before = self._client.await_go_ahead(self._idle_tag)
        self._news = self._client.heard_exists or any(is_exists(answer.line) for answer in before)
        self._client.heard_exists = False

    def idle_fileno(self) -> int:
        return self._client.stream.sock.fileno()

    def idle_news(self) -> bool:
        """What the server has said by now, without waiting; ConnectionLost when it has closed."""
        for line in self._client.stream.lines_at_hand():
            if line[:5].upper() == b"* BYE":
                self._client.close()
                raise ServerBusy("bye", line[6:])
            if not line.startswith(b"* "):
                self._client.close()  # a tagged answer: the server has ended the IDLE
                raise ConnectionLost("closed", line)
            self._news = self._news or is_exists(line)
        return self._news

    def idle_end(self) -> bool:
        """DONE. Tells whether there was news, that which crossed the DONE included."""
        tag, self._idle_tag = self._idle_tag, b""
        self._client.stream.send(b"DONE\r\n")
        answers = self._client.hear(tag)
        return self._news or any(is_exists(answer.line) for answer in answers)

    def cut(self) -> None:
        """Breaks it off, from another thread too: whoever waits for an answer hears the end."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._client.stream.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Says goodbye, out of an IDLE too."""
        self._client.stream.timeout = min(self._client.stream.timeout, 2)
        with contextlib.suppress(Fault):
            if self._idle_tag and not self._client.stream.closed:
                self.idle_end()
        self._client.logout()

    def _blocks(self, uids: Collection[int]) -> Iterator[HeaderBlock]:
        told = self._fetch(uids, _HEADER_ITEMS, b"BODY[HEADER")
        if not told and self._search(f"UID {ranges(uids)}"):
            raise ProtocolFault("left_out")  # one that has no header is passed over, not all
        for uid, items in told.items():
            size = number(items.get(b"RFC822.SIZE", b"0"))
            raw = items[b"BODY[HEADER"] or b""
            yield HeaderBlock(uid, size, arrived(items.get(b"INTERNALDATE")), raw)

    def _fetch(
        self, uids: Collection[int], items: str, part: bytes
    ) -> dict[int, dict[bytes, Value]]:
        """What was asked for, by UID, with the `part` under its short name. Of a message that is
        there and was left out all the same it is asked once more (F44)."""
        came = self._answers(uids, items, part)
        missing = sorted(set(uids) - set(came))
        if missing:
            there = set(missing).intersection(self._search(f"UID {ranges(missing)}"))
            came |= self._answers(sorted(there), items, part) if there else {}
        return came

    def _answers(
        self, uids: Collection[int], items: str, part: bytes
    ) -> dict[int, dict[bytes, Value]]:
        """The first whole answer about each message that was asked for; others are passed over."""
        asked = f"{uids[0]}:{uids[-1]}" if isinstance(uids, range) else ranges(uids)
        wanted = set(uids)
        came: dict[int, dict[bytes, Value]] = {}
        for answer in self._client.run(b"UID", b"FETCH", asked.encode(), items.encode()):
            if b" FETCH " not in answer.line[:40].upper():
                continue
            said = fetched(answer)
            uid = number(said[b"UID"]) if b"UID" in said else 0
            raw = next((value for key, value in said.items() if key.startswith(part)), None)
            if uid in wanted and uid not in came and raw:
                came[uid] = {**said, part: raw}
        return came

    def _sets(self, first: int, last: int | None) -> Iterator[Collection[int]]:
        """UIDs, at most a batch each; of a wide range it is asked first which of them are there."""
        known = self._examined.uidnext if self._examined else 0
        end = last if last is not None else known - 1
        if known and end < first:
            return
        if 0 < end < first + BATCH:
            yield range(first, end + 1)
            return
        for window in self._windows(first, last):
            uids = self._there(window, first, end)
            for start in range(0, len(uids), BATCH):
                yield uids[start : start + BATCH]

    def _there(self, window: str, first: int, end: int) -> list[int]:
        """Those of a window between the two, as far as the second one is known."""
        found = self._search(f"UID {window}")
        most = end if end > 0 else LARGEST
        return found[bisect_left(found, first) : bisect_right(found, most)]

    def _since(self, day: date) -> Iterator[list[int]]:
        windows = self._windows(1, None)
        return (self._search(f"UID {window} SINCE {_day(day)}") for window in windows)

    def _windows(self, first: int, last: int | None) -> Iterator[str]:
        """Windows of a big folder, as a line has its limits, and memory; never many of them."""
        status = self._examined
        wide = status is not None and status.messages > SEARCH_WINDOW
        end = last or (status.uidnext - 1 if status else 0)  # above it n:* names the last again
        step = max(SEARCH_WINDOW, (end - first) // MOST_WINDOWS)
        low = first
        while wide and low + step <= end:
            yield f"{low}:{low + step - 1}"
            low += step
        yield f"{low}:{last or '*'}"

    def _search(self, criteria: str) -> list[int]:
        compact = b"RETURN (ALL) " if "ESEARCH" in self.capabilities else b""
        return found_uids(self._client.run(b"UID", b"SEARCH", compact + criteria.encode()))

    def _gone_or(self, fault: Fault, name: str) -> Fault:
        """An old server's bare NO does not say why: the list of folders does."""
        if isinstance(fault, FolderGone) and name.isascii():
            return fault
        if fault.code not in {"no", "nonexistent", "trycreate"}:
            return fault
        if any(folder.name == name for folder in self.folders()):
            return fault
        return FolderGone("nonexistent", fault.server_said)


def _day(day: date) -> str:
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"
