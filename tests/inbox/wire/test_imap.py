"""The reading session against a real Dovecot and against scripted servers that misbehave."""

import contextlib
import inspect
import re
import ssl
import threading
import time
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage

import pytest

from inbox.reason import Reason
from inbox.wire import imap as wire_imap
from inbox.wire.account import Account
from inbox.wire.faults import (
    ConnectionLost,
    Fault,
    FolderGone,
    LoginRefused,
    ProtocolFault,
    ServerBusy,
    TlsFault,
    Unreachable,
)
from inbox.wire.imap import ReadingSession, open_reading
from inbox.wire.tls import context
from tests.servers.imap_script import FOLDER, ImapScript
from tests.servers.ports import free_ports
from tests.servers.script import Close, Drip, Pause, Reset, StartTls, cuts

REPLY = Reason("reply", "<known@example.test>")


def mail(number=1, body=b"hello"):
    return (
        b"From: Anna <anna@example.org>\r\nTo: me@example.test\r\nSubject: number %d\r\n"
        b"Message-ID: <m%d@example.org>\r\nX-Secret: not asked for\r\n\r\n%b\r\n"
        % (number, number, body)
    )


@pytest.fixture
def reading(imap_account, tls):
    """`reading(user)` is an open session, closed after the test."""
    opened = []

    def open_session(user, *args, **kwargs):
        opened.append(open_reading(imap_account(user, *args, **kwargs), tls))
        return opened[-1]

    yield open_session
    for session in opened:
        session.close()


def scripted(server, security="none", password="secret", username="me", **more):
    account = Account("localhost", server.port, security, username, password, "127.0.0.1", **more)
    return open_reading(account, context(""))


# --- reading from a real server ---


def test_headers_come_as_blocks_with_uid_size_and_time(dovecot, mail_user, reading):
    user = mail_user()
    for number in (1, 2, 3):
        dovecot.deliver(user, mail(number))
    session = reading(user)
    status = session.examine("INBOX")
    assert (status.messages, status.uidnext) == (3, 4)
    assert status.uidvalidity > 0
    blocks = list(session.headers(1, None))
    assert [block.uid for block in blocks] == [1, 2, 3]
    assert b"Message-ID: <m2@example.org>\r\n" in blocks[1].raw
    assert b"X-Secret" not in blocks[1].raw
    assert blocks[1].size == len(dovecot.raw_messages(user)[1])
    assert abs(datetime.now(UTC) - blocks[1].arrived_at) < timedelta(minutes=1)


@pytest.mark.rule("M8")
def test_reading_changes_no_flag_and_nothing_else(dovecot, mail_user, reading):
    user = mail_user()
    for number in range(1, 6):
        dovecot.append(user, "INBOX", mail(number), r"(\Flagged)" if number == 2 else "")
    flags, messages, counts = dovecot.flags(user), dovecot.raw_messages(user), dovecot.counts(user)
    session = reading(user)
    session.folders()
    session.examine("INBOX")
    session.statuses(["Sent"])
    assert len(list(session.headers(1, None))) == 5
    assert all(body for _uid, body in session.bodies([(uid, REPLY) for uid in (1, 2, 3)]))
    session.uids_since(date(2020, 1, 1))
    session.wait_for_news(0.05)
    session.close()
    assert dovecot.flags(user) == flags
    assert dovecot.raw_messages(user) == messages
    assert dovecot.counts(user) == counts


@pytest.mark.rule("M8")
def test_the_reading_session_has_no_door_that_writes():
    doors = {name for name, _ in inspect.getmembers(ReadingSession) if not name.startswith("_")}
    assert doors == {
        *("folders", "examine", "statuses", "headers", "uids_since", "bodies"),
        *("wait_for_news", "idle_begin", "idle_fileno", "idle_news", "idle_end"),
        *("round_trips", "bytes_in", "holding", "place", "beginning", "close", "closed"),
        *("uids_of", "uids_from", "cut", "traces"),
        *("headers_of", "slips", "uids_above", "around", "doubt"),
    }


