"""Tests: a private Dovecot 2.3 on loopback, in a folder of its own, started and stopped by us.

IMAP (STARTTLS), IMAPS, LMTP, submission (STARTTLS and TLS, AUTH) relaying to a port that is given.
Everybody at example.test has an account, password "secret"; `set_password` gives one another.
"""

import getpass
import grp
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from imapclient import imap_utf7

from tests.servers.ordinary import PASSWORD, MailServer
from tests.servers.ports import Authority, free_ports

_validities = itertools.count(1000)
_STATISTICS = re.compile(r"imap\((?P<user>[^)]+)\)<\d+><[^>]*>: .*?(?P<figures>in=\d+ out=.*)$")
_LOOKUP = """
uri = fs:posix:prefix={folder}/
default_pass_scheme = PLAIN
key passdb {{
  key = %Lu
  format = json
}}
passdb_objects = passdb
"""
_CONF = """
base_dir = {d}/run
state_dir = {d}/state
instance_name = musubi-{imap}
log_path = {d}/dovecot.log
info_log_path = {d}/info.log
listen = 127.0.0.1
protocols = imap lmtp submission
first_valid_uid = 1
mail_uid = {uid}
mail_gid = {gid}
mail_home = {d}/mail/%u
mail_location = sdbox:~/sdbox
mail_fsync = never
shutdown_clients = yes
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_cache_size = 0
auth_failure_delay = 0
auth_username_format = %Lu
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
ssl_min_protocol = TLSv1.2
mail_max_userip_connections = 500
imap_idle_notify_interval = 30 s
imap_logout_format = in=%i out=%o deleted=%{{deleted}} expunged=%{{expunged}} \
hdr_count=%{{fetch_hdr_count}} hdr_bytes=%{{fetch_hdr_bytes}} \
body_count=%{{fetch_body_count}} body_bytes=%{{fetch_body_bytes}}
postmaster_address = postmaster@example.test
hostname = localhost
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
submission_relay_ssl = no
submission_relay_trusted = no
submission_max_mail_size = 50M
passdb {{
  driver = dict
  args = {d}/password.conf
}}
# whoever has another password shall not get in with everybody's
passdb {{
  driver = dict
  args = {d}/changed.conf
  result_success = return-fail
}}
passdb {{
  driver = static
  args = password={password} allow_all_users=yes
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={d}/mail/%Lu allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    auto = subscribe
    special_use = \\Drafts
  }}
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Trash {{
    auto = subscribe
    special_use = \\Trash
  }}
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
}}
service imap-login {{
  {nochroot}
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
  service_count = 0
  process_min_avail = 1
}}
service submission-login {{
  {nochroot}
  inet_listener submission {{
    port = {submission}
  }}
  inet_listener submissions {{
    port = {submissions}
    ssl = yes
  }}
  service_count = 0
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
# One after the other in one process: they are all the same account of the system, and to start
# one anew for each session takes as much as the session.
service imap {{
  process_limit = 512
  service_count = 200
}}
service submission {{
  service_count = 200
}}
service anvil {{
  {nochroot}
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
service auth {{
  unix_listener auth-userdb {{
    mode = 0666
  }}
}}
protocol lmtp {{
  auth_username_format = %Lu
}}
{users}
"""


class MailFile:
    """A message of an sdbox: a line, a header that ends with its size in hex, the bytes, and what
    is told of them."""

    def __init__(self, path: Path) -> None:
        self.came_at = path.stat().st_ctime
        header, _, rest = path.read_bytes().partition(b"\n")[2].partition(b"\n")
        size = int(header[-16:], 16)
        kept = rest[:size].replace(b"\r\n", b"\n")
        self.raw = kept.replace(b"\n", b"\r\n")  # with the line ends that IMAP gives it
        self.arrived_at = int(re.findall(rb"^R([0-9a-f]+)$", rest[size:], re.M)[0], 16)


