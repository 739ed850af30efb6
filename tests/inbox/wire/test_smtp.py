"""The posting session against Dovecot's submission and a relay, and against scripted servers."""

import base64
import re

import pytest

from inbox.wire.account import Account
from inbox.wire.faults import (
    ConnectionLost,
    Fault,
    LoginRefused,
    OutcomeUnknown,
    ProtocolFault,
    ServerBusy,
    SmtpRefused,
    TlsFault,
)
from inbox.wire.smtp import on_the_wire, open_posting
from inbox.wire.tls import context
from tests.servers.relay import Relay
from tests.servers.script import Close, Drip, Pause, Reset, StartTls, cuts
from tests.servers.smtp_script import SmtpScript

RAW = b"From: me@example.test\r\nMessage-ID: <one@example.test>\r\n\r\nhello\r\n"


@pytest.fixture
def posting(smtp_account, tls):
    opened = []

    def open_session(user, *args, **kwargs):
        opened.append(open_posting(smtp_account(user, *args, **kwargs), tls))
        return opened[-1]

    yield open_session
    for session in opened:
        session.close()


def scripted(server, security="none", username="me", password="secret", **more):
    account = Account("localhost", server.port, security, username, password, "127.0.0.1", **more)
    return open_posting(account, context(""))


def post(session, raw=RAW, to=("anna@example.test",), sender="me@example.test"):
    session.envelope(sender, to)
    session.begin_data()
    return session.finish_data(raw)


# --- a real server ---


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_message_goes_by_submission_to_the_relay_and_to_the_mailbox(
    dovecot, relay, mail_user, posting, security
):
    user, customer = mail_user(), mail_user("customer")
    body = b".\r\n..two\r\n.three\n\nbare\rend\nlast"
    said = post(posting(user, security=security), RAW + body, [customer], user)
    assert said.startswith("250 2.0.0")
    [taken] = relay.accepted_by(customer)
    assert taken.sender == user
    wanted = b"hello\r\n.\r\n..two\r\n.three\r\n\r\nbare\r\nend\r\nlast\r\n"
    assert taken.raw.endswith(wanted)
    [received] = dovecot.raw_messages(customer)
    assert received.endswith(wanted)


def test_several_messages_on_one_connection(relay, mail_user, posting):
    user = mail_user()
    session = posting(user)
    for number in range(3):
        post(session, RAW.replace(b"one", b"n%d" % number), [user], user)
    assert [one.message_id for one in relay.accepted_by(user)] == [
        f"<n{number}@example.test>" for number in range(3)
    ]


def test_what_the_server_can_do(mail_user, posting):
    session = posting(mail_user())
    assert session.max_size == 50 * 1024 * 1024
    assert session.smtputf8 is False


def test_some_recipients_refused(relay, mail_user, posting):
    user, other = mail_user(), mail_user("other")
    relay.behave(refuse_rcpt={other: "550 5.1.1 nobody of that name"})
    session = posting(user)
    refused = session.envelope(user, [user, other])
    assert list(refused) == [other]
    assert refused[other][0] == 550
    assert "nobody of that name" in refused[other][1]
    session.begin_data()
    session.finish_data(RAW)
    [taken] = relay.accepted_by(user)
    assert taken.recipients == (user,)


def test_all_recipients_refused(relay, mail_user, posting):
    user = mail_user()
    relay.behave(refuse_rcpt={"*": "550 5.1.1 nobody"})
    session = posting(user)
    with pytest.raises(SmtpRefused) as refused:
        session.envelope(user, [user, "b@example.test"])
    assert refused.value.permanent
    assert set(refused.value.refused) == {user, "b@example.test"}
    relay.behave()
    assert post(session, RAW, [user], user).startswith("250"), "the session goes on"