@pytest.mark.rule("M8")
def test_only_examine_and_peek_go_over_the_wire():
    with ImapScript() as server, scripted(server) as session:
        session.examine("INBOX")
        list(session.headers(1, 5))
        list(session.bodies([(1, REPLY), (2, REPLY)]))
        session.wait_for_news(0.01)
    said = b"\n".join(server.transcript).upper()
    assert said.count(b"BODY.PEEK[") == said.count(b"UID FETCH") == 2
    assert not re.search(rb"BODY\[|RFC822[^.]|SELECT|STORE|EXPUNGE|CLOSE|APPEND|COPY|MOVE", said)


@pytest.mark.rule("M6")
def test_the_server_itself_says_that_no_body_was_read_for_headers(dovecot, mail_user, reading):
    user = mail_user()
    for number in range(1, 5):
        dovecot.deliver(user, mail(number))
    session = reading(user)
    session.examine("INBOX")
    list(session.headers(1, None))
    session.close()
    [looked] = dovecot.sessions(user, ended=1)
    assert (looked["hdr_count"], looked["body_count"], looked["body_bytes"]) == (4, 0, 0)
    session = reading(user)
    session.examine("INBOX")
    list(session.bodies([(2, REPLY), (3, REPLY)]))
    session.close()
    assert dovecot.sessions(user, ended=2)[-1]["body_count"] == 2


def test_a_look_at_nothing_new_brings_nothing_not_even_the_last_message(
    dovecot, mail_user, reading
):
    user = mail_user()
    dovecot.deliver(user, mail())
    session = reading(user)
    session.examine("INBOX")
    assert list(session.headers(2, None)) == []  # "2:*" names message 1, says RFC 3501


def test_a_wide_range_is_fetched_in_batches(dovecot, mail_user, reading, monkeypatch):
    user = mail_user()
    for number in range(1, 8):
        dovecot.append(user, "INBOX", mail(number))
    dovecot.expunge(user, "INBOX", 3)
    monkeypatch.setattr(wire_imap, "BATCH", 2)
    session = reading(user)
    session.examine("INBOX")
    before = session.round_trips
    assert [block.uid for block in session.headers(1, None)] == [1, 2, 4, 5, 6, 7]
    assert session.round_trips - before == 4, "one SEARCH and three batches"
    assert [block.uid for block in session.headers(2, 5)] == [2, 4, 5]


def test_a_big_folder_without_esearch_is_searched_in_windows(monkeypatch):
    monkeypatch.setattr(wire_imap, "SEARCH_WINDOW", 2)
    monkeypatch.setattr(wire_imap, "BATCH", 2)
    answers = {
        "UID SEARCH": [
            [b"* SEARCH 1 2\r\n%tag OK\r\n"],
            [b"* SEARCH 3\r\n* SEARCH 4\r\n%tag OK\r\n"],
            [b"* SEARCH\r\n%tag OK\r\n"],
        ]
    }
    with ImapScript(answers) as server, scripted(server) as session:
        session.examine("INBOX")
        assert session.uids_since(date(2026, 1, 9)) == [1, 2, 3, 4]
    searched = [line for line in server.commands() if b"SEARCH" in line]
    assert b"UID SEARCH UID 1:2 SINCE 9-Jan-2026" in searched[0]
    assert b"UID 9:* SINCE" in searched[-1]


def test_which_messages_came_since_a_day(dovecot, mail_user, reading):
    user = mail_user()
    dovecot.deliver(user, mail())
    session = reading(user)
    session.examine("INBOX")
    assert session.uids_since(date(2020, 1, 1)) == [1]
    assert session.uids_since(date.today() + timedelta(days=2)) == []


