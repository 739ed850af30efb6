"""Slips by the thousand: nothing is lost and nothing false is read, whatever a server does."""

import pytest

from inbox.mime.slips import REPLIES
from inbox.wire import slips as wire_slips
from inbox.wire.account import Account
from inbox.wire.client import Client
from inbox.wire.faults import Fault, ProtocolFault
from inbox.wire.imap import open_reading
from inbox.wire.tls import context
from tests.servers.imap_script import ImapScript
from tests.servers.script import Close, Drip, cuts

ANSWER = b"* %d FETCH (UID %d BODY[HEADER.FIELDS (MESSAGE-ID)] {%d}\r\n%b)\r\n"


def said(uid: int, raw: bytes = b"Message-ID: <a@x.test>\r\n\r\n") -> bytes:
    return ANSWER % (uid, uid, len(raw), raw)


def slips(server: ImapScript, uids: list[int]) -> list[list[tuple[int, bytes]]]:
    account = Account("localhost", server.port, "none", "me", "secret", "127.0.0.1", timeout=5)
    with open_reading(account, context("")) as session:
        session.examine("INBOX")
        return [[slip for sheet in part for slip in sheet] for part in session.slips(uids, REPLIES)]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_slips, "AT_ONCE", 2)


@pytest.mark.rule("M38")
def test_ten_thousand_are_one_trip_and_come_in_parts() -> None:
    answers = [b"".join(said(uid) for uid in range(1, 8)), b"%tag OK\r\n"]
    with ImapScript({"UID FETCH": answers}) as server:
        found = slips(server, list(range(1, 8)))
        assert sum(b"FETCH" in line for line in server.commands()) == 1
    assert [uid for part in found for uid, _raw in part] == [1, 2, 3, 4, 5, 6, 7]
    assert len(found) > 1


@pytest.mark.parametrize(
    "odd",
    [
        b'* 1 FETCH (BODY[HEADER.FIELDS (MESSAGE-ID)] "Message-ID: <a@x.test>" UID 1)\r\n',
        b"* 1 FETCH (FLAGS (\\Seen) UID 1 BODY[HEADER.FIELDS (X)] {2}\r\nok)\r\n",
        b"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (X)] {2}\r\nok FLAGS ())\r\n",
        b"* 9 EXISTS\r\n* 1 FETCH (FLAGS ())\r\n" + said(1),
    ],
)
def test_other_shapes_are_read_too(odd: bytes) -> None:
    with ImapScript({"UID FETCH": [odd + said(2), b"%tag OK\r\n"]}) as server:
        assert [uid for uid, _raw in slips(server, [1, 2])[0]] == [1, 2]


def test_a_literal_is_taken_by_its_length_whatever_it_says() -> None:
    raw = b"Message-ID: <a>\r\n)\r\nA9 OK\r\n" + said(7)
    with ImapScript({"UID FETCH": [said(1, raw), b"%tag OK\r\n"]}) as server:
        assert slips(server, [1]) == [[(1, raw)]]


def test_bytes_that_drip_in_are_put_together() -> None:
    with ImapScript({"UID FETCH": [Drip(said(1) + said(2), 0.001), b"%tag OK\r\n"]}) as server:
        assert [uid for uid, _raw in slips(server, [1, 2])[0]] == [1, 2]


@pytest.mark.parametrize(
    "answer", [b"%tag NO no\r\n", b"A77 OK\r\n", b"* BYE\r\n", b"* 1 FETCH (\r\n"]
)
def test_a_refusal_among_the_answers_is_a_fault(answer: bytes) -> None:
    with (
        ImapScript({"UID FETCH": [said(1), answer, Close()]}) as server,
        pytest.raises(Fault),
    ):
        slips(server, [1, 2, 3, 4])


def test_wherever_the_answer_is_cut_nothing_false_is_read() -> None:
    for _length, beginning in list(cuts(said(1) + b"%tag OK"))[:-1:7]:
        with ImapScript({"UID FETCH": [beginning]}) as server, pytest.raises(Fault):
            account = Account("localhost", server.port, "none", "me", "s", "127.0.0.1", timeout=0.2)
            with open_reading(account, context("")) as session:
                session.examine("INBOX")
                list(session.slips([1], REPLIES))


def test_answers_without_end_are_refused() -> None:
    with (
        ImapScript({"UID FETCH": [b"".join(said(1) for _ in range(50)), b"%tag OK\r\n"]}) as server,
        pytest.raises(ProtocolFault),
    ):
        slips(server, [1])


def test_who_leaves_early_closes_the_connection() -> None:
    with ImapScript({"UID FETCH": [said(1), b"%tag OK\r\n"]}) as server:
        account = Account("localhost", server.port, "none", "me", "secret", "127.0.0.1")
        client = Client(account)
        client.secure(context(""))
        client.login()
        for _part in (parts := wire_slips.fetch_slips(client, range(1, 9), REPLIES)):
            break
        parts.close()
        assert client.stream.closed