@pytest.mark.parametrize(
    ("answer", "permanent"), [("452 4.2.2 full", False), ("554 5.7.1 spam", True)]
)
def test_a_message_refused_after_the_data(relay, mail_user, posting, answer, permanent):
    user = mail_user()
    relay.behave(refuse_data=answer)
    with pytest.raises(SmtpRefused) as refused:
        post(posting(user), RAW, [user], user)
    assert refused.value.permanent is permanent
    assert answer.split(" ", 2)[2] in refused.value.server_said
    assert relay.accepted == []


def test_a_wrong_password(mail_user, posting):
    with pytest.raises(LoginRefused) as refused:
        posting(mail_user(), "not-the-password")
    assert refused.value.code == "535"
    assert not refused.value.transient


@pytest.mark.parametrize("implicit", [True, False])
def test_another_server_with_login_and_tls(authority, implicit):
    certificate = authority.certificate("relay")
    relay = Relay(login=("me", "pässwörd"), certificate=certificate, implicit_tls=implicit).start()
    try:
        security = "tls" if implicit else "starttls"
        account = Account("localhost", relay.port, security, "me", "pässwörd", "127.0.0.1")
        with open_posting(account, context(str(authority.ca_file))) as session:
            assert session.smtputf8
            post(session)
        [taken] = relay.accepted
        assert taken.username == "me"
    finally:
        relay.stop()


def test_a_connection_lost_before_the_data_leaves_nothing(relay, mail_user):
    direct = Account("localhost", relay.port, "none", "", "", "127.0.0.1")
    for moment in ("mail", "rcpt"):
        relay.behave(drop_at=moment)
        with open_posting(direct, context("")) as session, pytest.raises(ConnectionLost):
            session.envelope("me@example.test", ["anna@example.test"])
    assert relay.accepted == []


@pytest.mark.rule("M23")
def test_taken_and_no_answer_is_unknown(relay):
    relay.behave(drop_at="accepted")
    direct = Account("localhost", relay.port, "none", "", "", "127.0.0.1")
    with open_posting(direct, context("")) as session, pytest.raises(OutcomeUnknown):
        post(session, to=["anna@elsewhere.test"])
    assert len(relay.accepted) == 1, "it was delivered, and that cannot be seen from here"


@pytest.mark.rule("M23")
def test_a_server_that_lost_its_own_relay_does_not_know_either(relay, mail_user, posting):
    """RFC 3463 X.4.X: the network between the servers. The relay may have taken it, or not."""
    user = mail_user()
    relay.behave(drop_at="accepted")
    with pytest.raises(OutcomeUnknown) as unknown:
        post(posting(user), RAW, [user], user)
    assert "Lost connection to relay server" in unknown.value.server_said
    assert len(relay.accepted) == 1


# --- after the first byte of the message ---

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


# --- what may go over the wire ---

EVIL = [
    "a@b.test>\r\nRCPT TO:<evil@example.org",
    "a@b.test\r\nDATA",
    "a@b.test\nRSET",
    "a@b.test\0",
    "<a@b.test>",
    "a@b.test> SIZE=1",
    "a b@c.test",
    "no-at-sign",
    "",
    "a@b.test\u2028x",
]


@pytest.mark.parametrize("evil", EVIL)
def test_no_address_becomes_a_command(evil):
    with SmtpScript() as server, scripted(server) as session:
        refused = session.envelope("me@example.test", ["anna@example.test", evil])
        assert list(refused) == [evil]
        with pytest.raises(SmtpRefused):
            session.envelope(evil, ["anna@example.test"])
        with pytest.raises(SmtpRefused):
            session.envelope("me@example.test", [evil])
    for line in server.commands():
        assert re.match(
            rb"(ehlo \[127|AUTH PLAIN \S+$|MAIL FROM:<me@example.test>$"
            rb"|RCPT TO:<anna@example.test>$|RSET$|QUIT$)",
            line,
        ), line


@pytest.mark.parametrize("evil", ['me"\r\nMAIL FROM:<x@y.test>', "a\0b", "日本"])
def test_no_user_name_or_password_becomes_a_command(evil):
    with SmtpScript() as server:
        scripted(server, username=evil).close()
        scripted(server, password=evil).close()
    assert [line.split()[0].upper() for line in server.commands()] == [
        b"EHLO",
        b"AUTH",
        b"QUIT",
    ] * 2