def test_bodies_come_whole_in_the_order_asked(dovecot, mail_user, reading):
    user = mail_user()
    tricky = [b"{12}", b")\r\n* 9 FETCH (UID 9)", b"\xff\x00\x80", b"x" * 200_000]
    for body in tricky:
        dovecot.append(user, "INBOX", mail(1, body))
    session = reading(user)
    session.examine("INBOX")
    got = list(session.bodies([(3, REPLY), (1, REPLY), (4, REPLY), (2, REPLY), (1, REPLY)]))
    assert [uid for uid, _ in got] == [3, 1, 4, 2]
    assert dict(got) == dict(enumerate(dovecot.raw_messages(user), 1))


def test_twenty_bodies_a_round_trip(dovecot, mail_user, reading):
    user = mail_user()
    for number in range(1, 22):
        dovecot.append(user, "INBOX", mail(number))
    session = reading(user)
    session.examine("INBOX")
    before = session.round_trips
    assert len(dict(session.bodies([(uid, REPLY) for uid in range(1, 22)]))) == 21
    assert session.round_trips - before == 2


def test_a_message_expunged_meanwhile_is_none_and_never_empty(dovecot, mail_user, reading):
    user = mail_user()
    for number in (1, 2, 3):
        dovecot.deliver(user, mail(number))
    session = reading(user)
    session.examine("INBOX")
    list(session.headers(1, None))
    dovecot.expunge(user, "INBOX", 2)
    wanted = [(uid, REPLY) for uid in (1, 2, 3, 77)]
    for _ in range(2):  # BODY[] NIL with [EXPUNGEISSUED] first, nothing at all after that
        got = dict(session.bodies(wanted))
        assert got[1]
        assert got[2] is None
        assert got[3]
        assert got[77] is None


@pytest.mark.parametrize("gone", [b"NIL", b'""', b"{0}\r\n"])
def test_every_way_to_say_that_a_body_is_gone_is_none(gone):
    answers = {"UID FETCH": [b"* 1 FETCH (UID 5 BODY[] ", gone, b")\r\n%tag OK done\r\n"]}
    with ImapScript(answers) as server, scripted(server) as session:
        session.examine("INBOX")
        assert list(session.bodies([(5, REPLY)])) == [(5, None)]


@pytest.mark.rule("M6")
def test_an_answer_that_nobody_asked_for_is_dropped():
    answers = {
        "UID FETCH": [
            b"* 9 FETCH (UID 99 BODY[] {3}\r\nbad)\r\n* 4 EXISTS\r\n* 1 FETCH (FLAGS (\\Seen))\r\n"
            b"* 1 FETCH (BODY[] {4}\r\nbody UID 5 FLAGS (a (b)))\r\n%tag OK\r\n"
        ]
    }
    with ImapScript(answers) as server, scripted(server) as session:
        session.examine("INBOX")
        assert list(session.bodies([(5, REPLY)])) == [(5, b"body")]


def test_status_and_folder_names_of_every_kind(dovecot, mail_user, reading):
    user = mail_user()
    names = ["CRM", 'a "quoted" one', "back\\slash", "日本語", "a & b", "x{3}", "100%", "sp ace"]
    for name in names:
        dovecot.create(user, name)
        dovecot.append(user, name, mail())
    session = reading(user)
    listed = {folder.name: folder for folder in session.folders()}
    assert set(names) <= set(listed)
    assert "sent" in listed["Sent"].flags
    for name in names:
        assert session.statuses([name])[name].uidnext == 2
        assert session.examine(name).messages == 1


def test_a_folder_that_is_not_there_is_gone(mail_user, reading):
    session = reading(mail_user())
    with pytest.raises(FolderGone):
        session.examine("Nowhere")
    assert set(session.statuses(["Nowhere", "INBOX"])) == {"INBOX"}
    assert session.examine("INBOX").messages == 0, "the session goes on"


def test_an_old_servers_bare_no_is_gone_only_when_the_list_lacks_the_folder():
    with (
        ImapScript({"EXAMINE": [b"%tag NO unable\r\n"]}) as server,
        scripted(server) as session,
    ):
        with pytest.raises(FolderGone):
            session.examine("Elsewhere")
        with pytest.raises(ProtocolFault):
            session.examine("INBOX")


