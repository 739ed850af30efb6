"""After the first byte of a message: taken, refused, or not known; never anything false (M23)."""

import pytest

from inbox.wire.faults import (
    Fault,
    OutcomeUnknown,
    ProtocolFault,
    ServerBusy,
    SmtpRefused,
)
from tests.inbox.wire.posting_sessions import RAW, post, scripted
from tests.servers.script import Close, Drip, Pause, Reset, cuts
from tests.servers.smtp_script import SmtpScript

ANSWERS = {
    "one line": b"250 2.0.0 Ok: queued as 12345\r\n",
    "several lines": b"250-2.0.0 taken\r\n250-really\r\n250 2.0.0 queued\r\n",
    "a number that looks like another": b"250 550 5.1.1 is only a word here\r\n",
}


@pytest.mark.rule("M23")
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("ending", [Close(), Reset()], ids=["closed", "reset"])
def test_wherever_the_acceptance_is_cut_it_is_unknown_and_never_refused(answer, ending):
    for length, cut in cuts(answer):
        with SmtpScript({".": [cut, Pause(0.002), ending]}) as server:
            session = scripted(server)
            if length == len(answer):
                assert post(session).startswith("250 ")
            else:
                with pytest.raises(OutcomeUnknown):
                    post(session)
            assert len(server.delivered) == 1
            session.abandon()


@pytest.mark.rule("M23")
@pytest.mark.parametrize("answer", [b"550 5.7.1 no\r\n", b"451-4.3.0 wait\r\n451 4.3.0 later\r\n"])
def test_a_refusal_counts_only_when_it_is_complete(answer):
    for length, cut in cuts(answer):
        with SmtpScript({".": [cut, Close()]}) as server:
            wanted = SmtpRefused if length == len(answer) else OutcomeUnknown
            with pytest.raises(wanted) as raised:
                post(scripted(server))
            assert type(raised.value) is wanted


@pytest.mark.rule("M23")
@pytest.mark.parametrize(
    "answer",
    [
        b"2500 what\r\n",
        b"25\r\n",
        b"OK\r\n",
        b"\r\n",
        b"250-first\r\n550 second\r\n",
        b"550-first\r\n250 second\r\n",
        b"354 go on\r\n",
        b"150 wait\r\n",
        b"999 what\r\n",
        b"550\x00no\r\n",
        b"\xff\xfe\r\n",
        b"250-" + b"x" * 3_000_000,
        b"250-x\r\n" * 1000,
    ],
)
def test_an_answer_that_cannot_be_read_is_unknown(answer):
    with SmtpScript({".": [answer, Close()]}) as server, pytest.raises(OutcomeUnknown):
        post(scripted(server))


@pytest.mark.rule("M23")
def test_silence_after_the_message_is_unknown():
    with SmtpScript({".": [Pause(3)]}) as server, pytest.raises(OutcomeUnknown) as unknown:
        post(scripted(server, timeout=0.05))
    assert unknown.value.code == "timeout"


def test_a_slow_answer_after_the_message_is_waited_for():
    with SmtpScript({".": [Pause(0.5), Drip(b"250 taken\r\n", 0.01)]}) as server:
        assert post(scripted(server, timeout=0.2)) == "250 taken"


@pytest.mark.rule("M23")
def test_a_connection_broken_within_the_message_is_unknown():
    with SmtpScript({"DATA": [b"354 go on\r\n", Reset()]}) as server:
        session = scripted(server)
        session.envelope("me@example.test", ["anna@example.test"])
        session.begin_data()
        with pytest.raises(OutcomeUnknown):
            session.finish_data(RAW + b"x" * 5_000_000)
        assert server.delivered == []


def test_an_answer_before_the_message_is_not_taken_for_its_answer():
    with SmtpScript({"DATA": [b"354 go on\r\n550 5.7.1 already refused\r\n"]}) as server:
        session = scripted(server)
        session.envelope("me@example.test", ["anna@example.test"])
        with pytest.raises(ProtocolFault):
            session.begin_data()
        assert server.delivered == []


@pytest.mark.parametrize("code", [421, 451, 554])
def test_data_refused_and_nothing_has_left(code):
    with SmtpScript({"DATA": [b"%d no\r\n" % code]}) as server:
        session = scripted(server)
        session.envelope("me@example.test", ["anna@example.test"])
        with pytest.raises(ServerBusy if code == 421 else SmtpRefused):
            session.begin_data()


@pytest.mark.rule("M23")
def test_leaving_after_data_was_begun_sends_nothing():
    with SmtpScript() as server:
        with scripted(server) as session:
            session.envelope("me@example.test", ["anna@example.test"])
            session.begin_data()
        assert server.commands()[-1] == b"DATA"
        assert server.delivered == []


@pytest.mark.rule("M23")
def test_every_cut_of_a_whole_session_tells_the_truth():
    """The server dies after each byte that it says; what was delivered is never called refused."""
    says = {
        "greeting": b"220 ready\r\n",
        "EHLO": b"250-here\r\n250 AUTH PLAIN\r\n",
        "AUTH": b"235 in\r\n",
        "MAIL": b"250 ok\r\n",
        "RCPT": b"250 ok\r\n",
        "DATA": b"354 go\r\n",
        ".": b"250 taken\r\n",
    }
    for command, whole in says.items():
        for _length, cut in list(cuts(whole))[:-1]:
            with SmtpScript({command: [cut, Close()]}) as server:
                with pytest.raises(Fault) as raised:
                    post(scripted(server))
                unknown = isinstance(raised.value, OutcomeUnknown)
                assert unknown is (command == "."), (command, cut)
                assert unknown or not server.delivered
                assert not isinstance(raised.value, SmtpRefused)
