"""Tests: a private Cyrus IMAP 3.6 on loopback, the second make of a real server.

Debian's cyrus-imapd cannot be installed beside dovecot-imapd, so script/test unpacks the packages
into build/cyrus. It files no mail for others: sending goes by Dovecot's submission.
"""

import getpass
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.servers.ordinary import PASSWORD, MailServer
from tests.servers.ports import Authority, free_ports

UNPACKED = Path(__file__).resolve().parents[2] / "build" / "cyrus"
_IMAPD = """
configdirectory: {d}/conf
defaultpartition: default
partition-default: {d}/spool
cyrus_user: {user}
cyrus_group: {group}
servername: localhost
unixhierarchysep: yes
altnamespace: yes
virtdomains: userid
defaultdomain: internal
autocreate_quota: 0
autocreate_post: yes
autocreate_inbox_folders: Drafts|Gesendet|Trash
autocreate_subscribe_folders: Drafts|Gesendet|Trash
xlist-drafts: Drafts
xlist-sent: Gesendet
xlist-trash: Trash
allowplaintext: yes
sasl_mech_list: PLAIN LOGIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {d}/sasldb2
tls_server_cert: {cert}
tls_server_key: {key}
idlesocket: {d}/conf/socket/idle
lmtpsocket: {d}/conf/socket/lmtp
duplicatesuppression: no
conversations: no
"""
_CYRUS = """
START {{
  recover cmd="{b}/ctl_cyrusdb -C {d}/imapd.conf -r"
  idled cmd="{b}/idled -C {d}/imapd.conf"
}}
SERVICES {{
  imap cmd="{b}/imapd -C {d}/imapd.conf" listen="127.0.0.1:{imap}" prefork=1
  imaps cmd="{b}/imapd -s -C {d}/imapd.conf" listen="127.0.0.1:{imaps}" prefork=1
  lmtp cmd="{b}/lmtpd -a -C {d}/imapd.conf" listen="127.0.0.1:{lmtp}" prefork=0
}}
EVENTS {{
}}
"""


class Cyrus(MailServer):
    """Sent is called Gesendet here: only its flag tells what it is for."""

    sent = "Gesendet"

    def __init__(self) -> None:
        self.imap, self.imaps, self.lmtp = free_ports(3)
        self.folder = Path()

    def start(self, folder: Path, authority: Authority, submissions: int) -> "Cyrus":
        self.folder, self.submissions = folder, submissions
        made = authority.certificate()
        user, group = ("nobody", "nogroup") if os.getuid() == 0 else (getpass.getuser(),) * 2
        for name in ("spool", "conf/socket", "conf/proc", "conf/db", "conf/lock"):
            (folder / name).mkdir(parents=True)
        values = {"d": folder, "b": UNPACKED / "usr/lib/cyrus/bin", "user": user, "group": group}
        files = {"imapd.conf": _IMAPD, "cyrus.conf": _CYRUS}
        for name in ("cert", "key"):  # its processes run as another user
            shutil.copy(getattr(made, name), folder / name)
        for name, text in files.items():
            ports = {"imap": self.imap, "imaps": self.imaps, "lmtp": self.lmtp}
            filled = text.format(cert=folder / "cert", key=folder / "key", **values, **ports)
            (folder / name).write_text(filled)
        self.add_user("somebody@example.test")
        if os.getuid() == 0:
            for path in (folder, *folder.rglob("*")):
                shutil.chown(path, user, group)
        self._run_master()
        return self

    def add_user(self, address: str) -> str:
        """An account, password "secret"; the mailbox is made when somebody signs in."""
        name, _, domain = address.partition("@")
        database = str(self.folder / "sasldb2")
        command = [
            UNPACKED / "usr/sbin/saslpasswd2",
            "-p",
            "-c",
            "-f",
            database,
            "-u",
            domain,
            name,
        ]
        subprocess.run(command, input=PASSWORD.encode(), env=_environment(), check=True, timeout=30)
        return address

    def stop(self) -> None:
        """Ends our own master process, which ends its children, and waits for it."""
        pid_file = self.folder / "master.pid"
        if not pid_file.exists():
            return
        pid = int(pid_file.read_text())
        os.kill(pid, signal.SIGTERM)
        for _ in range(100):
            if not Path(f"/proc/{pid}").exists():
                return
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)

    def _run_master(self) -> None:
        master = UNPACKED / "usr/lib/cyrus/bin/master"
        assert master.exists(), f"{UNPACKED} is missing: script/test unpacks it"
        files = {"-C": "imapd.conf", "-M": "cyrus.conf", "-p": "master.pid"}
        arguments = [str(x) for flag, name in files.items() for x in (flag, self.folder / name)]
        with (self.folder / "start.log").open("wb") as log:
            subprocess.run(
                [master, *arguments, "-d"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                check=True,
                timeout=30,
            )
        self.await_greeting()


def _environment() -> dict[str, str]:
    """Where the unpacked libraries lie."""
    places = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib/cyrus")
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(str(UNPACKED / place) for place in places)}
