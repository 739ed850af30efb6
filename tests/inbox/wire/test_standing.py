"""Where folders stand: in one round trip, from servers of every kind (M38)."""

import pytest

from inbox.reason import Reason
from inbox.wire import imap
from inbox.wire.faults import FolderGone
from tests.inbox.wire.sessions import mail, scripted
from tests.servers.imap_script import FOLDER, ImapScript

REPLY = Reason("reply", "<known@example.test>")
LIST_STATUS = b"* CAPABILITY IMAP4rev1 IDLE LIST-EXTENDED LIST-STATUS SPECIAL-USE\r\n"
INBOX = b"* STATUS INBOX (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)\r\n"
SENT = b'* STATUS "Sent" (UIDVALIDITY 8 MESSAGES 0 UIDNEXT 1)\r\n'


def figures(session, *names):
    found = session.statuses(names)
    return {name: (s.uidvalidity, s.uidnext, s.messages) for name, s in found.items()}


@pytest.mark.rule("M38")
def test_many_folders_of_a_real_server_in_one_round_trip(dovecot, mail_user, reading):
    user = mail_user()
    names = ["INBOX", "Sent", "日本語", "100%", 'a "b"']
    for name in names[2:]:
        dovecot.create(user, name)
        dovecot.append(user, name, mail())
    session = reading(user)
    assert "LIST-STATUS" in session.capabilities
    before = session.round_trips
    found = session.statuses([*names, "Nowhere"])
    assert session.round_trips - before == 1
    assert set(found) == set(names)
    for name in names:
        opened = session.examine(name)
        told = found[name]
        assert (opened.uidvalidity, opened.uidnext) == (told.uidvalidity, told.uidnext)


@pytest.mark.rule("M38")
def test_without_list_status_the_questions_go_out_together():
    answers = {"STATUS": [[INBOX, b"%tag OK\r\n"], [b"%tag NO gone\r\n"], [SENT, b"%tag OK\r\n"]]}
    with ImapScript(answers) as server, scripted(server) as session:
        before = session.round_trips
        assert figures(session, "INBOX", "Old", "Sent") == {"INBOX": (7, 10, 3), "Sent": (8, 1, 0)}
        assert session.round_trips - before == 1


def test_a_server_that_cannot_do_what_it_advertises_is_asked_the_old_way():
    answers = {
        "CAPABILITY": [LIST_STATUS, b"%tag OK\r\n"],
        "LIST": [
            [b"%tag BAD what?\r\n"],
            [b"%tag BAD what?\r\n"],
            [b'* LIST () "/" INBOX\r\n%tag OK\r\n'],
        ],
        "STATUS": [[INBOX, b"%tag OK\r\n"], [SENT, b"%tag OK\r\n"]],
    }
    with ImapScript(answers) as server, scripted(server) as session:
        assert set(session.statuses(["INBOX", "Sent"])) == {"INBOX", "Sent"}
        assert [folder.name for folder in session.folders()] == ["INBOX"]


def test_what_is_odd_in_an_answer_costs_that_folder_alone():
    odd = b'* STATUS "Odd (MESSAGES\r\n* STATUS Odd (MESSAGES -3 UIDNEXT x)\r\n* STATUS Odd\r\n'
    answers = {"CAPABILITY": [LIST_STATUS, b"%tag OK\r\n"], "LIST": [odd, INBOX, b"%tag OK\r\n"]}
    with ImapScript(answers) as server, scripted(server) as session:
        found = figures(session, "INBOX", "Odd")
        assert found == {"INBOX": (7, 10, 3), "Odd": (0, 0, 0)}, "not told, so it is looked at"


@pytest.mark.parametrize("value", [b"0", b"99999999999", b"x"])
def test_a_figure_that_cannot_be_is_not_told(value):
    opened = FOLDER.replace(b"UIDNEXT 10", b"UIDNEXT " + value)
    with ImapScript({"EXAMINE": [opened, b"%tag OK\r\n"]}) as server, scripted(server) as session:
        assert session.examine("INBOX").uidnext == 0


