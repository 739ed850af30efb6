"""Servers that are silent, drip, lie or die: a fault in time, and nothing false is read."""

import contextlib
import time
from datetime import date

import pytest

from inbox.wire.faults import (
    ConnectionLost,
    Fault,
    ProtocolFault,
)
from tests.inbox.wire.sessions import REPLY, scripted
from tests.servers.imap_script import FOLDER, ImapScript
from tests.servers.script import Close, Drip, cuts


def test_a_silent_server_is_given_up():
    with ImapScript({"greeting": []}) as server, pytest.raises(ConnectionLost) as lost:
        scripted(server, timeout=0.2)
    assert lost.value.code == "timeout"


def test_a_server_that_drips_for_ever_is_given_up():
    with ImapScript({"LOGIN": [Drip(b"* OK " + b"x" * 500, 0.05)]}) as server:
        began = time.monotonic()
        with pytest.raises(ConnectionLost):
            scripted(server, timeout=0.4)
        assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "answer",
    [
        b"* 1 FETCH (UID 5 BODY[] {4294967295}\r\n",
        b"* 1 FETCH (UID 5 BODY[] {99999999}\r\n",
        b"* 1 FETCH (UID 5 BODY[] {1}\r\nxUID 5\r\n%tag OK\r\n",
        b"* 1 FETCH (UID five BODY[] {1}\r\nx)\r\n%tag OK\r\n",
        b"* 1 FETCH (UID -5 BODY[] {1}\r\nx)\r\n%tag OK\r\n",
        b"* 1 FETCH (UID 5 BODY[] {-1}\r\nx)\r\n%tag OK\r\n",
        b"* 1 EXISTS\r\n" * 1_000_000,
        b"* 1 FETCH (UID 5 X " + b"(" * 10_000 + b"\r\n%tag OK\r\n",
        b"* 1 FETCH UID\r\n%tag OK\r\n",
        b"OTHER1 OK another command's answer\r\n",
        b"%tag MAYBE\r\n",
        b"nonsense\r\n",
        b"* " + b"x" * 3_000_000,
    ],
)
def test_nonsense_is_a_fault_and_never_shifts_the_answers(answer):
    with ImapScript({"UID FETCH": [answer]}) as server:
        session = scripted(server, timeout=5)
        session.examine("INBOX")
        with pytest.raises(ProtocolFault):
            list(session.bodies([(5, REPLY)]))
        with contextlib.suppress(Fault):  # it has ended, or it goes on in step
            assert [folder.name for folder in session.folders()] == ["INBOX"]


def test_a_server_cannot_fill_the_memory_with_answers(monkeypatch):
    monkeypatch.setattr("inbox.wire.client.MOST_RESPONSES", 1000)
    with ImapScript({"UID SEARCH": [b"* 1 EXISTS\r\n" * 2000, b"%tag OK\r\n"]}) as server:
        session = scripted(server)
        session.examine("INBOX")
        with pytest.raises(ProtocolFault):
            session.uids_since(date(2026, 1, 1))


@pytest.mark.rule("M47")
def test_wherever_the_answer_is_cut_nothing_false_is_read():
    header = b"From: a@example.org\r\nMessage-ID: <1@example.org>\r\n\r\n"
    whole = (
        b'* 1 FETCH (UID 8 RFC822.SIZE 90 INTERNALDATE "24-Nov-2026 03:12:59 +0100" '
        b"BODY[HEADER.FIELDS (FROM MESSAGE-ID)] {%d}\r\n%b)\r\n" % (len(header), header)
    )
    for length, cut in cuts(whole):
        with ImapScript({"UID FETCH": [cut, Close()]}) as server:
            session = scripted(server)
            session.examine("INBOX")
            with pytest.raises(ConnectionLost):
                list(session.headers(8, None))
            session.close()
        assert length <= len(whole)
    with ImapScript({"UID FETCH": [whole, b"%tag OK\r\n"]}) as server, scripted(server) as session:
        session.examine("INBOX")
        [block] = session.headers(8, None)
    assert (block.uid, block.size, block.raw) == (8, 90, header)
    assert block.arrived_at.isoformat() == "2026-11-24T03:12:59+01:00"


@pytest.mark.parametrize(
    ("said", "counted"),
    [(b"2147483648", 2**31), (b"-1", 0), (b"99999999999999999999", 0)],
)
def test_a_number_of_messages_that_cannot_be_is_none(said, counted):
    opened = FOLDER.replace(b"3 EXISTS", said + b" EXISTS")
    with ImapScript({"EXAMINE": [opened, b"%tag OK\r\n"]}) as server, scripted(server) as session:
        assert session.examine("INBOX").messages == counted


def test_a_range_with_a_hostile_status_still_ends():
    opened = FOLDER.replace(b"UIDNEXT 10", b"UIDNEXT 4294967295").replace(b"3 EXISTS", b"9 EXISTS")
    answers = {
        "EXAMINE": [opened, b"%tag OK\r\n"],
        "UID SEARCH": [b"* SEARCH\r\n%tag OK\r\n"],
    }
    with ImapScript(answers) as server, scripted(server) as session:
        session.examine("INBOX")
        assert list(session.headers(1, None)) == []
        assert session.round_trips < 10
