"""`script/server --demo` as a newcomer meets it: sign in, write to a customer, read the answer."""

import html
import json
import os
import re
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from tests import schema
from tests.config.test_parts import ASKING, ROOT, until
from tests.config.test_serve import children, serving

pytestmark = pytest.mark.live
PARTS = 6
PATIENCE = 40  # seconds, on a busy machine; an answer takes about eight


class Visitor:
    """A person at the demo, by HTTP, who also has a token for the REST API."""

    def __init__(self, port: int, folder: Path) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.folder = folder
        self.browser = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar()),
        )
        self.token = self.manage("create_api_token", "hana@kumo.example").strip()

    def manage(self, *command: str) -> str:
        """A command in the demo's database."""
        variables = {
            "DATABASE_URL": f"sqlite:///{self.folder}/musubi.sqlite3",
            "MEDIA_ROOT": str(self.folder / "media"),
            "INBOX_CA_FILE": str(self.folder / "demo/tls/ca.pem"),
        }
        run = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=True,
        )
        return run.stdout

    def sign_in(self, email: str, password: str) -> str:
        """The page that one lands on."""
        page = self.page("/accounts/login/")
        (token,) = set(re.findall(r'csrfmiddlewaretoken" value="([^"]+)"', page))
        form = {"login": email, "password": password, "csrfmiddlewaretoken": token}
        return self.page("/accounts/login/", urllib.parse.urlencode(form).encode())

    def page(self, path: str, body: bytes | None = None) -> str:
        request = urllib.request.Request(self.base + path, body, {"Referer": self.base + path})
        with self.browser.open(request, timeout=20) as answer:
            return str(answer.read().decode())

    def api(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.base}/api/v1{path}", data, headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def emails(self, contact: str) -> list[Any]:
        items: list[Any] = self.api(f"/contacts/{contact}/timeline?kind=email")["items"]
        return items

    def answers(self, contact: str, subject: str) -> list[Any]:
        rows = [row for row in self.emails(contact) if row["subject"] == f"Re: {subject}"]
        return [row for row in rows if row["direction"] == "incoming"]

    def write_to(self, contact: Any, subject: str, **values: str) -> None:
        boxes = {box["email"]: box["id"] for box in self.api("/mailboxes")["items"]}
        letter = {"mailbox_id": boxes["hana@kumo.example"], "to": [contact["email"]]}
        self.api("/emails", {**letter, "subject": subject, "text": "How are you?", **values})


def test_a_customer_answers_also_after_the_mail_servers_were_restarted(tmp_path: Path) -> None:
    demo = tmp_path / "demo"
    given = {"DEMO_FOLDER": str(demo), "INBOX_POLL_SECONDS": ""}
    given["DATABASE_URL"] = schema.copy(tmp_path, "musubi")
    with serving(tmp_path, "--demo", **given) as (port, parent, log):
        until(lambda: "Sign in as " in log(), 90)
        visitor = Visitor(port, tmp_path)
        (whom,) = re.findall(r"Sign in as (\S+) with the password (\S+)", log())
        assert "Hana Sato" in visitor.sign_in(*whom)
        weber, aoki = (visitor.api(f"/contacts?search={name}")["items"][0] for name in PEOPLE)
        _a_first_answer(visitor, weber)
        _an_answer_from_restarted_servers(visitor, parent, weber, aoki)
        _a_second_start_changes_nothing(visitor, demo)
        _other_mail_was_left_alone(visitor)
        parent.send_signal(signal.SIGINT)
        assert parent.wait(10) == 0


PEOPLE = ("anna.weber", "yuki.aoki")


def _a_first_answer(visitor: Visitor, weber: Any) -> None:
    visitor.write_to(weber, "Good morning")
    until(lambda: visitor.answers(weber["id"], "Good morning") != [], PATIENCE, ASKING)
    (answer,) = visitor.answers(weber["id"], "Good morning")
    assert answer["reason"]["rule"] == "reply"
    assert "Hana" in answer["text"]
    assert "Anna Weber" in answer["text"]
    new, _quote, _rest = answer["text"].partition("\n\nOn ")
    assert new.splitlines()[2] in html.unescape(visitor.page(f"/contacts/{weber['id']}/"))


def _an_answer_from_restarted_servers(
    visitor: Visitor, parent: "subprocess.Popen[bytes]", weber: Any, aoki: Any
) -> None:
    before = len(visitor.emails(weber["id"]))
    (mail,) = [pid for pid in children(parent) if b"config.demo.mail" in command_of(pid)]
    os.kill(mail, signal.SIGKILL)
    until(lambda: mail not in children(parent) and len(children(parent)) == PARTS)
    seeded = visitor.emails(aoki["id"])[0]  # a conversation that was there from the start
    visitor.write_to(aoki, "ご連絡", in_reply_to_id=seeded["id"])
    until(lambda: visitor.answers(aoki["id"], "ご連絡") != [], PATIENCE, ASKING)
    (answer,) = visitor.answers(aoki["id"], "ご連絡")
    assert "青木" in answer["text"]
    assert answer["thread_id"] == seeded["thread_id"]
    assert len(visitor.emails(weber["id"])) == before


def _other_mail_was_left_alone(visitor: Visitor) -> None:
    """Three letters that nobody asked for were seen, by their headers, and two answers read."""
    boxes = {box["email"]: box["id"] for box in visitor.api("/mailboxes")["items"]}
    days = visitor.api(f"/mailboxes/{boxes['hana@kumo.example']}/reads")
    days = days.get("items", days.get("days")) if isinstance(days, dict) else days
    assert sum(day["bodies_read"] for day in days) == 2
    assert sum(day["headers_read"] for day in days) >= 5


def _a_second_start_changes_nothing(visitor: Visitor, demo: Path) -> None:
    boxes = visitor.api("/mailboxes")["items"]
    contacts = visitor.api("/contacts?limit=100")["items"]
    visitor.manage("furnish_demo", str(demo / "demo.json"))
    assert [box["id"] for box in visitor.api("/mailboxes")["items"]] == [box["id"] for box in boxes]
    assert visitor.api("/contacts?limit=100")["items"] == contacts
    until(lambda: _states(visitor)[:2] == ["connected", "connected"], 60, ASKING)  # again
    (info,) = (box for box in boxes if box["email"] == "info@kumo.example")
    assert info["state"] == "disconnected"
    assert "AUTHENTICATIONFAILED" in info["state_reason"]


def _states(visitor: Visitor) -> list[str]:
    """Of the two mailboxes that work, then of the one that does not."""
    states = {box["email"]: box["state"] for box in visitor.api("/mailboxes")["items"]}
    return [states[f"{name}@kumo.example"] for name in ("hana", "ken", "info")]


def command_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
