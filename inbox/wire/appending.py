"""Wire: the appending session, the only one that writes to a mailbox: the Sent copy (M22), the
CRM folder (M17)."""

import re
import ssl
from datetime import datetime
from typing import Self

from inbox.wire.account import Account
from inbox.wire.client import Argument, Client
from inbox.wire.faults import ProtocolFault
from inbox.wire.folders import FolderInfo
from inbox.wire.library import speaking
from inbox.wire.responses import found_uids

_FIELD_NAME = re.compile(r"[!-9;-~]+")
_UNFINDABLE = re.compile(r"[\x00\r\n]")


def open_appending(account: Account, tls: ssl.SSLContext) -> "AppendingSession":
    client = Client(account)
    try:
        client.secure(tls)
        client.login()
        return AppendingSession(client)
    except BaseException:
        client.close()
        raise


class AppendingSession:
    def __init__(self, client: Client) -> None:
        self._client = client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def folders(self) -> list[FolderInfo]:
        return self._client.folders()

    def find(self, folder: str, header: str, value: str) -> list[int]:
        """The UIDs whose header field holds the value. The folder is opened for reading only."""
        if not _FIELD_NAME.fullmatch(header) or _UNFINDABLE.search(value):
            return []  # no field has such a name, no field holds such a value
        with speaking(self._client.library) as library:
            library.select_folder(folder, readonly=True)
        charset = () if value.isascii() else (b"CHARSET", b"UTF-8")
        field, sought = Argument(header.encode()), Argument(value.encode())
        return found_uids(self._client.run(b"UID", b"SEARCH", *charset, b"HEADER", field, sought))

    def append(self, folder: str, raw: bytes, when: datetime) -> None:
        """Files a message as read, at the time it was sent."""
        if b"\0" in raw:
            raise ProtocolFault("unsendable")
        with speaking(self._client.library) as library:
            library.append(folder, raw, [r"\Seen"], when)

    def create(self, folder: str) -> None:
        """Makes and subscribes a folder; one that is there already is as good."""
        if any(known.name == folder and known.selectable for known in self.folders()):
            return
        with speaking(self._client.library) as library:
            library.create_folder(folder)
            library.subscribe_folder(folder)

    def close(self) -> None:
        self._client.logout()
