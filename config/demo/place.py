"""The demo's place: its own folder, with the ports, passwords and certificates that it keeps."""

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from config.demo.authority import certify
from inbox.demo.cast import HOST

# Which folder is the demo's; every part reads it.
VARIABLE = "DEMO_FOLDER"


class Occupied(Exception):
    """Another demo runs in this folder."""


@dataclass(frozen=True)
class Kept:
    """What stays the same from start to start, in demo.json (0600)."""

    imap_port: int
    smtp_port: int
    pictures_port: int  # where the pictures of a customer's letter are
    mail_password: str  # of every mailbox of the demo's servers
    password: str  # of the people who sign in


@dataclass(frozen=True)
class Place:
    folder: Path
    kept: Kept

    @property
    def mail(self) -> Path:
        return self.folder / "mail"

    @property
    def ca_file(self) -> Path:
        return self.folder / "tls" / "ca.pem"

    @property
    def cert(self) -> Path:
        return self.folder / "tls" / "server.pem"

    @property
    def key(self) -> Path:
        return self.folder / "tls" / "server.key"

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """Of every part. Only what was given outside of .env may lead elsewhere: a demo must not
        end up in the database of an operator's .env."""
        own = {
            "DATABASE_URL": f"sqlite:///{self.folder}/musubi.sqlite3",
            "CELERY_BROKER_URL": f"filesystem://{self.folder}/queue",
            "CACHE_URL": "locmemcache://",
            "EMAIL_URL": "consolemail://",
            "MEDIA_ROOT": str(self.folder / "media"),
            "INBOX_POLL_SECONDS": "5",  # and so long, at first, until servers are tried again
            "HTTPS": "false",
            "STATIC_MANIFEST": "false",
            "ALLOWED_HOSTS": ",".join({"localhost", "127.0.0.1", "[::1]", given["HOST"]}),
        }
        fixed = {
            VARIABLE: str(self.folder),
            "INBOX_CA_FILE": str(self.ca_file),
            "INBOX_ALLOW_PRIVATE_HOSTS": "true",  # its mail servers are on loopback,
            "INBOX_ALLOW_PRIVATE_PICTURES": "true",  # and so are the pictures of its letters
        }
        return own | {name: value for name, value in given.items() if value} | fixed


def find() -> Place:
    """The place that `set_up` has made, for another process."""
    folder = Path(os.environ[VARIABLE])
    return Place(folder, Kept(**json.loads((folder / "demo.json").read_text())))


def set_up(folder: Path) -> Place:
    """Make the place, or find it as it was left; ports that are taken by now are new ones.

    Raises Occupied. The folder stays locked for as long as this process lives.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    _lock(folder)
    file = folder / "demo.json"
    before = json.loads(file.read_text()) if file.exists() else {}
    names = ("imap_port", "smtp_port", "pictures_port")
    imap_port, smtp_port, pictures_port = _ports([before.get(name, 0) for name in names])
    kept = Kept(
        imap_port,
        smtp_port,
        pictures_port,
        mail_password=before.get("mail_password") or secrets.token_urlsafe(12),
        password=before.get("password") or secrets.token_urlsafe(9),
    )
    file.touch(mode=0o600)
    file.write_text(json.dumps(asdict(kept), indent=1))
    place = Place(folder, kept)
    certify(place.ca_file, place.cert, place.key, HOST)
    return place


def _lock(folder: Path) -> None:
    handle = os.open(folder / "lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the system lets go when we end
    except OSError:
        os.close(handle)
        raise Occupied(folder) from None


def _ports(wanted: list[int]) -> list[int]:
    """Those ports, where they are free; all are held until the last one is known."""
    held = [_bound(port) for port in wanted]
    ports = [sock.getsockname()[1] for sock in held]
    for sock in held:
        sock.close()
    return ports


def _bound(port: int) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError:
        sock.bind(("127.0.0.1", 0))
    return sock
