"""The posting session against Dovecot's submission and a relay."""

import pytest

from inbox.wire.account import Account
from inbox.wire.faults import (
    ConnectionLost,
    LoginRefused,
    OutcomeUnknown,
    SmtpRefused,
)
from inbox.wire.smtp import open_posting
from inbox.wire.tls import context
from tests.inbox.wire.posting_sessions import RAW, post
from tests.servers.relay import Relay


@pytest.fixture
def posting(smtp_account, tls):
    opened = []

    def open_session(user, *args, **kwargs):
        opened.append(open_posting(smtp_account(user, *args, **kwargs), tls))
        return opened[-1]

    yield open_session
    for session in opened:
        session.close()


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