@pytest.mark.parametrize("dots", [b"\n.\r\n", b"\r.\r\n", b"\r\n.\r\n", b"\n.\n", b"\r.\r"])
def test_nothing_in_a_message_ends_it(dots):
    smuggled = RAW + b"a" + dots + b"MAIL FROM:<evil@example.org>" + dots + b"b"
    with SmtpScript() as server, scripted(server) as session:
        post(session, smuggled)
    [delivered] = server.delivered
    assert b"\r\n..\r\nMAIL FROM" in delivered
    assert len([line for line in server.commands() if line.startswith(b"MAIL")]) == 1


def test_the_bytes_on_the_wire():
    assert on_the_wire(b"a\nb\r\n.c\r\rd") == b"a\r\nb\r\n..c\r\n\r\nd\r\n.\r\n"
    assert on_the_wire(b".") == b"..\r\n.\r\n"
    assert on_the_wire(b"") == b"\r\n.\r\n"


def test_international_addresses():
    with SmtpScript() as server, scripted(server) as session:
        assert session.envelope("me@example.test", ["anna@bücher.test"]) == {}
        assert list(session.envelope("me@example.test", ["a@b.test", "安@b.test"])) == ["安@b.test"]
    assert b"RCPT TO:<anna@xn--bcher-kva.test>" in server.commands()
    answers = {"EHLO": [b"250-here\r\n250-AUTH PLAIN\r\n250 SMTPUTF8\r\n"]}
    with SmtpScript(answers) as server, scripted(server) as session:
        assert session.envelope("me@example.test", ["安@bücher.test"]) == {}
    assert "RCPT TO:<安@bücher.test>".encode() in server.commands()
    assert b"MAIL FROM:<me@example.test> SMTPUTF8" in server.commands()


# --- opening ---


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


@pytest.mark.rule("M39")
@pytest.mark.parametrize(
    ("features", "answer", "code"),
    [
        (b"250-a\r\n250 AUTH PLAIN\r\n", b"", "starttls_missing"),
        (b"250-a\r\n250 STARTTLS\r\n", b"454 4.7.0 not now\r\n", "starttls_refused"),
        (b"250-a\r\n250 STARTTLS\r\n", b"502 what\r\n", "starttls_refused"),
        (b"250-a\r\n250 STARTTLS\r\n", b"220 go\r\n220 plain\r\n", "no_tls"),
    ],
)
def test_starttls_taken_away_ends_before_the_password(features, answer, code):
    answers = {"EHLO": [features], "STARTTLS": [answer, Close()]}
    with SmtpScript(answers) as server, pytest.raises(TlsFault) as refused:
        scripted(server, security="starttls")
    assert refused.value.code in {code, "handshake"}
    assert not [line for line in server.commands() if line.startswith(b"AUTH")]


@pytest.mark.rule("M39")
def test_what_was_said_before_starttls_counts_for_nothing(authority):
    answers = {
        "EHLO": [[b"250-a\r\n250 STARTTLS\r\n"], [b"250-a\r\n250-AUTH PLAIN\r\n250 SIZE 2\r\n"]],
        "STARTTLS": [b"220 go\r\n250-a\r\n250 SIZE 3\r\n", StartTls()],
    }
    with SmtpScript(answers, certificate=authority.certificate("smtp")) as server:
        account = Account("localhost", server.port, "starttls", "me", "secret", "127.0.0.1")
        with open_posting(account, context(str(authority.ca_file))) as session:
            assert session.max_size == 2


def test_a_self_signed_certificate_is_refused(authority):
    certificate = authority.certificate("smtp-self", self_signed=True)
    with SmtpScript(certificate=certificate, implicit_tls=True) as server:
        with pytest.raises(TlsFault) as refused:
            scripted(server, security="tls")
        assert refused.value.code == "self_signed"
        assert server.transcript == []


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