class Dovecot(MailServer):
    def __init__(self) -> None:
        ports = free_ports(5)
        self.imap, self.imaps, self.submission, self.submissions, self.lmtp = ports
        self.folder = Path()
        self.authority: Authority | None = None
        self.ca_file = ""

    def start(self, folder: Path, relay_port: int = 1) -> "Dovecot":
        """Starts in the folder; `relay_port` is where submission hands its mail on to."""
        self.folder, self.relay_port = folder, relay_port
        for name in ("run", "state", "mail", "password", "changed"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name in ("password", "changed"):
            (folder / f"{name}.conf").write_text(_LOOKUP.format(folder=folder / name))
            (folder / name).chmod(0o755)
        self.authority = self.authority or Authority(folder)
        self.ca_file = str(self.authority.ca_file)
        (folder / "dovecot.conf").write_text(self._configuration(relay_port))
        with (folder / "start.log").open("wb") as log:  # the daemon keeps what it is given open
            subprocess.run(
                [_program("dovecot"), "-c", folder / "dovecot.conf"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
                timeout=30,
            )
        self.await_greeting()
        return self

    def stop(self) -> None:
        """Ends our own master process and waits until it has ended."""
        pid_file = self.folder / "run" / "master.pid"
        if not pid_file.exists():
            return
        pid = int(pid_file.read_text())
        os.kill(pid, signal.SIGTERM)
        for _ in range(100):
            if not pid_file.exists() or not Path(f"/proc/{pid}").exists():
                return
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)

    def restart(self) -> None:
        """The same server again, after stop() if that was called: same ports, mail, certificate."""
        self.stop()
        self.start(self.folder, self.relay_port)

    def set_password(self, user: str, password: str) -> None:
        """From now on only this password lets the user in."""
        said = {"password": {"password": "{PLAIN}" + password}, "changed": {"nopassword": "y"}}
        for kind, fields in said.items():
            path = self.folder / kind / user.lower()
            path.write_text(json.dumps(fields, ensure_ascii=False), encoding="utf-8")
            path.chmod(0o644)

    def kick(self, user: str) -> None:
        """Ends each session of the user."""
        self._doveadm("kick", user)

    def refused(self, user: str) -> int:
        """How many sign-ins of theirs failed."""
        lines = re.findall(
            rf"auth failed, (\d+) attempts.*user=<{re.escape(user.lower())}>", self.log()
        )
        return sum(int(each) for each in lines)

    def set_uidvalidity(self, user: str, folder: str = "INBOX") -> None:
        """A new UIDVALIDITY; Dovecot numbers the messages of the folder anew with it."""
        value = str(int(time.time()) + next(_validities))
        self._doveadm("mailbox", "update", "--uid-validity", value, "-u", user, folder)

    # --- the server as a witness ---

    def sessions(self, user: str = "", *, ended: int = 0, wait: float = 5) -> list[dict[str, int]]:
        """The statistics of each ended session: hdr_count, body_count, in, out, deleted …

        Waits until each that began has ended, and until at least `ended` have.
        """
        until = time.monotonic() + wait
        while time.monotonic() < until:
            found = self._logged(user)
            if len(found) >= max(ended, self._begun(user)):
                break
            time.sleep(0.02)
        return found

    def knows(self, user: str) -> bool:
        """Whether this user has a mailbox here."""
        return (self.folder / "mail" / user.lower()).exists()

    def files(self, user: str) -> dict[str, dict[int, "MailFile"]]:
        """What lies on the disk, by folder and UID: no client has had a hand in it."""
        found: dict[str, dict[int, MailFile]] = {}
        root = self.folder / "mail" / user.lower() / "sdbox" / "mailboxes"
        for path in root.rglob("dbox-Mails/u.*"):
            name = imap_utf7.decode(str(path.parent.parent.relative_to(root)).encode())
            found.setdefault(name, {})[int(path.name[2:])] = MailFile(path)
        return found

    def log(self) -> str:
        return "".join(
            path.read_text(errors="replace")
            for name in ("dovecot.log", "info.log", "start.log")
            if (path := self.folder / name).exists()
        )

    def _begun(self, user: str) -> int:
        login = f"imap-login: Info: Login: user=<{user.lower()}"
        return self.log().count(login) if user else 0

    def _logged(self, user: str) -> list[dict[str, int]]:
        info = self.folder / "info.log"
        lines = info.read_text(errors="replace").splitlines() if info.exists() else []
        found = (_STATISTICS.search(line) for line in lines)
        mine = [f for f in found if f and user.lower() in ("", f["user"])]
        return [{k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", f["figures"])} for f in mine]

    def _doveadm(self, *arguments: str) -> None:
        command = [_program("doveadm"), "-c", str(self.folder / "dovecot.conf"), *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=30)

    def password_of(self, user: str) -> str:
        path = self.folder / "password" / user.lower()
        if not path.exists():
            return PASSWORD
        return str(json.loads(path.read_text("utf-8"))["password"]).removeprefix("{PLAIN}")

    def _configuration(self, relay_port: int) -> str:
        assert self.authority  # start() made it
        made = self.authority.certificate()
        root = os.getuid() == 0
        uid, gid = (5000, 5000) if root else (os.getuid(), os.getgid())
        if root:
            os.chown(self.folder / "mail", uid, gid)
            self.folder.chmod(0o711)  # the mail processes run as another user
        else:
            made.key.chmod(0o600)
        user, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
        users = (
            ""
            if root
            else f"default_internal_user = {user}\ndefault_internal_group = {group}\n"
            f"default_login_user = {user}\n"
        )
        return _CONF.format(
            d=self.folder,
            uid=uid,
            gid=gid,
            cert=made.cert,
            key=made.key,
            relay=relay_port,
            password=PASSWORD,
            nochroot="" if root else "chroot =",
            users=users,
            imap=self.imap,
            imaps=self.imaps,
            submission=self.submission,
            submissions=self.submissions,
            lmtp=self.lmtp,
        )


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    assert found, f"{name} is not installed (apt-get install dovecot-imapd dovecot-lmtpd)"
    return found
