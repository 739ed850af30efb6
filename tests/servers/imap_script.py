"""Tests: a scripted IMAP server; %tag in an answer is the command's tag."""

import re

from tests.servers.script import Answers, Connection, ScriptedServer

CAPABILITIES = b"* CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN\r\n"
FOLDER = (
    b"* FLAGS (\\Seen)\r\n* 3 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 7] .\r\n"
    b"* OK [UIDNEXT 10] .\r\n"
)
_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n$")


class ImapScript(ScriptedServer):
    kind: Answers = {
        "greeting": [b"* OK ready\r\n"],
        "CAPABILITY": [CAPABILITIES, b"%tag OK\r\n"],
        "LOGIN": [b"%tag OK in\r\n"],
        "LIST": [b'* LIST () "/" INBOX\r\n', b"%tag OK\r\n"],
        "EXAMINE": [FOLDER, b"%tag OK [READ-ONLY] opened\r\n"],
        "STATUS": [b"* STATUS INBOX (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)\r\n", b"%tag OK\r\n"],
        "IDLE": [b"+ idling\r\n"],
        "DONE": [b"%tag OK idled\r\n"],
        "LOGOUT": [b"* BYE\r\n%tag OK\r\n"],
        "?": [b"%tag OK\r\n"],
    }

    def talk(self, connection: Connection) -> None:
        tag = b""
        while line := self._command(connection):
            self.transcript.append(line)
            words = line.split()
            if words[:1] == [b"DONE"]:
                self.act(connection, "DONE", tag)
                continue
            tag = words[0]
            verb = b" ".join(words[1:3] if words[1:2] == [b"UID"] else words[1:2])
            self.act(connection, verb.decode("latin-1").upper(), tag)

    def _command(self, connection: Connection) -> bytes:
        """One whole command, the literals in it asked for and taken."""
        whole = line = connection.line()
        while found := _LITERAL.search(line):
            if not found[2]:
                connection.sock.sendall(b"+ go on\r\n")
            whole += connection.exactly(int(found[1]))
            line = connection.line()
            whole += line
        return whole
