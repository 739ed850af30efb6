"""What attackers write, as mail that really arrives: the bodies, the names and the subjects.

A payload is a line of payloads.txt, or a row of a file that script/sanitize is given.
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.utils import make_msgid
from pathlib import Path
from urllib.parse import quote

from crm.models import Email

OWN = Path(__file__).with_name("payloads.txt")
# With words in bold it is shown on our own page, and in the frame below.
BESIDE_BOLD = "<p><b>Hello</b></p>{}"
FORMS = (BESIDE_BOLD, "{}", "{}<table><tr><td>Hello</td></tr></table>")
LONGEST_NAME = 300


@dataclass(frozen=True)
class Payload:
    """`effect`: what a browser does with it where nothing stops it ("asks" or "covers"); "": it
    depends."""

    name: str
    html: str
    effect: str = ""


def own(url: str) -> list[Payload]:
    """Ours; each asks an address of its own below `url`."""
    found: list[Payload] = []
    heading = ""
    for line in OWN.read_text().splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line and not line.startswith("# "):
            number = len(found)
            html = line.replace("{u}", f"{url}/{number}")
            effect = ("covers" if heading == "covering!" else "asks") if heading[-1] == "!" else ""
            found.append(Payload(f"{number} {heading}: {line}", html, effect))
    return found


def of_file(path: Path) -> list[Payload]:
    """A file of JSON objects, one a line, each with an `id` and a `payload`."""
    rows = [json.loads(line) for line in path.read_text().split("\n") if line.strip()]
    return [Payload(f"{row['id']}: {row['payload'][:200]}", row["payload"]) for row in rows]


def answers(
    payloads: Sequence[Payload], to: Email, forms: Sequence[str], *, sender: str, mailbox: str
) -> Iterator[bytes]:
    """Answers to an e-mail of ours, one for each payload and form; the name of the sender and of
    the file is the payload too."""
    for payload, form in ((payload, form) for payload in payloads for form in forms):
        fields = _fields(_short(payload.html), sender, mailbox, f"Re: {to.subject}")
        named = f"In-Reply-To: <{to.message_id}>\r\n"
        yield f"{fields}{named}{_body(form.format(payload.html), payload)}".encode()


def subjects(payloads: Sequence[Payload], *, sender: str, to: str) -> Iterator[bytes]:
    """A letter each, with the payload as subject, and as text that is no HTML."""
    for payload in payloads:
        fields = _fields("Yuki", sender, to, payload.html)
        yield f"{fields}Content-Type: text/plain; charset=utf-8\r\n\r\n{payload.html}".encode()


def _fields(name: str, sender: str, to: str, subject: str) -> str:
    return (
        f"From: {_word(name)} <{sender}>\r\nTo: <{to}>\r\nSubject: {_word(subject)}\r\n"
        f"Message-ID: {make_msgid(domain='hostile.test')}\r\n"
        "Date: Mon, 23 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n"
    )


def _body(html: str, payload: Payload) -> str:
    name = quote(_short(payload.html), safe="")
    return (
        'Content-Type: multipart/mixed; boundary="=b"\r\n\r\n'
        "--=b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"
        f"\r\n{b64encode(html.encode()).decode()}\r\n"
        f"--=b\r\nContent-Type: text/html\r\nContent-Disposition: attachment;\r\n"
        f" filename*=utf-8''{name}\r\n\r\nx\r\n--=b--\r\n"
    )


def _word(text: str) -> str:
    """An encoded word (RFC 2047), however long."""
    return f"=?utf-8?b?{b64encode(text.encode()).decode()}?="


def _short(text: str) -> str:
    return text[:LONGEST_NAME]