@pytest.mark.rule("M60")
@pytest.mark.parametrize(("answer", "news"), [(SENT, False), (b"* 4 EXISTS\r\n" + SENT, True)])
def test_mail_that_is_announced_in_another_answer_is_news_for_the_idle(answer, news):
    answers = {
        "CAPABILITY": [LIST_STATUS, b"%tag OK\r\n"],
        "LIST": [answer, b"%tag OK\r\n"],
        "IDLE": [b"+ idling\r\n"],
    }
    with ImapScript(answers) as server, scripted(server) as session:
        session.examine("INBOX")
        session.statuses(["Sent", "Other"])
        assert session.wait_for_news(0.1) is news


@pytest.mark.rule("M60")
def test_mail_that_is_announced_while_headers_come_is_news_for_the_idle():
    fetched = (
        b"* 4 EXISTS\r\n* 3 FETCH (UID 9 BODY[HEADER.FIELDS (FROM)] {2}\r\n\r\n)\r\n%tag OK\r\n"
    )
    with ImapScript({"UID FETCH": [fetched]}) as server, scripted(server) as session:
        session.examine("INBOX")
        assert [block.uid for block in session.headers(9, None)] == [9]
        assert session.wait_for_news(0.1) is True


OPENED = b"* 4 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n* OK [UIDNEXT 11] .\r\n"


@pytest.mark.rule("M38")
@pytest.mark.rule("M60")
def test_the_open_folder_is_opened_again_when_the_server_announced_mail_in_it():
    answers = {
        "STATUS": [SENT, b"%tag OK\r\n"],
        "NOOP": [[b"%tag OK\r\n"], [b"* 4 EXISTS\r\n%tag OK\r\n"], [b"%tag OK\r\n"]],
        "EXAMINE": [[FOLDER, b"%tag OK\r\n"], [OPENED, b"%tag OK\r\n"]],
    }
    with ImapScript(answers) as server, scripted(server) as session:
        session.examine("INBOX")
        before = session.round_trips
        told, inbox = session.around("INBOX", ["Sent"])
        assert (told["Sent"].uidvalidity, inbox.uidnext, inbox.messages) == (8, 10, 3)
        assert session.round_trips - before == 1
        assert session.around("INBOX", ["Sent"]) == (told, None), "it came meanwhile"
        assert session.around("INBOX", ["Sent"])[1].uidnext == 11
        assert session.around("INBOX", [])[1].uidnext == 11
        said = [command.split()[1] for command in server.commands()]
    assert said[-7:] == [*[b"STATUS", b"NOOP"] * 2, b"STATUS", b"EXAMINE", b"NOOP"]


@pytest.mark.rule("M60")
def test_news_of_an_idle_opens_the_folder_again():
    answers = {
        "IDLE": [b"+ idling\r\n* 4 EXISTS\r\n"],
        "EXAMINE": [[FOLDER, b"%tag OK\r\n"], [OPENED, b"%tag OK\r\n"]],
    }
    with ImapScript(answers) as server, scripted(server) as session:
        session.examine("INBOX")
        assert session.wait_for_news(5)
        assert session.around("INBOX", [])[1].uidnext == 11


def test_silence_is_not_trusted_for_ever(monkeypatch):
    with ImapScript() as server, scripted(server) as session:
        session.examine("INBOX")
        session.around("INBOX", [])
        session.doubt()
        session.around("INBOX", [])
        monkeypatch.setattr(imap, "TRUST", 0)
        session.around("INBOX", [])
        session.statuses(["INBOX"])
        session.around("Elsewhere", [])
        assert sum(b" EXAMINE " in line for line in server.commands()) == 4


