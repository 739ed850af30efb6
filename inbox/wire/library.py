"""Wire: IMAPClient on our own stream. It greets and runs the ordinary commands; see client.py."""

import contextlib
import imaplib
import re
from collections.abc import Iterator

from imapclient import IMAPClient

from inbox.wire.faults import Fault, ProtocolFault, ServerBusy, imap_refusal
from inbox.wire.stream import Stream

_FAILED = re.compile(r"\w+ failed: (?P<said>.*)", re.DOTALL)
_BAD = re.compile(r"\w+ command error: BAD \[b?['\"](?P<said>.*)['\"]\]", re.DOTALL)
_WORDLESS = re.compile(rb" (?:OK|NO|BAD)\r\n$", re.IGNORECASE)
_CAPABILITY = re.compile(rb"\* OK \[CAPABILITY ([^\]\r\n]*)\]", re.IGNORECASE)
_UNEXPECTED = re.compile(r"unexpected response: b?(['\"])(?P<said>.*)\1", re.DOTALL)
_ABORT = re.compile(r"command: \w+ => (?P<said>.*)", re.DOTALL)


class Imap4(imaplib.IMAP4):
    """imaplib reading and writing through our stream, so every byte is counted and capped."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.round_trips = 0
        super().__init__(stream.host)

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        self.host, self.port = host, port
        self.sock = self.stream.sock

    def read(self, size: int) -> bytes:
        return self.stream.read(size)

    def readline(self) -> bytes:
        line = self.stream.readline()
        # imaplib wants words after the status, and some servers say none
        return line[:-2] + b" \r\n" if _WORDLESS.search(line) else line

    def send(self, data: bytes) -> None:  # type: ignore[override]
        self.stream.send(data)

    def shutdown(self) -> None:
        self.stream.close()

    def _get_capabilities(self) -> None:
        """Many a server tells them in its greeting, which saves a round trip."""
        if told := _CAPABILITY.search(self.welcome):
            self.capabilities = tuple(told[1].decode("ascii", "replace").upper().split())
        else:
            super()._get_capabilities()  # type: ignore[misc]

    def new_tag(self) -> bytes:
        """A tag for a command of ours, which imaplib need not wait for."""
        tag = self._new_tag()
        del self.tagged_commands[tag]
        return tag

    def _new_tag(self) -> bytes:
        self.round_trips += 1
        tag: bytes = super()._new_tag()  # type: ignore[misc]
        return tag


class Library(IMAPClient):  # type: ignore[misc]
    """IMAPClient for a stream that is already connected (and, with TLS, already secured)."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        super().__init__(stream.host, ssl=False, timeout=stream.timeout)
        self._imap.debug = 0  # at its own level it writes mail and passwords to the log
        self.normalise_times = False

    def _create_IMAP4(self) -> Imap4:
        return Imap4(self._stream)

    @property
    def imap(self) -> Imap4:
        imap: Imap4 = self._imap
        return imap


def greet(stream: Stream) -> Library:
    """Hears the greeting and the capabilities; refuses one that says we are logged in already."""
    try:
        library = Library(stream)
    except imaplib.IMAP4.error as error:
        stream.close()
        text = str(error.args[0].decode("utf-8", "replace") if _is_raw(error) else error)
        ended = isinstance(error, imaplib.IMAP4.abort) and not _UNEXPECTED.fullmatch(text)
        if text.upper().startswith("* BYE") or ended:
            raise _ended(text.removeprefix("* BYE ")) from error
        raise ProtocolFault("greeting") from error  # what else answers there is nobody's business
    except (ValueError, TypeError, LookupError) as error:
        stream.close()
        raise ProtocolFault("greeting") from error
    if library.imap.state != "NONAUTH":
        stream.close()
        raise ProtocolFault("preauth")  # as whom? And it would let STARTTLS be skipped
    return library


@contextlib.contextmanager
def speaking(library: Library) -> Iterator[Library]:
    """Around one command of the library: its exceptions come out as faults."""
    try:
        yield library
    except imaplib.IMAP4.abort as error:
        library.imap.stream.close()
        raise _ended(str(error)) from error
    except imaplib.IMAP4.error as error:
        raise _refusal(str(error)) from error
    except (ValueError, TypeError, LookupError, AssertionError) as error:
        library.imap.stream.close()
        raise ProtocolFault("syntax") from error


def _is_raw(error: Exception) -> bool:
    return bool(error.args) and isinstance(error.args[0], bytes)


def _ended(text: str) -> Fault:
    if "unexpected" in text or "unterminated" in text:
        found = _UNEXPECTED.fullmatch(text)
        return ProtocolFault("protocol", found["said"] if found else text)
    found = _ABORT.match(text)
    return ServerBusy("bye", found["said"] if found else text)


def _refusal(text: str) -> Fault:
    if found := _BAD.search(text):
        return ProtocolFault("bad", found["said"])
    found = _FAILED.match(text)
    return imap_refusal(found["said"]) if found else ProtocolFault("protocol", text)
