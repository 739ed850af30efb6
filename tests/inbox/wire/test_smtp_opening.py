"""Opening a posting session: greeting, TLS, login."""

import base64

import pytest

from inbox.wire.faults import (
    ConnectionLost,
    LoginRefused,
    ProtocolFault,
    ServerBusy,
    SmtpRefused,
)
from tests.inbox.wire.posting_sessions import post, scripted
from tests.servers.script import Close
from tests.servers.smtp_script import SmtpScript


def test_login_by_the_older_way():
    answers = {
        "EHLO": [b"250-here\r\n250 AUTH LOGIN\r\n"],
        "AUTH": [b"334 VXNlcm5hbWU6\r\n"],
        "?": [[b"334 UGFzc3dvcmQ6\r\n"], [b"235 in\r\n"]],
    }
    with SmtpScript(answers) as server:
        server.answers[base64.b64encode(b"me").decode().upper()] = [b"334 UGFzc3dvcmQ6\r\n"]
        server.answers[base64.b64encode(b"secret").decode().upper()] = [b"235 in\r\n"]
        scripted(server).close()
    assert base64.b64encode(b"secret") in server.commands()


@pytest.mark.parametrize(
    ("answers", "fault", "code"),
    [
        ({"AUTH": [b"535 5.7.8 wrong\r\n"]}, LoginRefused, "535"),
        ({"AUTH": [b"534 5.7.9 app password\r\n"]}, LoginRefused, "534"),
        ({"AUTH": [b"454 4.7.0 later\r\n"]}, ServerBusy, "454"),
        ({"AUTH": [b"421 4.7.0 too many\r\n"]}, ServerBusy, "421"),
        ({"EHLO": [b"250 here\r\n"]}, LoginRefused, "no_mechanism"),
        ({"greeting": [b"421 busy\r\n"]}, ServerBusy, "421"),
        ({"greeting": [b"* OK IMAP\r\n"]}, ProtocolFault, "greeting"),
        ({"greeting": [Close()]}, ConnectionLost, "closed"),
        ({"EHLO": [b"500 no\r\n"], "HELO": [b"500 no\r\n"]}, SmtpRefused, "500"),
    ],
)
def test_what_a_refused_opening_means(answers, fault, code):
    with SmtpScript(answers) as server, pytest.raises(fault) as raised:
        scripted(server)
    assert raised.value.code == code


def test_a_server_that_repeats_the_password_is_not_repeated():
    answer = b"535 no user with " + base64.b64encode(b"\0me\0s3cr3t-word") + b" or s3cr3t-word\r\n"
    with SmtpScript({"AUTH": [answer]}) as server, pytest.raises(LoginRefused) as refused:
        scripted(server, password="s3cr3t-word")
    assert "s3cr3t" not in refused.value.server_said
    assert "AG1lAH" not in refused.value.server_said


def test_without_a_user_name_nobody_logs_in():
    with SmtpScript({"EHLO": [b"250 here\r\n"]}) as server:
        with scripted(server, username="") as session:
            post(session)
        assert len(server.delivered) == 1