def test_odd_lines_of_a_list_do_not_lose_the_others():
    answers = {
        "LIST": [
            b'* LIST (\\HasNoChildren) "/" INBOX\r\n* LIST (\\Sent) NIL {4}\r\nGone\r\n'
            b'* LIST (\\Noselect) "/" "top"\r\n* LIST oops\r\n* LIST (\\x) "/" "&bad"\r\n'
            b'* LIST (\\x) "/" "caf\xc3\xa9"\r\n* LIST () "/" 2026\r\n%tag OK\r\n'
        ]
    }
    with ImapScript(answers) as server, scripted(server) as session:
        found = {folder.name: folder.selectable for folder in session.folders()}
    assert found["INBOX"] and found["Gone"] and found["2026"]
    assert found["café"], "a name in UTF-8, as some servers write it"
    assert not found["top"]


def test_figures_of_the_session(dovecot, mail_user, reading):
    user = mail_user()
    dovecot.deliver(user, mail(1, b"y" * 50_000))
    session = reading(user)
    session.examine("INBOX")
    trips, came = session.round_trips, session.bytes_in
    list(session.bodies([(1, REPLY)]))
    assert session.round_trips == trips + 1
    assert 50_000 < session.bytes_in - came < 52_000


# --- IDLE ---


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


# --- what may go over the wire ---

EVIL = [
    'x"\r\nX1 STORE 1:* +FLAGS (\\Deleted)\r\nX2 EXPUNGE\r\n',
    "a\nX1 DELETE INBOX",
    "a\rX1 DELETE INBOX",
    "a\0b",
    'quote " and \\ backslash',
    "{5}\r\nhello",
    "{5+}",
    "*",
    "(",
    "NIL",
    "日本\r\n",
]


@pytest.mark.parametrize("evil", EVIL)
def test_no_folder_name_becomes_a_command(evil):
    with ImapScript() as server, scripted(server) as session:
        session.examine(evil)
        session.statuses(["INBOX", evil])
    assert_only_our_commands(server)


@pytest.mark.parametrize("evil", EVIL)
def test_no_user_name_or_password_becomes_a_command(evil):
    answers = {"AUTHENTICATE": [b"+ \r\n"]}
    with ImapScript(answers) as server:
        for who in ({"username": evil}, {"password": evil}):
            try:
                scripted(server, **who, timeout=0.3).close()
            except Fault:
                continue
    assert_only_our_commands(server)


def assert_only_our_commands(server):
    """Every line begins with one of our tags and a verb that reads, or is a base64 answer."""
    for line in server.commands():
        ours = re.match(
            rb"[A-P]{4}\d+ (CAPABILITY|LOGIN|AUTHENTICATE|LIST|EXAMINE|STATUS|LOGOUT)\b", line
        )
        assert ours or re.fullmatch(rb"[A-Za-z0-9+/=]+", line), line


def test_names_and_passwords_with_quotes_get_in(dovecot, mail_user, reading):
    for password in ('q"uo\\te', "pässwörd", "パスワード", "with space", "{3}"):
        user = mail_user()
        dovecot.set_password(user, password)
        assert reading(user, password).folders()
        with pytest.raises(LoginRefused):
            reading(user, "secret")


# --- opening ---


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_every_kind_of_connection_gets_in(mail_user, reading, security):
    assert reading(mail_user(), security=security).folders()


def test_a_wrong_password_is_refused_with_the_servers_words(mail_user, reading):
    with pytest.raises(LoginRefused) as refused:
        reading(mail_user(), "not-the-password")
    assert refused.value.step == "login"
    assert refused.value.code == "authenticationfailed"
    assert "Authentication failed" in refused.value.server_said
    assert not refused.value.transient


