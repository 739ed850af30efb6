"""Tests: a scripted SMTP server. "." answers the message, which stands in `delivered` before."""

from tests.servers.script import Answers, Connection, ScriptedServer


class SmtpScript(ScriptedServer):
    kind: Answers = {
        "greeting": [b"220 ready\r\n"],
        "EHLO": [b"250-here\r\n250-SIZE 1000000\r\n250 AUTH PLAIN LOGIN\r\n"],
        "AUTH": [b"235 2.7.0 in\r\n"],
        "MAIL": [b"250 2.1.0 ok\r\n"],
        "RCPT": [b"250 2.1.5 ok\r\n"],
        "DATA": [b"354 go on\r\n"],
        ".": [b"250 2.0.0 taken\r\n"],
        "QUIT": [b"221 bye\r\n"],
        "?": [b"250 ok\r\n"],
    }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.delivered: list[bytes] = []

    def talk(self, connection: Connection) -> None:
        while line := connection.line():
            self.transcript.append(line)
            verb = line.split(maxsplit=1)[0].decode("latin-1").upper()
            self.act(connection, verb)
            if verb == "DATA":
                if not self._message(connection):
                    return
                self.act(connection, ".")

    def _message(self, connection: Connection) -> bool:
        lines: list[bytes] = []
        while line := connection.line():
            if line == b".\r\n":
                self.delivered.append(b"".join(lines))
                return True
            lines.append(line)
        return False
