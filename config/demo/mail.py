"""The demo's mail servers, a process: pymap for IMAP, aiosmtpd for SMTP, over TLS, on loopback;
and beside them the server of the pictures that a letter names.

pymap keeps mail in memory; here it also lies in files, so that a restart loses none of it. The
restarted server gives new UIDVALIDITYs, as some real ones do. No mail ever leaves this machine:
whoever it is for, a mailbox of Musubi's or the one that all customers share takes it.
"""

import asyncio
import contextlib
import logging
import ssl
import time
import warnings
from argparse import Namespace
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxData, MailboxSet, Message
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.user import Passwords, UserMetadata

from config.demo.place import Place, find
from inbox.demo.cast import CUSTOMERS, GONE, HOST, MAILBOXES
from inbox.demo.files import png

PICTURE = (480, 160)  # wide, high, as the letter says


class FiledMailbox(MailboxData):
    """A folder whose messages also lie in files, named by the time of their arrival."""

    def __init__(self, folder: Path, *caches: Any) -> None:
        super().__init__(*caches)
        self.folder = folder
        self.files: dict[int, Path] = {}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def load(self) -> None:
        for file in sorted(self.folder.glob("*.eml")):
            arrived = datetime.fromtimestamp(int(file.stem) / 1e9, UTC)
            filed = AppendMessage(file.read_bytes(), arrived, frozenset())
            self.files[(await super().append(filed)).uid] = file

    async def append(self, append_msg: AppendMessage, *, recent: bool = False) -> Message:
        file = self.folder / f"{time.time_ns()}.eml"
        half = file.with_suffix(".half")
        half.write_bytes(append_msg.literal)
        half.rename(file)  # before anybody is told that it was taken
        message = await super().append(append_msg, recent=recent)
        self.files[message.uid] = file
        return message

    async def delete(self, uids: Any) -> None:
        uids = list(uids)
        await super().delete(uids)
        for uid in uids:
            if uid in self.files:
                self.files.pop(uid).unlink(missing_ok=True)


class FiledMailboxes(MailboxSet):
    """The folders of one address, in a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._inbox: FiledMailbox = self._filed("INBOX")

    async def load(self) -> None:
        (self.folder / "Sent").mkdir(exist_ok=True)
        for each in sorted(self.folder.iterdir()):
            name = unquote(each.name)
            filed = self._inbox if name == "INBOX" else self._filed(name)
            if name != "INBOX":
                self._set[name] = filed
            await filed.load()

    async def add_mailbox(self, name: str) -> Any:
        async with self._set_lock.write_lock():
            if name in self._set:
                raise ValueError(name)
            self._set[name] = made = self._filed(name)
            return made.mailbox_id

    def _filed(self, name: str) -> FiledMailbox:
        place = self.folder / quote(name, safe=" ")
        return FiledMailbox(place, self._content_cache, self._thread_cache)


class Delivery:
    """Takes what comes by SMTP: its very bytes go into the INBOX of each recipient."""

    def __init__(self, mailboxes: Mapping[str, FiledMailboxes], password: str) -> None:
        self.mailboxes = mailboxes
        self.password = password.encode()

    def authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any
    ) -> AuthResult:
        known = isinstance(given, LoginPassword) and given.login.decode() in self.mailboxes
        return AuthResult(success=known and given.password == self.password, handled=False)

    async def handle_RCPT(  # the names are aiosmtpd's
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address.lower() in GONE:
            return f"550 5.1.1 <{address}>: Recipient address rejected: User unknown"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = AppendMessage(envelope.content, datetime.now(UTC), frozenset())
        for owner in {self._owner(address) for address in envelope.rcpt_tos}:
            inbox = await self.mailboxes[owner].get_mailbox("INBOX")
            await inbox.append(mail)
        return "250 2.0.0 Delivered"

    def _owner(self, address: str) -> str:
        return address.lower() if address.lower() in self.mailboxes else CUSTOMERS


async def serve(place: Place) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(place.cert, place.key)
    mailboxes = {owner: FiledMailboxes(place.mail / owner) for owner in (*MAILBOXES, CUSTOMERS)}
    for folders in mailboxes.values():
        await folders.load()
    kept = place.kept
    reading = await _reading(mailboxes, kept.mail_password)
    delivery = Delivery(mailboxes, kept.mail_password)
    async with (
        await asyncio.start_server(reading, "127.0.0.1", kept.imap_port, ssl=tls),
        await asyncio.get_running_loop().create_server(
            lambda: _posting(delivery), "127.0.0.1", kept.smtp_port, ssl=tls
        ),
        await asyncio.start_server(_show_picture, "127.0.0.1", kept.pictures_port, ssl=tls),
    ):
        await asyncio.Event().wait()


async def _reading(mailboxes: Mapping[str, FiledMailboxes], password: str) -> Any:
    """What answers an IMAP connection."""
    plain = Namespace(debug=False, passlib_cfg=None, proxy_protocol=None)
    unused: dict[str, Any] = {
        "host": "",
        "port": 0,
        "demo_data": False,
        "demo_user": "",
        "demo_password": "",
    }
    config = Config(plain, tls_enabled=False, **unused)
    login = Login(config)
    hashed = await Passwords(config).hash_password(password)
    for owner, folders in mailboxes.items():
        login.users_dict[owner] = UserMetadata(config, owner, password=hashed)
        config.set_cache[owner] = (folders, FilterSet())
    config.apply_context()
    return ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(login, config))


async def _show_picture(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Whatever is asked for, it is the one picture there is."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        await reader.readuntil(b"\r\n\r\n")
        picture = png(*PICTURE)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {len(picture)}"
        writer.write(f"{head}\r\nConnection: close\r\n\r\n".encode() + picture)
        await writer.drain()
    writer.close()


def _posting(delivery: Delivery) -> SMTP:
    """What answers an SMTP connection, which is TLS from its first byte: "require TLS" would be
    for STARTTLS."""
    return SMTP(
        delivery,
        hostname=HOST,
        enable_SMTPUTF8=True,
        authenticator=delivery.authenticate,
        auth_required=True,
        auth_require_tls=False,
    )


if __name__ == "__main__":
    warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # says the same again
    asyncio.run(serve(find()))
