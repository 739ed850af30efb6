"""What is erased while a look logs about it: each ends cleanly, whoever is first (M23, M48)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from crm import retention, timeline
from crm.models import Activity, Association, Contact, DoomedFile, Email, Participant, User
from inbox.models import Folder, Mailbox, Quarantined
from inbox.sync import chunks, engine
from tests.factories import make_contact, make_email, make_mailbox
from tests.servers.imap_script import ImapScript
from tests.servers.script import Answers

pytestmark = pytest.mark.django_db(transaction=True)
HEADER = "From: {who}\r\nMessage-ID: <r@x>\r\nIn-Reply-To: <known@customer.test>\r\n"
BODY = (
    'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    "--b\r\n\r\nYes.\r\n--b\r\nContent-Type: application/pdf\r\n"
    'Content-Disposition: attachment; filename="a.pdf"\r\n\r\n%PDF\r\n--b--\r\n'
)


@pytest.fixture
def known(aoki: Contact) -> Email:
    return make_email(aoki, message_id="known@customer.test")


@pytest.fixture
def mailbox(hana: User, known: Email, aoki: Contact) -> Iterator[Mailbox]:
    """In its INBOX lies an answer to what is known, with a file."""
    header = HEADER.format(who=aoki.email)
    parts = {"RFC822.SIZE 99 BODY[HEADER.FIELDS (FROM)]": f"{header}\r\n", "BODY[]": header + BODY}
    answers: Answers = {
        "UID SEARCH": [b"* SEARCH 9\r\n%tag OK\r\n"],
        "UID FETCH": [
            [f"* 1 FETCH (UID 9 {part} {{{len(raw)}}}\r\n{raw})\r\n%tag OK\r\n".encode()]
            for part, raw in parts.items()
        ],
    }
    with ImapScript(answers) as server:
        place = {"imap_host": "localhost", "imap_port": server.port, "imap_security": "none"}
        found = make_mailbox(hana, folders=["inbox"], **place)
        found.folders.update(uidvalidity=7, next_uid=9)
        yield found


def look(mailbox: Mailbox) -> int:
    receipt = engine.look(Mailbox.objects.get(pk=mailbox.pk))
    assert receipt is not None
    assert Folder.objects.get().next_uid == 10 and not Quarantined.objects.exists()
    return receipt.logged


@pytest.fixture
def once_read(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """What happens between the judgement of a message and its being logged."""

    def happens(what: Callable[[], None]) -> None:
        understand = chunks.understand

        def late(*values: Any) -> Any:
            found = understand(*values)
            what()
            return found

        monkeypatch.setattr(chunks, "understand", late)

    return happens


@pytest.mark.rule("M48")
def test_an_answer_to_what_was_erased_meanwhile_is_not_ours_any_more(
    mailbox: Mailbox, known: Email, once_read: Any
) -> None:
    once_read(lambda: retention.erase(known.activity))
    assert look(mailbox) == 0
    assert not Email.objects.exists()
    assert DoomedFile.objects.count() == 1, "its file goes with the next purge"


def test_who_was_erased_meanwhile_is_a_name_on_the_email(
    mailbox: Mailbox, aoki: Contact, once_read: Any
) -> None:
    once_read(lambda: retention.erase(aoki))
    assert look(mailbox) == 1
    assert not Participant.objects.exclude(contact=None).exists()
    assert not Association.objects.exclude(contact=None).exists()


def test_an_answer_follows_what_was_moved_to_another_thread_meanwhile(
    mailbox: Mailbox, known: Email, once_read: Any
) -> None:
    other = make_email(make_contact())

    def join() -> None:
        before = known.thread
        Email.objects.filter(pk=known.pk).update(thread=other.thread)
        before.delete()

    once_read(join)
    assert look(mailbox) == 1
    assert Email.objects.filter(thread=other.thread).count() == 3


@contextmanager
def meanwhile(work: Callable[[], None]) -> Iterator[list[BaseException]]:
    """In another thread; what it raises is in the list afterwards."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield raised
    finally:
        thread.join(30)


@pytest.mark.parametrize("what", ["activity", "contact"])
def test_an_erasure_that_is_not_committed_yet_is_waited_for(
    mailbox: Mailbox, known: Email, aoki: Contact, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """On PostgreSQL the look meets it at its commit, where foreign keys are checked."""
    erased, doom, gone = (
        threading.Event(),
        retention.doom,
        known.activity if what == "activity" else aoki,
    )

    def slowly(paths: Any) -> None:
        erased.set()
        threading.Event().wait(0.7)
        doom(paths)

    monkeypatch.setattr(retention, "doom", slowly)
    with meanwhile(lambda: retention.erase(gone)) as raised:
        assert erased.wait(10)
        logged = look(mailbox)
    assert raised == []
    assert (logged, Email.objects.count()) == ((0, 0) if what == "activity" else (1, 2))


def test_two_who_touch_the_same_people_in_another_order_do_not_stop_one_another(
    hana: User,
) -> None:
    """On PostgreSQL each UPDATE locks the rows as it comes upon them: in an order that is the
    planner's choice, by its statistics."""
    contacts = [make_contact(owner=hana) for _ in range(60)]
    activity = Activity.objects.create(kind="note", at="2026-01-01T00:00Z", by=hana)
    timeline.record(activity, contacts=contacts)

    def touch(*without: str) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                for way in without:
                    cursor.execute(f"SET enable_{way} = off")
        for _ in range(60):
            timeline.touch(activity)

    with (
        meanwhile(lambda: touch("nestloop", "mergejoin")) as first,
        meanwhile(lambda: touch("hashjoin", "seqscan", "mergejoin")) as second,
    ):
        pass
    assert first + second == []