def test_a_server_that_repeats_the_password_is_not_repeated():
    answers = {"LOGIN": [b"%tag NO who is s3cr3t-word? czNjcjN0LXdvcmQ=\r\n"]}
    with ImapScript(answers) as server, pytest.raises(LoginRefused) as refused:
        scripted(server, password="s3cr3t-word")
    assert "s3cr3t" not in refused.value.server_said
    assert "czNjcj" not in refused.value.server_said
    assert "who is" in refused.value.server_said


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"%tag NO [UNAVAILABLE] later\r\n", ServerBusy),
        (b"%tag NO [LIMIT] too many\r\n", ServerBusy),
        (b"%tag NO [ALERT] Too many simultaneous connections.\r\n", ServerBusy),
        (b"* BYE overloaded\r\n", ServerBusy),
        (b"%tag NO [ALERT] Application-specific password required\r\n", LoginRefused),
        (b"%tag NO [EXPIRED] password\r\n", LoginRefused),
        (b"%tag NO LOGIN failed.\r\n", LoginRefused),
        (b"%tag BAD User is authenticated but not connected.\r\n", ServerBusy),
        (b"%tag BAD invalid user name\r\n", LoginRefused),
        (b"nonsense\r\n", ProtocolFault),
    ],
)
def test_what_a_refused_login_means(answer, fault):
    with ImapScript({"LOGIN": [answer]}) as server, pytest.raises(fault):
        scripted(server)


def test_a_server_that_takes_no_password_gets_none():
    answers = {"CAPABILITY": [b"* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2\r\n%tag OK\r\n"]}
    with ImapScript(answers) as server, pytest.raises(LoginRefused) as refused:
        scripted(server)
    assert refused.value.code == "no_mechanism"
    assert b"secret" not in b"".join(server.transcript)


@pytest.mark.rule("M39")
@pytest.mark.parametrize(
    ("capability", "starttls", "code"),
    [
        (b"IMAP4rev1", [], "starttls_missing"),
        (b"IMAP4rev1 STARTTLS", [b"%tag NO not today\r\n"], "starttls_refused"),
        (b"IMAP4rev1 STARTTLS", [b"%tag BAD what?\r\n"], "starttls_refused"),
        (b"IMAP4rev1 STARTTLS", [b"%tag OK go\r\n%tag OK no handshake\r\n"], "handshake"),
    ],
)
def test_starttls_taken_away_ends_before_the_password(capability, starttls, code):
    answers = {
        "CAPABILITY": [b"* CAPABILITY " + capability + b"\r\n%tag OK\r\n"],
        "STARTTLS": [*starttls, Close()],
    }
    with ImapScript(answers) as server, pytest.raises(TlsFault) as refused:
        scripted(server, security="starttls")
    assert refused.value.code in {code, "no_tls"}
    assert refused.value.step == "tls"
    assert b"secret" not in b"".join(server.transcript)


