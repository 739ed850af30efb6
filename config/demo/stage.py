"""What config/serve.py does more for a demo: two parts, the data, and the words after `Ready:`."""

import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from config.demo.place import set_up
from config.parts import Part
from inbox.demo.cast import HANA, INFO

PATIENCE = 20.0  # seconds for the mail servers to listen


class Stage:
    """A demo that is about to run in `folder`. Raises Occupied."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.place = set_up(folder)
        self.environment = self.place.environment(environment)
        self.mail = self._part("mail")
        self.parts = [self.mail, self._part("customers")]

    def _part(self, name: str) -> Part:
        return Part(name, [sys.executable, "-m", f"config.demo.{name}"], self.environment)

    def furnish(self) -> None:
        """Fill the empty database and connect the mailboxes. Raises CalledProcessError."""
        self._await_mail()
        file = str(self.place.folder / "demo.json")
        command = [sys.executable, "manage.py", "furnish_demo", file]
        subprocess.run(command, env=self.environment, check=True)

    def _await_mail(self) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.mail.keep_alive()
            kept = self.place.kept
            if all(map(listens, (kept.imap_port, kept.smtp_port, kept.pictures_port))):
                return
            time.sleep(0.1)

    def greeting(self) -> str:
        kept = self.place.kept
        return (
            f"Sign in as {HANA} with the password {kept.password}\n"
            f"The mailbox {INFO} is disconnected. To reconnect it: {kept.mail_password}"
        )


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
