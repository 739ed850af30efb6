"""Wire: one IMAP connection and its stages; below the reading and the appending session.

IMAPClient greets and runs the ordinary commands (library.py). LOGIN, LIST, SEARCH, FETCH and IDLE
are ours, since it lets CR/LF in an argument become a command (CVE-2025-15366), sends a user name
unquoted, drops a whole LIST for one odd line, refuses "n:*" and takes a closed IDLE for silence.
"""

import base64
import contextlib
import re
import ssl
from collections.abc import Sequence

from imapclient.imap_utf7 import decode as decode_utf7
from imapclient.imap_utf7 import encode as encode_utf7

from inbox.wire.account import Account
from inbox.wire.faults import (
    Fault,
    FolderGone,
    LoginRefused,
    ProtocolFault,
    ServerBusy,
    TlsFault,
    imap_refusal,
    words,
)
from inbox.wire.folders import FolderInfo
from inbox.wire.library import Library, greet
from inbox.wire.responses import Response, folder_line, literal_size
from inbox.wire.stream import Stream, dial

MOST_RESPONSES = 200_000
_QUOTABLE = re.compile(rb"[\x20-\x7e]*")
_STATUS = re.compile(rb"\* (OK|NO|BAD|BYE|PREAUTH)\b", re.IGNORECASE)
_CAPABILITY = re.compile(rb"\[CAPABILITY ([^\]]*)\]", re.IGNORECASE)


class Argument(bytes):
    """What comes from a person, a message or a server: quoted or a literal, never syntax."""


