"""Tests: what stands in a mailbox, put there and read by a way that is not the product's.

The base of the mail servers: an ordinary mail client, and somebody outside who delivers.
"""

import imaplib
import re
import smtplib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from imapclient.imap_utf7 import decode, encode

PASSWORD = "secret"


class MailServer:
    host = "127.0.0.1"
    imap = imaps = submissions = lmtp = 0  # ports
    sent = "Sent"  # what its Sent folder is called

    def password_of(self, user: str) -> str:
        return PASSWORD

    def set_uidvalidity(self, user: str, folder: str = "INBOX") -> None:
        raise NotImplementedError

    def uidvalidity(self, user: str, folder: str) -> int:
        with self.session(user) as imap:
            told = imap.status(_name(folder), "(UIDVALIDITY)")[1][0]
        return int(re.findall(rb"UIDVALIDITY (\d+)", told)[0])

    def await_greeting(self) -> None:
        for _ in range(200):
            try:
                imaplib.IMAP4(self.host, self.imap, timeout=5).logout()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(self.log())

    def log(self) -> str:
        return ""

    def deliver(self, user: str, raw: bytes, sender: str = "someone@example.org") -> None:
        """Mail from outside, by LMTP, into INBOX."""
        with smtplib.LMTP("127.0.0.1", self.lmtp) as lmtp:
            lmtp.sendmail(sender, [user], raw)

    def append(
        self, user: str, folder: str, raw: bytes, flags: str = "", *, at: datetime | None = None
    ) -> None:
        when = imaplib.Time2Internaldate(at or time.time())
        with self.session(user) as imap:
            answer = imap.append(_name(folder), flags, when, raw)
        assert answer[0] == "OK", answer

    def create(self, user: str, folder: str) -> None:
        with self.session(user) as imap:
            assert imap.create(_name(folder))[0] == "OK"

    def delete_folder(self, user: str, folder: str) -> None:
        with self.session(user) as imap:
            assert imap.delete(_name(folder))[0] == "OK"

    def raw_messages(self, user: str, folder: str = "INBOX") -> list[bytes]:
        with self.session(user, folder) as imap:
            return [part[1] for part in imap.uid("FETCH", "1:*", "(BODY.PEEK[])")[1] if _pair(part)]

    def flags(self, user: str, folder: str = "INBOX") -> dict[int, set[str]]:
        """UID to flags, \\Recent left out (it is the session's, not the message's)."""
        with self.session(user, folder) as imap:
            lines = [line for line in imap.uid("FETCH", "1:*", "(UID FLAGS)")[1] if line]
        uids = [int(re.findall(rb"UID (\d+)", line)[0]) for line in lines]
        flags = [re.findall(rb"FLAGS \(([^)]*)\)", line)[0].decode().split() for line in lines]
        return {uid: set(found) - {r"\Recent"} for uid, found in zip(uids, flags, strict=True)}

    def uids(self, user: str, folder: str = "INBOX") -> list[int]:
        with self.session(user, folder) as imap:
            return [int(uid) for uid in imap.uid("SEARCH", "ALL")[1][0].split()]

    def counts(self, user: str) -> dict[str, int]:
        """How many messages each folder holds."""
        with self.session(user) as imap:
            lines = [line for line in imap.list()[1] if isinstance(line, bytes)]
            there = [line for line in lines if b"noselect" not in line.lower()]
            names = [decode(line.rsplit(b' "/" ', 1)[1].strip(b'"')) for line in there]
            said = {name: imap.status(_name(name), "(MESSAGES)")[1][0] for name in names}
        return {name: int(re.findall(rb"MESSAGES (\d+)", line)[0]) for name, line in said.items()}

    def expunge(self, user: str, folder: str, uid: int) -> None:
        with self.session(user, folder, readonly=False) as imap:
            imap.uid("STORE", str(uid), "+FLAGS", r"(\Deleted)")
            imap.expunge()

    def rename(self, user: str, folder: str, name: str) -> None:
        with self.session(user) as imap:
            assert imap.rename(_name(folder), _name(name))[0] == "OK"

    def renumber(self, user: str, folder: str = "INBOX") -> None:
        """Another UIDVALIDITY and other UIDs, in the same order, as after a restored backup."""
        raws = self.raw_messages(user, folder)
        with self.session(user, folder, readonly=False) as imap:
            imap.uid("STORE", "1:*", "+FLAGS", r"(\Deleted)")
            imap.expunge()
        for raw in raws:
            self.append(user, folder, raw)
        self.set_uidvalidity(user, folder)

    @contextmanager
    def session(
        self, user: str, folder: str = "", *, readonly: bool = True
    ) -> Iterator[imaplib.IMAP4]:
        """An ordinary mail client."""
        imap = imaplib.IMAP4("127.0.0.1", self.imap, timeout=20)
        try:
            _login(imap, user, self.password_of(user))
            if folder:
                assert imap.select(_name(folder), readonly=readonly)[0] == "OK"
            yield imap
        finally:
            imap.logout()


def _login(imap: imaplib.IMAP4, user: str, password: str) -> None:
    imap.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())


def _name(folder: str) -> str:
    spelled: str = encode(folder).decode("ascii")
    return '"' + spelled.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _pair(part: object) -> bool:
    return isinstance(part, tuple)
