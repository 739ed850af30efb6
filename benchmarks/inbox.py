"""`python -m benchmarks.inbox`: how long a page of the inbox takes among very many conversations.

Twenty users share the work; a tenth of it stands on contacts that only their owner sees. Each
question is asked as the page asks it, and answered with a page of rows in full.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django
from django.db import connection
from django.utils import timezone

import tests.environment
from tests.servers.postgres import private_postgres

assert tests.environment  # the settings of a test run, before Django looks for any
USERS = 20
TEXT = "Good morning. " * 60
SUBJECT = "'Subject ' || n"
PEOPLE = 2_000
Asker = Callable[[], object]


@contextmanager
def database(kind: str) -> Iterator[str]:
    if kind == "postgres":
        with private_postgres() as url:
            yield url.replace("/musubi?", "/postgres?")
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/inbox.sqlite3"


def fill(threads: int) -> None:
    """Conversations of two e-mails over 400 days: half have their last word, half have ours. Rows
    are made by the database itself; two e-mails of a conversation are numbered 2n and 2n + 1."""
    users = [User.objects.create(email=f"u{n}@ours.test", name=f"User {n}") for n in range(USERS)]
    mailbox = Mailbox.objects.create(owner=users[0], email="u0@ours.test", username="u0")
    first, people = users[0].pk, min(PEOPLE, threads)
    whose, contact = f"{first} + n % {USERS}", f"1 + n % {people}"
    audience = "CASE WHEN n % 10 = 0 THEN 'owner' ELSE 'everyone' END"
    insert(Contact, people, id="n + 1", owner=whose, audience=audience, last_name="'Weber'")
    state = "CASE WHEN n % 2 = 1 THEN 'ours' ELSE 'theirs' END"
    copies = {"state": state, "stands_at": ago("n", 1), "whose": whose, "counted": "TRUE"}
    insert(Thread, threads, id="n + 1", subject=SUBJECT, **copies)
    for turn in (0, 1):
        mail, incoming = f"2 * n + {turn}", f"(n + {turn}) % 2 = 0"
        direction = f"CASE WHEN {incoming} THEN 'incoming' ELSE 'outgoing' END"
        waits = "n % 2 = 1" if turn else "FALSE"
        text = {"subject": SUBJECT, "text": f"'{TEXT}'", "reply_length": str(len(TEXT))}
        about = {"thread": "n + 1", "direction": direction, "waits": waits, **text}
        when, person = ago("n", turn), f"CASE WHEN {incoming} THEN 'from' ELSE 'to' END"
        insert(Activity, threads, id=mail, kind="'email'", at=when, by=whose)
        insert(Email, threads, activity=mail, **about)
        insert(Participant, threads, id=mail, email=mail, role=person, contact=contact)
        place = {"activity": mail, "contact": contact, "thread": "n + 1", "at": when}
        insert(Association, threads, id=mail, **place)
    box = str(mailbox.pk)
    insert(MailboxCopy, threads // 20, id="n + 1", email="40 * n", mailbox=box)
    run("UPDATE crm_thread SET newest_id = 2 * (id - 1) + 1")


def ago(number: str, minutes: int) -> str:
    """So many minutes after a moment of the last 400 days, which the number decides."""
    back = f"({number} * 7919 % 576000 + 2 - {minutes})"
    if connection.vendor == "sqlite":
        return f"datetime('now', '-' || {back} || ' minutes')"
    return f"now() - {back} * interval '1 minute'"


def insert(model: Any, count: int, **values: str) -> None:
    """Rows for n = 0, 1, 2 …; each value is SQL. What is not named has its default."""
    fields = model._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    said = ", ".join(values.get(field.name) or default(field) for field in fields)
    numbers = (
        f"WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < {count - 1})"
    )
    into = f"INSERT INTO {model._meta.db_table} ({columns})"
    run(f"{into} {numbers} SELECT {said} FROM c")


def default(field: Any) -> str:
    if field.null:
        return "NULL"
    value = field.get_default()
    if isinstance(value, bool | int):
        return str(value).upper()
    if field.get_internal_type() == "DateTimeField":
        return "CURRENT_TIMESTAMP"
    return "'{}'" if field.get_internal_type() == "JSONField" else f"'{value}'"


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def questions() -> dict[str, Asker]:
    user = User.objects.get(email="u0@ours.test")
    mailbox = f"mailbox-{Mailbox.objects.get().pk}"

    def page(**query: str) -> Asker:
        def ask() -> object:
            wanted = triage.asked(query, user)
            rows = triage.threads(user, wanted, timezone.now())
            return triage.page_of(rows, user, query.get("after", ""))

        return ask

    first = page()()
    assert isinstance(first, tuple)
    return {
        "mine, needs a reply": page(),
        "mine, the second page": page(after=first[1]),
        "everybody's, needs a reply": page(whose="anyone"),
        "everybody's, waiting": page(folder="waiting", whose="anyone"),
        "everybody's, a word": page(whose="anyone", q="subject 77"),
        "of one mailbox": page(folder=mailbox),
        "nothing snoozed": page(folder="snoozed", whose="anyone"),
        "the count beside the navigation": lambda: triage.mine_needing_reply(user, timezone.now()),
        "home: who waits": lambda: today.waiting(user, timezone.now(), everyone=True, most=11),
    }


def measure(rounds: int) -> None:
    for name, ask in questions().items():
        took = []
        for _round in range(rounds):
            started = time.perf_counter()
            ask()
            took.append((time.perf_counter() - started) * 1_000)
        print(f"{name:34} best {min(took):7.1f} ms   median {statistics.median(took):7.1f} ms")


def main() -> None:
    call_command("migrate", verbosity=0)
    started = time.monotonic()
    fill(options.threads)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    took = time.monotonic() - started
    print(f"{options.threads:,} conversations on {connection.vendor}, filled in {took:.0f} s")
    measure(options.rounds)
    connection.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inbox", description=__doc__)
    parser.add_argument("--threads", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="postgres")
    options = parser.parse_args()
    with database(options.database) as url:
        os.environ.update(DATABASE_URL=url, DJANGO_SETTINGS_MODULE="config.settings")
        django.setup()
        from django.core.management import call_command

        from crm import today
        from crm.models import Activity, Association, Contact, Email, Participant, Thread, User
        from inbox import triage
        from inbox.models import Mailbox, MailboxCopy

        main()
