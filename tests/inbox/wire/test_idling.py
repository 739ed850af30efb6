"""Waiting for news (IDLE): it is not missed, and a connection that ends says so."""

import threading
import time

import pytest

from inbox.wire.faults import (
    ConnectionLost,
    ServerBusy,
)
from tests.inbox.wire.sessions import mail, scripted
from tests.servers.imap_script import ImapScript
from tests.servers.script import Close, Drip, Pause, Reset


def test_news_arrives_while_waiting(dovecot, mail_user, reading):
    user = mail_user()
    session = reading(user)
    session.examine("INBOX")
    later = threading.Timer(0.3, dovecot.deliver, (user, mail()))
    later.start()
    began = time.monotonic()
    assert session.wait_for_news(10) is True
    assert time.monotonic() - began < 3
    later.join()
    assert session.examine("INBOX").messages == 1, "and the session goes on"


def test_no_news_within_the_time(mail_user, reading):
    session = reading(mail_user())
    session.examine("INBOX")
    assert session.wait_for_news(0.1) is False


def test_many_sessions_can_be_watched_at_once(dovecot, mail_user, reading):
    users = [mail_user(), mail_user()]
    sessions = [reading(user) for user in users]
    for session in sessions:
        session.examine("INBOX")
        session.idle_begin()
        assert session.idle_news() is False
    assert len({session.idle_fileno() for session in sessions}) == 2
    dovecot.deliver(users[1], mail())
    until = time.monotonic() + 5
    while not sessions[1].idle_news() and time.monotonic() < until:
        time.sleep(0.02)
    assert [session.idle_end() for session in sessions] == [False, True]


@pytest.mark.parametrize("ending", [Close(), Reset()])
def test_a_connection_closed_in_idle_is_lost(ending):
    answers = {"IDLE": [b"+ idling\r\n", Pause(0.2), ending]}
    with ImapScript(answers) as server:
        session = scripted(server)
        session.examine("INBOX")
        with pytest.raises(ConnectionLost) as lost:
            session.wait_for_news(5)
        assert lost.value.transient


def test_bye_in_idle_says_why():
    answers = {"IDLE": [b"+ idling\r\n* BYE shutting down\r\n", Close()]}
    with ImapScript(answers) as server:
        session = scripted(server)
        session.examine("INBOX")
        with pytest.raises(ServerBusy) as bye:
            session.wait_for_news(5)
        assert bye.value.server_said == "shutting down"


@pytest.mark.parametrize(
    ("idle", "done"),
    [
        ([b"* 4 EXISTS\r\n+ idling\r\n"], [b"%tag OK\r\n"]),  # before the go-ahead
        ([b"+ idling\r\n* 4 EXISTS\r\n"], [b"%tag OK\r\n"]),  # in one packet with it
        ([b"+ idling\r\n", Drip(b"* 4 EXISTS\r\n", 0.01)], [b"%tag OK\r\n"]),  # byte by byte
        ([b"+ idling\r\n"], [b"* 4 EXISTS\r\n%tag OK\r\n"]),  # crossing our DONE
    ],
)
def test_news_is_not_missed_whenever_it_comes(idle, done):
    with ImapScript({"IDLE": idle, "DONE": done}) as server, scripted(server) as session:
        session.examine("INBOX")
        assert session.wait_for_news(0.5) is True


def test_leaving_an_idle_is_polite():
    with ImapScript() as server:
        session = scripted(server)
        session.examine("INBOX")
        session.idle_begin()
        session.close()
        assert server.commands()[-2] == b"DONE"
        assert server.commands()[-1].endswith(b"LOGOUT")


def test_still_here_is_no_news():
    answers = {"IDLE": [b"+ idling\r\n* OK Still here\r\n* 2 FETCH (FLAGS (\\Seen))\r\n"]}
    with ImapScript(answers) as server, scripted(server) as session:
        session.examine("INBOX")
        assert session.wait_for_news(0.2) is False
