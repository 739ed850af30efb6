"""Memory: a look back over a folder that no disk need hold, in a process of its own (8)."""

import json
import re
import subprocess
import sys

from benchmarks.goals import Result
from benchmarks.world import World
from tests.servers.imap_script import ImapScript
from tests.servers.script import Connection

SMALL, TIMES = 1_000, 10  # the large folder has ten times as many as the big one
_RANGE = re.compile(rb"UID (?:FETCH )?(\d+):(\d+|\*)")
_ANSWER = (
    b"* %d FETCH (UID %d BODY[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES)] {%d}\r\n%b)\r\n"
)
_SLIP = (
    b"%bMessage-ID: <letter.%d@customer.test>\r\nIn-Reply-To: <letter.%d@customer.test>\r\n"
    b"References: <letter.%d@customer.test>\r\n <letter.%d@customer.test>\r\n\r\n"
)


_FROM = b"From: Customer <customer@customer.test>\r\n"


class Endless(ImapScript):
    """A server whose INBOX has so many messages, made up as they are asked for."""

    def __init__(self, messages: int) -> None:
        super().__init__(
            {
                "CAPABILITY": [b"* CAPABILITY IMAP4rev1 ESEARCH AUTH=PLAIN\r\n", b"%tag OK\r\n"],
                "EXAMINE": [
                    b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n" % messages,
                    b"* OK [UIDNEXT %d] .\r\n%%tag OK\r\n" % (messages + 1),
                ],
            }
        )
        self.messages = messages

    def act(self, connection: Connection, command: str, tag: bytes = b"") -> None:
        found = _RANGE.search(self.transcript[-1]) if command.startswith("UID") else None
        if found is None:
            return super().act(connection, command, tag)
        last = self.messages if found[2] == b"*" else min(int(found[2]), self.messages)
        if command == "UID SEARCH":
            told = b'* ESEARCH (TAG "%b") UID ALL %b:%d\r\n' % (tag, found[1], last)
            connection.sock.sendall(told + tag + b" OK\r\n")
            return None
        sender = _FROM if b"(FROM " in self.transcript[-1] else b""
        for first in range(int(found[1]), last + 1, 1_000):
            uids = range(first, min(first + 1_000, last + 1))
            connection.sock.sendall(b"".join(_answer(uid, sender) for uid in uids))
        connection.sock.sendall(tag + b" OK\r\n")
        return None


def measure(world: World) -> list[Result]:
    megabytes = {size: _look(world, size) for size in (SMALL, TIMES * world.size)}
    small, large = megabytes.values()
    note = f"{TIMES * world.size:,} messages; {small:.0f} MB of it for any look"
    return [
        Result("8", "memory of a long look", 64, large, "MB", note=note),
        Result("8", "the same, above a look at a small folder", 16, large - small, "MB"),
    ]


def _look(world: World, messages: int) -> float:
    with Endless(messages) as server:
        mailbox = world.mailbox("endless", port=server.port)
        mailbox.folders.exclude(role="inbox").delete()
        mailbox.folders.create(name="Sent", role="sent", uidvalidity=7, next_uid=messages + 1)
        command = [sys.executable, "-m", "benchmarks.peak", "sync_mailbox", mailbox.email]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
    receipt, peak = ran.stdout.split("\n")[:2]
    assert json.loads(receipt)["headers_read"] == messages, receipt
    return int(peak) / 1024


def _answer(uid: int, sender: bytes) -> bytes:
    slip = _SLIP % (sender, uid, uid - 1, uid - 2, uid - 1)
    return _ANSWER % (uid, uid, len(slip), slip)