class Client:
    """A connection, opened in the stages that the probe shows: connect, secure, login."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.stream: Stream = dial(account)
        self._library: Library | None = None
        self._capabilities: frozenset[str] | None = None
        self._logging_in = False
        self._spelled: dict[str, bytes] = {}  # folders whose name on the wire is no modified UTF-7
        self.heard_exists = False  # since it was last set to False
        if account.security != "tls":
            self._greet()

    @property
    def library(self) -> Library:
        assert self._library is not None  # secure() has greeted
        return self._library

    def secure(self, tls: ssl.SSLContext) -> None:
        """TLS at once, or by STARTTLS; there is no "if available"."""
        if self.account.security == "tls":
            self.stream.start_tls(tls)
            self._greet()
        elif self.account.security == "starttls":
            self._start_tls(tls)

    def login(self) -> None:
        """LOGIN with both words quoted, else AUTHENTICATE PLAIN (non-ASCII, LOGINDISABLED)."""
        name, secret = self.account.username.encode(), self.account.password.encode()
        self._logging_in = True
        try:
            if _QUOTABLE.fullmatch(name + secret) and "LOGINDISABLED" not in self.capabilities():
                self.run(b"LOGIN", quoted(name), quoted(secret))
            else:
                self._authenticate_plain()
        except ProtocolFault as fault:
            self.close()
            if fault.code != "bad":
                raise  # not understood, which is no refusal: it may be tried again
            raise imap_refusal(fault.server_said, login=True) from fault
        except Fault:
            self.close()
            raise
        self._logging_in = False
        self.library.imap.state = "AUTH"

    def capabilities(self) -> frozenset[str]:
        if self._capabilities is None:
            lines = [answer.line for answer in self.run(b"CAPABILITY")]
            said = b" ".join(line[13:] for line in lines if line[:13].upper() == b"* CAPABILITY ")
            self._capabilities = _words_of(said)
        return self._capabilities

    def folders(self) -> list[FolderInfo]:
        """LIST, a line that cannot be understood skipped, never the whole list."""
        made = []
        for answer in self._list():
            with contextlib.suppress(ProtocolFault):
                if listed := folder_line(answer):
                    made.append(self._folder(*listed))
        return made

    def spell(self, name: str) -> Argument:
        """A folder's name as this server writes it."""
        return Argument(self._spelled.get(name) or encode_utf7(name))

    def run_all(self, commands: Sequence[Sequence[bytes]]) -> list[list[Response] | Fault]:
        """Several commands in one round trip; of one that is refused, the fault.

        Only such whose answers say what they are about: Dovecot answers several SEARCHes first
        and tags them afterwards.
        """
        if not all(_QUOTABLE.fullmatch(part) for command in commands for part in command):
            return [self._answer(self.say(*command)) for command in commands]  # literals wait
        before = self.library.imap.round_trips
        tags = [self.library.imap.new_tag() for _command in commands]
        lines = [
            b" ".join([tag, *map(_said, said)]) for tag, said in zip(tags, commands, strict=True)
        ]
        self.stream.send(b"".join(line + b"\r\n" for line in lines))
        self.library.imap.round_trips = before + bool(commands)
        return [self._answer(tag) for tag in tags]

    def run(self, *parts: bytes) -> list[Response]:
        """One command and all that was answered to it; NO, BAD and BYE are faults."""
        try:
            return self.hear(self.say(*parts))
        except ProtocolFault as fault:
            if fault.code in {"syntax", "too_many", "protocol"}:
                self.close()  # the next answer would be taken for another question's
            raise

    def say(self, *parts: bytes) -> bytes:
        """Sends one command, and gives its tag."""
        tag = line = self.library.imap.new_tag()
        for part in parts:
            if not isinstance(part, Argument) or _QUOTABLE.fullmatch(part):
                line += b" " + _said(part)
                continue
            self.stream.send(line + b" {%d}\r\n" % len(part))
            self.await_go_ahead(tag)
            line = bytes(part)
        self.stream.send(line + b"\r\n")
        return tag

    def await_go_ahead(self, tag: bytes) -> list[Response]:
        """Waits for "+", and gives what was said before it."""
        heard = []
        while not (response := self.read_response()).line.startswith(b"+"):
            if self.ends(tag, response):
                raise ProtocolFault("protocol", response.line)
            self.note(response)
            heard.append(response)
        return heard

    def hear(self, tag: bytes) -> list[Response]:
        """All answers up to the tagged OK."""
        heard: list[Response] = []
        while not self.ends(tag, response := self.read_response()):
            self.note(response)
            heard.append(response)
            if len(heard) > MOST_RESPONSES:
                raise ProtocolFault("too_many")
        return heard

    def _answer(self, tag: bytes) -> list[Response] | Fault:
        try:
            return self.hear(tag)
        except (ProtocolFault, FolderGone, ServerBusy) as fault:
            if self.stream.closed or fault.code in {"syntax", "too_many", "protocol"}:
                self.close()
                raise
            return fault

    def note(self, response: Response) -> None:
        """A server says once that mail has come, in the midst of any answer."""
        self.heard_exists = self.heard_exists or is_exists(response.line)

    def read_response(self) -> Response:
        texts, literals = [self.stream.readline()], []
        if not _STATUS.match(texts[0]):
            while (size := literal_size(texts[-1])) is not None:
                literals.append(self.stream.read(size))
                texts.append(self.stream.readline())
        return Response(tuple(texts), tuple(literals))

    def ends(self, tag: bytes, response: Response) -> bool:
        """Is this the tagged OK? NO, BAD, BYE and another command's tag are faults."""
        line = response.line
        if line.startswith(b"* "):
            if line[2:5].upper() == b"BYE":
                self.close()
                raise ServerBusy("bye", words(line[6:], *self._secrets()))
            return False
        got, _, rest = line.partition(b" ")
        status, _, said = rest.partition(b" ")
        if got != tag or status.strip().upper() not in {b"OK", b"NO", b"BAD"}:
            raise ProtocolFault("protocol", words(line, *self._secrets()))
        self._judge(status.strip().upper(), said)
        return True

    def logout(self) -> None:
        """A polite end, two seconds of it at most."""
        self.stream.timeout = min(self.stream.timeout, 2)
        with contextlib.suppress(Fault):  # BYE is the answer that is wanted
            if self._library is not None and not self.stream.closed:
                self.run(b"LOGOUT")
        self.close()

    def close(self) -> None:
        self.stream.close()

    def _list(self) -> list[Response]:
        """Some servers tell what a folder is for only where they are asked for it (RFC 6154)."""
        if {"LIST-EXTENDED", "SPECIAL-USE"} <= self.capabilities():
            with contextlib.suppress(ProtocolFault):
                return self.run(b"LIST", b'""', b'"*"', b"RETURN (SPECIAL-USE)")
        return self.run(b"LIST", b'""', b'"*"')

    def _folder(self, flags: frozenset[str], raw: bytes) -> FolderInfo:
        """A folder that could not be found again by its name is listed, and never selectable."""
        name, faithful = _read_name(raw)
        if faithful and not raw.isascii():
            self._spelled[name] = raw
        return FolderInfo(name, flags, faithful and not flags & {"noselect", "nonexistent"})

    def _greet(self) -> None:
        self._library = greet(self.stream)
        self._capabilities = frozenset(self._library.imap.capabilities)

    def _start_tls(self, tls: ssl.SSLContext) -> None:
        if "STARTTLS" not in self.capabilities():
            self.close()
            raise TlsFault("starttls_missing")
        try:
            self.run(b"STARTTLS")
        except ProtocolFault as fault:
            self.close()
            raise TlsFault("starttls_refused", fault.server_said) from fault
        self.stream.start_tls(tls)
        self.library.imap.sock = self.stream.sock
        self._capabilities = None  # what was said in clear counts for nothing (RFC 3501 6.2.1)

    def _authenticate_plain(self) -> None:
        if "\0" in self.account.username + self.account.password:
            raise LoginRefused("malformed")
        if "AUTH=PLAIN" not in self.capabilities():
            raise LoginRefused("no_mechanism", " ".join(sorted(self.capabilities())))
        tag = self.say(b"AUTHENTICATE", b"PLAIN")
        self.await_go_ahead(tag)
        self.stream.send(base64.b64encode(self.account.sasl_plain.encode()) + b"\r\n")
        self.hear(tag)

    def _judge(self, status: bytes, said: bytes) -> None:
        if status == b"NO":
            raise imap_refusal(said, *self._secrets(), login=self._logging_in)
        if status == b"BAD":
            raise ProtocolFault("bad", words(said, *self._secrets()))
        if self._logging_in:
            found = _CAPABILITY.match(said)
            self._capabilities = _words_of(found[1]) if found else None

    def _secrets(self) -> tuple[str, ...]:
        return self.account.secrets if self._logging_in else ()


def quoted(value: bytes) -> bytes:
    """A quoted string (RFC 3501 4.3), in which CR, LF and NUL cannot stand."""
    if not _QUOTABLE.fullmatch(value):
        raise ProtocolFault("unsendable")
    return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _said(part: bytes) -> bytes:
    return quoted(part) if isinstance(part, Argument) else part


def is_exists(line: bytes) -> bool:
    return line.rstrip().upper().endswith(b" EXISTS")


def _read_name(raw: bytes) -> tuple[str, bool]:
    """A name in modified UTF-7, or in UTF-8 as some servers write it unasked; and whether the
    same bytes can be said again."""
    if not raw.isascii():
        name = raw.decode("utf-8", "replace")
        return name, name.encode() == raw
    try:
        name = decode_utf7(raw)
        faithful = encode_utf7(name) == raw
    except (UnicodeError, ValueError):
        faithful = False
    return (name, True) if faithful else (raw.decode(), False)


def _words_of(said: bytes) -> frozenset[str]:
    return frozenset(said.decode("ascii", "replace").upper().split())
