"""The reading session against a real Dovecot: headers, bodies, folders, and nothing unasked."""

import inspect
import re
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage

import pytest

from inbox.wire import imap as wire_imap
from inbox.wire.faults import (
    FolderGone,
    ProtocolFault,
)
from inbox.wire.imap import ReadingSession
from tests.inbox.wire.sessions import REPLY, mail, scripted
from tests.servers.imap_script import ImapScript


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
        *("folders", "examine", "statuses", "headers", "uids_since", "first_since"),
        *("wait_for_news", "idle_begin", "idle_fileno", "idle_news", "idle_end"),
        *("round_trips", "bytes_in", "holding", "place", "beginning", "close", "closed"),
        *("uids_of", "uids_from", "cut", "traces", "bodies"),
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


def test_the_first_message_of_a_big_folder_is_sought_no_further_than_it_is_found(monkeypatch):
    monkeypatch.setattr(wire_imap, "SEARCH_WINDOW", 2)
    nothing, found = [b"* SEARCH\r\n%tag OK\r\n"], [b"* SEARCH 3 4\r\n%tag OK\r\n"]
    with ImapScript({"UID SEARCH": [nothing, found]}) as server, scripted(server) as session:
        session.examine("INBOX")
        assert session.first_since(date(2026, 1, 9)) == 3
    assert len([line for line in server.commands() if b"SEARCH" in line]) == 2


def test_which_messages_came_since_a_day(dovecot, mail_user, reading):
    user = mail_user()
    dovecot.deliver(user, mail())
    session = reading(user)
    session.examine("INBOX")
    assert session.uids_since(date(2020, 1, 1)) == [1]
    assert session.first_since(date(2020, 1, 1)) == 1
    assert session.uids_since(date.today() + timedelta(days=2)) == []
    assert session.first_since(date.today() + timedelta(days=2)) is None


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


def test_many_bodies_a_round_trip(dovecot, mail_user, reading, monkeypatch):
    monkeypatch.setattr(wire_imap, "BODIES_A_TRIP", 20)
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
