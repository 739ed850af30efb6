"""One bad message never blocks and never vanishes (M47)."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from crm import retention
from crm.models import Attachment, Contact, Email, Hold, User
from inbox import files
from inbox.connect import joining
from inbox.models import (
    Folder,
    HeadersRead,
    Mailbox,
    NeverLog,
    Outgoing,
    Quarantined,
    Reading,
)
from inbox.retention import RULES
from inbox.sending import composer, outbox
from inbox.sync import engine, filing, quarantine
from inbox.sync.visit import Receipt
from tests.factories import connect_mailbox
from tests.inbox.letters import reply_to, rich_reply_to
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

pytestmark = [pytest.mark.django_db, pytest.mark.live]
MailUser = Callable[..., str]
CANARY = "the words of the bad message"


@pytest.fixture
def mailbox(hana: User, trusted: Dovecot, mail_user: MailUser) -> Mailbox:
    return connect_mailbox(hana, trusted, mail_user("hana"))


@pytest.fixture
def sent(mailbox: Mailbox, aoki: Contact, relay: Relay) -> Email:
    draft = composer.NewEmail(mailbox=mailbox, to=[aoki.email], subject="Our offer", text="Hello.")
    email = composer.send(draft, by=mailbox.owner)
    outbox.attempt(Outgoing.objects.get(email=email))
    return email


def look(mailbox: Mailbox) -> Receipt:
    receipt = engine.look(Mailbox.objects.get(pk=mailbox.pk))
    assert receipt is not None
    return receipt


@pytest.fixture
def bad(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception | None], None]:
    """A version of ours that cannot read a certain message; None: it was upgraded."""
    parse = filing.parse

    def broken_by(why: Exception | None) -> None:
        def read(raw: bytes) -> Any:
            if why and CANARY.encode() in raw:
                raise why
            return parse(raw)

        monkeypatch.setattr(filing, "parse", read)

    return broken_by


@pytest.fixture
def three(mailbox: Mailbox, sent: Email, aoki: Contact, dovecot: Dovecot) -> None:
    for text in ("Yes.", CANARY, "No."):
        reply = reply_to(sent, sender=aoki.email, to=mailbox.email, text=text)
        dovecot.deliver(mailbox.email, reply.as_bytes())


@pytest.mark.rule("M47")
def test_what_cannot_be_parsed_is_put_aside_and_read_after_an_upgrade(
    mailbox: Mailbox, three: None, bad: Callable[[Exception | None], None]
) -> None:
    bad(RecursionError(CANARY))
    receipt = look(mailbox)
    assert (receipt.bodies_read, receipt.logged) == (3, 2)
    assert look(mailbox).headers_read == 0
    row = Quarantined.objects.get()
    assert "RecursionError in test_quarantine.py" in row.error and CANARY not in row.error
    assert replayed() == "0 left the quarantine, 1 stay.\n"
    row.refresh_from_db()
    assert row.attempts == 2
    bad(None)
    assert replayed() == "1 left the quarantine, 0 stay.\n"
    assert not Quarantined.objects.exists()
    email = Email.objects.get(text__contains=CANARY)
    assert (email.reason_rule, email.direction) == ("reply", "incoming")
    assert Reading.objects.filter(email=email).exists()
    assert email.copies.get().uid == row.uid
    assert look(mailbox).logged == 0


@pytest.mark.rule("M11")
def test_whom_a_never_log_list_covers_by_now_is_not_logged_any_more(
    mailbox: Mailbox, aoki: Contact, three: None, bad: Callable[[Exception | None], None]
) -> None:
    bad(ValueError(CANARY))
    look(mailbox)
    bad(None)
    NeverLog.objects.create(entry=aoki.email, mailbox=mailbox)
    hold = Hold.place(aoki, by=mailbox.owner, reason="a lawsuit")
    assert replayed() == "0 left the quarantine, 1 stay.\n"
    hold.release(timezone.now())
    assert replayed() == "1 left the quarantine, 0 stay.\n"
    assert not Quarantined.objects.exists()
    assert not Email.objects.filter(text__contains=CANARY).exists()


def replayed() -> str:
    out = StringIO()
    call_command("replay_quarantine", stdout=out)
    return out.getvalue()


@pytest.mark.rule("M47")
@pytest.mark.rule("M39")
def test_nothing_of_it_is_readable_in_the_database(
    mailbox: Mailbox, three: None, bad: Callable[[Exception | None], None]
) -> None:
    bad(ValueError(CANARY))
    look(mailbox)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM inbox_quarantined")
        columns = [column[0] for column in cursor.description]
        kept = dict(zip(columns, cursor.fetchone(), strict=True))
    assert bytes(kept["sealed"]).startswith(b"gAAAA")
    assert not [name for name, value in kept.items() if CANARY in str(value)]


@pytest.mark.rule("M47")
def test_what_cannot_be_stored_is_put_aside_too(
    mailbox: Mailbox,
    sent: Email,
    aoki: Contact,
    dovecot: Dovecot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reply = rich_reply_to(sent, sender=aoki.email, to=mailbox.email)
    dovecot.deliver(mailbox.email, reply.as_bytes())
    with monkeypatch.context() as broken:
        broken.setattr(files, "store_content", lambda content: b""[content])
        assert look(mailbox).logged == 0
    assert Quarantined.objects.count() == 1
    assert replayed().startswith("1 left")
    assert Attachment.objects.get(name="見積書.pdf").content().startswith(b"%PDF")


@pytest.mark.rule("M47")
def test_one_that_the_database_refuses_holds_up_none_of_those_beside_it(
    mailbox: Mailbox, three: None
) -> None:
    """They are written together, in one transaction; then one by one."""
    with refusing("crm_email", "text", CANARY):
        receipt = look(mailbox)
    assert (receipt.bodies_read, receipt.logged) == (3, 2)
    texts = Email.objects.filter(direction="incoming").values_list("text", flat=True)
    assert [text.strip() for text in texts.order_by("pk")] == ["Yes.", "No."]
    assert HeadersRead.objects.get(mailbox=mailbox).count == receipt.headers_read
    row = Quarantined.objects.get()
    assert row.reading and not row.reading.email
    assert replayed().startswith("1 left")
    assert look(mailbox).headers_read == 0


@contextmanager
def refusing(table: str, column: str, word: str) -> Iterator[None]:
    """The database takes no row of this table whose column holds the word."""
    refused = f"NEW.{column} LIKE '%{word}%'"
    ways = {
        "sqlite": [
            f"CREATE TRIGGER refusing BEFORE INSERT ON {table} WHEN {refused} "
            "BEGIN SELECT RAISE(ABORT, 'refused'); END"
        ],
        "postgresql": [
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'refused'; END $$",
            f"CREATE TRIGGER refusing BEFORE INSERT ON {table} FOR EACH ROW "
            f"WHEN ({refused}) EXECUTE FUNCTION refuse()",
        ],
    }
    gone = {
        "sqlite": ["DROP TRIGGER refusing"],
        "postgresql": [f"DROP TRIGGER refusing ON {table}", "DROP FUNCTION refuse"],
    }
    with connection.cursor() as cursor:
        for statement in ways[connection.vendor]:
            cursor.execute(statement)
        yield
        connection.check_constraints()  # PostgreSQL drops no trigger while others wait
        for statement in gone[connection.vendor]:
            cursor.execute(statement)


@pytest.mark.parametrize(
    "why",
    [
        OperationalError("no database"),
        psycopg.OperationalError("the connection is closed"),  # as Django lets it through at times
        OSError("the disk is full"),
    ],
    ids=["Django", "psycopg", "disk"],
)
def test_what_is_not_the_messages_fault_waits_for_the_next_look(
    mailbox: Mailbox, three: None, bad: Callable[[Exception | None], None], why: Exception
) -> None:
    bad(why)
    with pytest.raises(type(why)):
        look(mailbox)
    assert not Quarantined.objects.exists()
    bad(None)
    mailbox.refresh_from_db()
    assert look(mailbox).logged == 3


@pytest.mark.rule("M47")
def test_its_owner_sees_it_and_tries_again(
    mailbox: Mailbox,
    three: None,
    bad: Callable[[Exception | None], None],
    client: Client,
    mio: User,
) -> None:
    page = f"/mailboxes/{mailbox.pk}/"
    client.force_login(mailbox.owner)
    assert "could not be read" not in client.get(page).content.decode()
    bad(ValueError(CANARY))
    look(mailbox)
    html = client.get(page).content.decode()
    assert "1 message could not be read" in html and "ValueError in" in html
    assert CANARY not in html
    answer = client.post(f"{page}replay/", follow=True).content.decode()
    assert "It still cannot be read." in answer
    bad(None)
    assert "could be read now" in client.post(f"{page}replay/", follow=True).content.decode()
    assert not Quarantined.objects.exists()


def test_nobody_else_tries(mailbox: Mailbox, client: Client, django_user_model: Any) -> None:
    client.force_login(django_user_model.objects.create_user("eve@x.test", "a long password 1"))
    assert client.post(f"/mailboxes/{mailbox.pk}/replay/").status_code == 404


def test_an_admin_tries_again_in_the_admin(
    mailbox: Mailbox,
    three: None,
    bad: Callable[[Exception | None], None],
    admin_client: Client,
) -> None:
    bad(ValueError(CANARY))
    look(mailbox)
    bad(None)
    row = Quarantined.objects.get()
    detail = admin_client.get(f"/admin/inbox/quarantined/{row.pk}/change/").content.decode()
    assert "gAAAA" not in detail and CANARY not in detail
    data = {"action": "try_again", "_selected_action": [row.pk]}
    admin_client.post("/admin/inbox/quarantined/", data)
    assert Email.objects.filter(text__contains=CANARY).exists()


def test_it_goes_with_its_mailbox(
    mailbox: Mailbox, three: None, bad: Callable[[Exception | None], None]
) -> None:
    bad(ValueError(CANARY))
    look(mailbox)
    mailbox.delete()
    assert not Quarantined.objects.exists() and not Folder.objects.exists()


@pytest.mark.rule("M57")
def test_under_a_legal_hold_it_outlives_its_mailbox(
    mailbox: Mailbox, three: None, aoki: Contact, bad: Callable[[Exception | None], None]
) -> None:
    bad(ValueError(CANARY))
    look(mailbox)
    hold = Hold.place(aoki, by=mailbox.owner, reason="a lawsuit")
    joining.disconnect(mailbox, keep_emails=False)
    row = Quarantined.objects.get()
    assert (row.mailbox, row.folder, row.of_address) == (None, None, mailbox.email)
    assert CANARY in base64.b64decode(json.loads(row.sealed)["raw"]).decode()
    assert replayed() == "0 left the quarantine, 0 stay.\n"
    later = timezone.now() + timedelta(days=400)
    [rule] = [rule for rule in RULES if rule.name == "transport"]
    retention.purge(rule, later)
    assert Quarantined.objects.exists()
    hold.release(later)
    retention.purge(rule, later)
    assert not Quarantined.objects.exists()


@pytest.fixture
def cut(
    mailbox: Mailbox,
    sent: Email,
    aoki: Contact,
    dovecot: Dovecot,
    bad: Callable[[Exception | None], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Quarantined:
    """Put aside, and of so many bytes that its file is not among those that are kept."""
    monkeypatch.setattr(quarantine, "LARGEST", 900)
    reply = rich_reply_to(sent, sender=aoki.email, to=mailbox.email)
    reply.add_attachment(CANARY, filename="last.txt")
    dovecot.deliver(mailbox.email, reply.as_bytes())
    bad(ValueError(CANARY))
    look(mailbox)
    row = Quarantined.objects.get()
    assert row.cut and len(base64.b64decode(json.loads(row.sealed)["raw"])) == 900
    bad(None)
    return row


@pytest.mark.rule("M47")
@pytest.mark.rule("M13")
def test_what_is_too_large_to_be_kept_is_fetched_again_and_the_ledger_says_so(
    mailbox: Mailbox, cut: Quarantined, client: Client
) -> None:
    client.force_login(mailbox.owner)
    html = client.get(f"/mailboxes/{mailbox.pk}/").content.decode()
    assert "only its beginning is kept" in html and "leave them where they are" in html
    assert replayed() == "1 left the quarantine, 0 stay.\n"
    assert Attachment.objects.get(name="last.txt").content().decode().strip() == CANARY
    first, second = Reading.objects.order_by("pk")
    assert (first.message_id, first.rule) == (second.message_id, second.rule)
    assert second.email == Email.objects.latest("pk")


@pytest.mark.rule("M47")
def test_one_that_its_server_has_no_more_stays_and_says_why(
    mailbox: Mailbox, cut: Quarantined, dovecot: Dovecot
) -> None:
    dovecot.expunge(mailbox.email, "INBOX", cut.uid)
    assert replayed() == "0 left the quarantine, 1 stay.\n"
    cut.refresh_from_db()
    assert (cut.error, cut.attempts) == ("FolderGone: expunged", 2)
    dovecot.set_uidvalidity(mailbox.email)
    assert replayed() == "0 left the quarantine, 1 stay.\n"
    cut.refresh_from_db()
    assert cut.error == "FolderGone: renumbered"
    assert Reading.objects.count() == 1 and Email.objects.count() == 1


@pytest.mark.rule("M28")
@pytest.mark.rule("M47")
@pytest.mark.lawless("what was put aside is purged, and that nobody could read it is known")
def test_it_is_purged_with_the_transport_records(
    mailbox: Mailbox, three: None, bad: Callable[[Exception | None], None]
) -> None:
    bad(ValueError(CANARY))
    look(mailbox)
    (rule,) = (rule for rule in RULES if rule.name == "transport")
    retention.purge(rule, timezone.now() + timedelta(days=27))
    assert Quarantined.objects.exists()
    retention.purge(rule, timezone.now() + timedelta(days=63))
    assert not Quarantined.objects.exists()
