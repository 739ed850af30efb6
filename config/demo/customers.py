"""The demo's customers, a process: they read their mail by IMAP and answer it by SMTP.

Nothing here touches the database. That an answer stands on a timeline is the doing of Musubi, which
finds it in a mailbox as it would anybody's.
"""

import contextlib
import email
import hashlib
import imaplib
import smtplib
import ssl
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import formataddr, getaddresses, parsedate_to_datetime
from pathlib import Path

from config.demo.answers import QUOTED, STRANGERS, answer
from config.demo.place import Place, find
from inbox.demo.cast import CUSTOMERS, HANA, HOST, JAPANESE, MAILBOXES
from inbox.demo.names import FIRST_JA, LAST_JA

PAUSE = 1.0  # seconds between two looks
TYPING = 2.0  # seconds that an answer takes
TIMEOUT = 10.0
LONGEST = 40  # lines that are quoted
WRITTEN = {address: name for name, _reading, address in (*LAST_JA, *FIRST_JA)}


def live(place: Place) -> None:
    """Answer whatever arrives, until stopped; servers that are away are waited for."""
    tls = ssl.create_default_context(cafile=str(place.ca_file))
    done = Done(place.folder / "answered.txt")
    while True:
        with contextlib.suppress(OSError, imaplib.IMAP4.error, smtplib.SMTPException):
            _write_unasked(place, tls, done)
            _answer_all(place, tls, done)
        time.sleep(PAUSE)


class Done:
    """The Message-IDs that were answered, in a file: a restart answers nothing twice."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.ids = set(file.read_text().splitlines()) if file.exists() else set()

    def __contains__(self, message_id: str) -> bool:
        return message_id in self.ids

    def add(self, message_id: str) -> None:
        self.ids.add(message_id)
        with self.file.open("a") as file:
            file.write(message_id + "\n")


def _write_unasked(place: Place, tls: ssl.SSLContext, done: Done) -> None:
    """Once: a few letters that are none of the CRM's business."""
    for number, (subject, sender, text) in enumerate(STRANGERS):
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = sender, HANA, subject
        letter["Date"] = datetime.now(UTC)
        letter["Message-ID"] = name = f"<unasked.{number}@private.example>"
        letter.set_content(text)
        if name not in done:
            _post(place, tls, letter)
            done.add(name)


def _answer_all(place: Place, tls: ssl.SSLContext, done: Done) -> None:
    """One connection, for as long as it lasts; after a restart of the server everything is read
    again, and what was answered is known."""
    kept = place.kept
    server = imaplib.IMAP4_SSL(HOST, kept.imap_port, ssl_context=tls, timeout=TIMEOUT)
    with server:
        server.login(CUSTOMERS, kept.mail_password)
        server.select("INBOX")
        following = 1
        while True:
            for uid, raw in _mail_from(server, following):
                following = uid + 1
                message = email.message_from_bytes(raw, policy=default)
                name = str(message["Message-ID"] or "").strip()
                if name and name not in done and (reply := _reply(message)):
                    time.sleep(TYPING)
                    _post(place, tls, reply)
                    done.add(name)  # afterwards: the second answer would have the same id
            time.sleep(PAUSE)
            server.noop()


def _mail_from(server: imaplib.IMAP4, uid: int) -> Iterator[tuple[int, bytes]]:
    _said, parts = server.uid("FETCH", f"{uid}:*", "(UID BODY.PEEK[])")
    for part in parts:
        if isinstance(part, tuple):
            words = part[0].decode("ascii", "replace").replace("(", " ").split()
            found = int(words[words.index("UID") + 1])
            if found >= uid:  # "n:*" names the last one even where it is older
                yield found, part[1]


def _reply(message: EmailMessage) -> EmailMessage | None:
    """None also where nobody could: one odd letter does not silence all customers for good."""
    try:
        return reply_to(message)
    except ValueError as why:  # an address that no ASCII can be made of, say
        print(f"A customer of the demo cannot answer: {why}", file=sys.stderr)
        return None


def reply_to(message: EmailMessage) -> EmailMessage | None:
    """What its first customer answers. None: it is no letter from Musubi to a customer."""
    ((name, sender), *_), people = _people(message, "From"), _people(message, "To")
    customers = [who for who in people if who[1].lower() not in MAILBOXES]
    if sender.lower() not in MAILBOXES or not customers:
        return None
    my_name, me = customers[0]
    language = "ja" if me.lower().endswith(JAPANESE) else "en"
    original = str(message["Message-ID"]).strip()
    references = [*str(message["References"] or "").split(), original]
    reply = EmailMessage()
    reply["From"] = formataddr((my_name, me))
    reply["To"] = formataddr((name, sender))
    reply["Subject"] = _again(str(message["Subject"] or ""))
    reply["Date"] = datetime.now(UTC)
    reply["Message-ID"] = _id(original, me)
    reply["In-Reply-To"] = original
    reply["References"] = " ".join(references[-20:])
    text = answer(
        language,
        original,
        name=_called(name or sender, language),
        me=my_name or _signed(me, language),
        rounds=len(references),
    )
    reply.set_content(text + "\n\n" + _quoted(message, language, formataddr((name, sender))))
    return reply


def _people(message: EmailMessage, header: str) -> list[tuple[str, str]]:
    people = getaddresses([str(value) for value in message.get_all(header, [])])
    return [(name, address) for name, address in people if address] or [("", "")]


def _called(name: str, language: str) -> str:
    """English customers use the first name."""
    return name if language == "ja" else name.split("@")[0].split()[0]


def _signed(address: str, language: str) -> str:
    """A name from "anna.weber"; a Japanese one is written as its owner would."""
    first, _dot, last = address.partition("@")[0].partition(".")
    if language == "ja":
        return WRITTEN.get(last, last) or WRITTEN.get(first, first)
    return f"{first} {last}".strip().title()


def _again(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def _id(original: str, me: str) -> str:
    digest = hashlib.sha256(original.encode()).hexdigest()[:24]
    return f"<{digest}@{me.rpartition('@')[2]}>"


def _quoted(message: EmailMessage, language: str, who: str) -> str:
    body = message.get_body(("plain",))
    lines = (body.get_content() if body else "").splitlines()[:LONGEST]
    written = message["Date"]
    date = parsedate_to_datetime(str(written)) if written else datetime.now(UTC)
    heading = QUOTED[language].format(date=date, who=who)
    return "\n".join([heading, *(f"> {line}".rstrip() for line in lines)]) + "\n"


def _post(place: Place, tls: ssl.SSLContext, reply: EmailMessage) -> None:
    kept = place.kept
    with smtplib.SMTP_SSL(HOST, kept.smtp_port, context=tls, timeout=TIMEOUT) as server:
        server.login(CUSTOMERS, kept.mail_password)
        server.send_message(reply)


if __name__ == "__main__":
    live(find())
