"""No log line holds a word of a mail, an address, a password or a secret, at any level."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import Message
from logging.config import dictConfig

import pytest
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from config.logs import JsonFormatter, LineFormatter, logging_of
from crm.models import Contact, User
from inbox import tasks
from inbox.models import Mailbox, Outgoing
from inbox.sending import composer
from inbox.sync import engine, filing
from tests.factories import connect_mailbox, make_email
from tests.inbox.letters import letter, reply_to
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.relay import Relay

CANARY = "kanariya"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[str]]]:
    """All that is logged meanwhile, at DEBUG, as an operator's settings would write it."""
    told = logging_of("DEBUG", "json", terminal=False)
    stream = io.StringIO()
    told["handlers"]["console"]["stream"] = stream
    before = {name: logging.getLogger(name).level for name in (None, *told["loggers"])}
    handlers = logging.getLogger().handlers[:]
    dictConfig(told)
    yield lambda: stream.getvalue().splitlines()
    logging.getLogger().handlers[:] = handlers
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def record(message: str, *values: object, name: str = "crm.x", **more: object) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.ERROR, "x.py", 1, message, values, None)
    made.__dict__.update(more)
    return made


def written(made: logging.LogRecord) -> dict[str, object]:
    found: dict[str, object] = json.loads(JsonFormatter().format(made))
    return found


def test_ids_are_written_and_nothing_else_that_was_handed_over() -> None:
    said = written(record("looked", mailbox=7, subject=CANARY))
    assert (said["message"], said["mailbox"], "subject" in said) == ("looked", 7, False)
    assert str(said["time"]).endswith("Z")


def test_of_others_only_the_template_is_written() -> None:
    said = written(record("Task %s raised %s", "look", CANARY, name="celery.app.trace"))
    assert said["message"] == "Task %s raised %s"


def test_of_an_error_its_type_and_place_alone() -> None:
    try:
        raise IntegrityError(f"Key (address)=({CANARY}@x.example) already exists.")
    except IntegrityError:
        made = record("failed", exc_info=sys.exc_info())
    said = written(made)
    assert said["error"] == "django.db.utils.IntegrityError"
    assert str(said["places"]).startswith("['tests/config/test_logs.py:")
    assert CANARY not in json.dumps(said) + LineFormatter().format(made)


def test_a_terminal_gets_lines_unless_told_otherwise() -> None:
    for style, terminal, made in (
        ("auto", True, LineFormatter),
        ("auto", False, JsonFormatter),
        ("json", True, JsonFormatter),
        ("line", False, LineFormatter),
    ):
        assert (
            logging_of("INFO", style, terminal=terminal)["formatters"]["contentless"]["()"] is made
        )


@pytest.mark.django_db
def test_an_address_is_not_written_where_a_page_is_not_found(
    client: Client, lines: Callable[[], list[str]], hana: User
) -> None:
    client.force_login(hana)
    client.get(f"/contacts/?q={CANARY}")
    client.get(f"/unsubscribe/{CANARY}/")
    client.get(f"/{CANARY}/", headers={"Host": f"{CANARY}.example"})
    assert lines() and CANARY not in "".join(lines())
    assert '"route": "unsubscribe/<str:signed>/"' in "".join(lines())


@pytest.mark.django_db
def test_nobody_outside_writes_a_line_or_moves_the_terminal(
    client: Client, lines: Callable[[], list[str]], hana: User
) -> None:
    """CR, LF and ESC in all that a stranger can choose (attack class 39)."""
    evil = "\r\n\x1b[2J{} admin signed in\x1b[1A".format
    client.get(f"/{evil('path')}/?q={evil('query')}", headers={"User-Agent": evil("agent")})
    client.post("/accounts/login/", {"login": evil("login"), "password": evil("password")})
    client.get("/api/v1/contacts", headers={"Authorization": f"Bearer {evil('token')}"})
    client.generic(evil("GET"), "/contacts/")
    said = lines()
    assert said and all(json.loads(line) for line in said)
    assert "\x1b" not in "".join(said) and "signed in" not in "".join(said)


@pytest.mark.live
@pytest.mark.rule("M19")
@pytest.mark.rule("M39")
@pytest.mark.django_db
def test_a_whole_day_of_a_mailbox_leaves_no_word_of_it_in_the_log(
    lines: Callable[[], list[str]],
    hana: User,
    aoki: Contact,
    trusted: Dovecot,
    relay: Relay,
    mail_user: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Read, sent, refused, put into quarantine, locked out: the password, the subjects, the
    bodies and the addresses are marked, and no line has the mark."""
    mailbox = connect_mailbox(hana, trusted, mail_user(CANARY))
    deliver(trusted, mailbox, reply_to(make_email(aoki, by=hana), **MARKED))
    deliver(trusted, mailbox, letter(**MARKED))
    assert engine.look(mailbox, force=True).logged == 1  # type: ignore[union-attr]
    send(mailbox, hana)
    relay.behave(refuse_rcpt={"*": f"550 5.1.1 no {CANARY} here"})
    send(mailbox, hana)
    monkeypatch.setattr(filing, "parse", broken)
    deliver(trusted, mailbox, reply_to(make_email(aoki, by=hana), **MARKED))
    engine.look(mailbox, force=True)
    trusted.set_password(mailbox.email, f"{CANARY}-of-its-owner")
    past = timezone.now() - timedelta(days=1)
    Mailbox.objects.update(looking_until=past, next_look_at=past)
    tasks.look(mailbox.pk)
    assert {json.loads(line)["message"] for line in lines()} >= MESSAGES
    assert {each.state for each in Outgoing.objects.all()} == {"sent", "failed"}
    assert not [line for line in lines() if CANARY in line or PASSWORD in line]


MARKED = {"sender": f"{CANARY}@aoki.example", "to": f"{CANARY}@x.test"}
MARKED |= {"subject": f"Re: {CANARY}", "text": f"Dear {CANARY},"}
MESSAGES = {
    *("looked at a mailbox", "an attempt to send ended"),
    *("a message was put into quarantine", "a look did not go through"),
}


def deliver(server: Dovecot, mailbox: Mailbox, of: Message) -> None:
    server.deliver(mailbox.email, of.as_bytes())


def send(mailbox: Mailbox, by: User) -> None:
    to = [f"{CANARY}@aoki.example"]
    draft = composer.NewEmail(mailbox=mailbox, to=to, subject=CANARY, text=CANARY)
    tasks.send(composer.send(draft, by=by).outgoing.pk)


def broken(raw: bytes) -> None:
    raise ValueError(raw)