@pytest.mark.rule("M39")
def test_what_was_said_before_starttls_counts_for_nothing(authority):
    certificate = authority.certificate("starttls")
    answers = {
        "CAPABILITY": [
            [b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n%tag OK\r\n"],
            [b"* CAPABILITY IMAP4rev1 IDLE\r\n%tag OK\r\n"],
        ],
        "STARTTLS": [b"%tag OK go\r\n* CAPABILITY IMAP4rev1 EVIL\r\n* BYE evil\r\n", StartTls()],
    }
    with ImapScript(answers, certificate=certificate) as server:
        account = Account("localhost", server.port, "starttls", "me", "secret", "127.0.0.1")
        with open_reading(account, context(str(authority.ca_file))) as session:
            assert session.capabilities == {"IMAP4REV1", "IDLE"}


def test_a_greeting_that_skips_the_login_is_refused():
    with (
        ImapScript({"greeting": [b"* PREAUTH welcome back\r\n"]}) as server,
        pytest.raises(ProtocolFault),
    ):
        scripted(server, security="starttls")


@pytest.mark.rule("M39")
@pytest.mark.parametrize(
    ("made", "code"),
    [
        ({"self_signed": True}, "self_signed"),
        ({"days": (-30, -1)}, "expired"),
        ({"days": (1, 30)}, "not_yet_valid"),
        ({"hosts": ("mail.elsewhere.test",), "addresses": ()}, "wrong_name"),
    ],
)
def test_a_certificate_that_proves_nothing_is_refused(authority, made, code):
    certificate = authority.certificate(code, **made)
    with ImapScript(certificate=certificate, implicit_tls=True) as server:
        account = Account("localhost", server.port, "tls", "me", "secret", "127.0.0.1")
        with pytest.raises(TlsFault) as refused:
            open_reading(account, context(str(authority.ca_file)))
    assert (refused.value.step, refused.value.code) == ("tls", code)
    assert server.transcript == []


def test_an_unknown_authority_is_refused(dovecot, mail_user, imap_account):
    with pytest.raises(TlsFault) as refused:
        open_reading(imap_account(mail_user()), context(""))
    assert refused.value.code in {"unknown_issuer", "self_signed"}


def test_the_name_is_verified_though_the_address_is_pinned(dovecot, tls, mail_user):
    account = Account("mail.bank.test", dovecot.imaps, "tls", mail_user(), "secret", "127.0.0.1")
    with pytest.raises(TlsFault) as refused:
        open_reading(account, tls)
    assert refused.value.code == "wrong_name"


def test_old_tls_is_not_spoken(tls):
    assert tls.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert tls.verify_mode == ssl.CERT_REQUIRED
    assert tls.check_hostname


def test_tls_on_a_plain_port_says_so(dovecot, tls):
    account = Account("localhost", dovecot.imap, "tls", "me", "secret", "127.0.0.1")
    with pytest.raises(TlsFault) as refused:
        open_reading(account, tls)
    assert refused.value.code == "no_tls"


def test_nobody_at_home(tls):
    [port] = free_ports(1)
    with pytest.raises(Unreachable) as refused:
        open_reading(Account("localhost", port, "tls", "me", "x", "127.0.0.1"), tls)
    assert (refused.value.code, refused.value.step) == ("refused", "connect")
    assert refused.value.transient
    with pytest.raises(Unreachable) as unknown:
        open_reading(Account("no.such.invalid", 993, "tls", "me", "x"), tls)
    assert (unknown.value.code, unknown.value.step) == ("resolve", "resolve")


# --- hostile and dying servers ---


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


@pytest.mark.rule("M20")
def test_the_server_looks_for_words_and_the_body_stays_there(dovecot, mail_user, reading):
    user = mail_user()
    dovecot.deliver(user, mail(1, b"returned: mukx3f9a2b.r.s@example.test"))
    dovecot.deliver(user, mail(2))
    session = reading(user)
    session.examine("INBOX")
    assert session.holding([1, 2, 99], "mukx3f9a2b") == {1}
    assert session.holding([], "mukx3f9a2b") == set()
    with pytest.raises(ValueError, match="only letters"):
        session.holding([1], 'x" NOT DELETED')


@pytest.mark.rule("M18")
def test_of_a_large_message_the_beginning_and_the_names_of_its_files(dovecot, mail_user, reading):
    message = EmailMessage()
    message["From"], message["Subject"] = "anna@example.org", "large"
    message.set_content("It is attached.")
    message.add_attachment(b"x" * 50_000, "application", "zip", filename="größe.zip")
    user = mail_user()
    dovecot.deliver(user, message.as_bytes())
    session = reading(user)
    session.examine("INBOX")
    begun = session.beginning(1, REPLY, 1000)
    assert begun is not None
    head, files = begun
    assert len(head) == 1000
    assert b"It is attached." in head
    assert [(file.name, file.content_type) for file in files] == [("größe.zip", "application/zip")]
    assert session.beginning(99, REPLY, 1000) is None