def test_a_folder_that_is_gone_meanwhile_is_not_taken_for_open():
    answers = {"EXAMINE": [[FOLDER, b"%tag OK\r\n"], [b"%tag NO [NONEXISTENT] gone\r\n"]]}
    with ImapScript(answers) as server, scripted(server) as session:
        session.examine("INBOX")
        session.doubt()
        assert session.around("INBOX", []) == ({}, None)
        with pytest.raises(FolderGone):
            session.examine("INBOX")


def test_a_folder_named_in_utf8_is_opened_by_the_bytes_that_the_server_wrote():
    """Not in modified UTF-7, which RFC 3501 asks for."""
    raw = "日本語".encode()
    answers = {
        "LIST": [b'* LIST () "/" "%b"\r\n%%tag OK\r\n' % raw],
        "EXAMINE": [[b"%tag NO [NONEXISTENT] no\r\n"], [FOLDER, b"%tag OK\r\n"]],
    }
    with ImapScript(answers) as server, scripted(server) as session:
        assert session.examine("日本語").uidnext == 10
        assert raw in b"".join(server.commands())
        with pytest.raises(FolderGone), ImapScript({"EXAMINE": [b"%tag NO\r\n"]}) as other:
            scripted(other).examine("日本語")


def test_a_name_in_utf8_waits_for_the_go_ahead_of_its_literal():
    answers = {
        "LIST": [b'* LIST () "/" "caf\xc3\xa9"\r\n%tag OK\r\n'],
        "STATUS": [b'* STATUS "caf\xc3\xa9" (UIDNEXT 5 UIDVALIDITY 2)\r\n%tag OK\r\n'],
    }
    with ImapScript(answers) as server, scripted(server) as session:
        session.folders()
        assert figures(session, "café", "INBOX") == {"café": (2, 5, 0)}


# --- numbers of messages ---


@pytest.mark.rule("M6")
def test_numbers_that_were_not_asked_for_are_dropped():
    def line(uid, word):
        return b"* 1 FETCH (UID %d BODY[HEADER.FIELDS (X)] {3}\r\n%b)\r\n" % (uid, word)

    said = [(4, b"low"), (10, b"new"), (4294967295, b"max"), (0, b"nil"), (8, b"yes"), (8, b"dup")]
    answer = b"".join(line(uid, word) for uid, word in said) + b"%tag OK\r\n"
    with ImapScript({"UID FETCH": [answer]}) as server, scripted(server) as session:
        session.examine("INBOX")
        assert [(block.uid, block.raw) for block in session.headers(8, None)] == [(8, b"yes")]


def test_where_uidnext_is_not_told_the_server_is_asked_which_numbers_there_are():
    answers = {
        "EXAMINE": [b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n%tag OK\r\n"],
        "UID SEARCH": [b"* SEARCH 3 8 99999999999 0 7\r\n%tag OK\r\n"],
        "UID FETCH": [b"* 3 FETCH (UID 8 BODY[HEADER.FIELDS (X)] {2}\r\n\r\n)\r\n%tag OK\r\n"],
    }
    with ImapScript(answers) as server, scripted(server) as session:
        session.examine("INBOX")
        assert [block.uid for block in session.headers(4, None)] == [8]
        assert any(b"UID FETCH 7:8 " in line for line in server.commands())


def test_where_messages_lie_by_their_ids(dovecot, mail_user, reading):
    user = mail_user()
    for number in (1, 2, 3, 3):
        dovecot.append(user, "INBOX", mail(number))
    session = reading(user)
    session.examine("INBOX")
    assert [session.place(f"m{n}@example.org") for n in (1, 2, 3, 9)] == [1, 2, None, None]
    assert session.place("ü@x") is None


@pytest.mark.parametrize("evil", ['x"\r\nX1 STORE 1:* +FLAGS (\\Deleted)\r\n', "{5+}", "\\", '"'])
def test_no_message_id_becomes_a_command(dovecot, mail_user, reading, evil):
    session = reading(mail_user())
    session.examine("INBOX")
    assert session.place(evil) is None
    assert session.examine("INBOX").messages == 0, "the session goes on"
