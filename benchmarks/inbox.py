"""`python -m benchmarks.inbox`: how long a page of the inbox takes among very many conversations.

Twenty users share the work; a tenth of it stands on contacts that only their owner sees. Each
question is asked as the page asks it, and answered with a page of rows in full.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import django
from django.db import connection
from django.utils import timezone

import tests.environment
from tests.servers.postgres import private_postgres

assert tests.environment  # the settings of a test run, before Django looks for any
AT_ONCE = 2_000
USERS = 20
TEXT = "Good morning. " * 60
NEWEST = """UPDATE crm_thread SET newest_id = (SELECT MAX(activity_id) FROM crm_email
    WHERE thread_id = crm_thread.id) WHERE newest_id IS NULL"""
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
    """Conversations of two e-mails over 400 days: half have their last word, half have ours."""
    users = [User.objects.create(email=f"u{n}@ours.test", name=f"User {n}") for n in range(USERS)]
    mailbox = Mailbox.objects.create(owner=users[0], email="u0@ours.test", username="u0")
    contacts = Contact.objects.bulk_create(
        Contact(
            last_name=f"Contact {n}",
            owner=users[n % USERS],
            audience="owner" if n % 10 == 0 else "everyone",
        )
        for n in range(2_000)
    )
    for start in range(0, threads, AT_ONCE):
        _some(range(start, min(start + AT_ONCE, threads)), users, contacts, mailbox)


def _some(
    numbers: Sequence[int], users: Sequence[Any], contacts: Sequence[Any], mailbox: Any
) -> None:
    now, rare = timezone.now(), random.Random(numbers[0])
    when = [now - timedelta(minutes=rare.randrange(400 * 24 * 60)) for _each in numbers]
    threads = Thread.objects.bulk_create(
        Thread(
            subject=f"Subject {n}",
            state="ours" if n % 2 else "theirs",
            stands_at=at + timedelta(minutes=1),
            whose=users[n % USERS],
            counted=True,
        )
        for n, at in zip(numbers, when, strict=True)
    )
    activities = Activity.objects.bulk_create(
        Activity(kind="email", at=at + timedelta(minutes=turn), by=users[n % USERS])
        for n, at in zip(numbers, when, strict=True)
        for turn in (0, 1)
    )
    emails, people, places = [], [], []
    for place, activity in enumerate(activities):
        number, thread = numbers[place // 2], threads[place // 2]
        incoming = (number + place) % 2 == 0
        direction = "incoming" if incoming else "outgoing"
        contact = contacts[number % len(contacts)]
        shown = {"subject": thread.subject, "text": TEXT, "reply_length": len(TEXT)}
        waits = incoming and place % 2 == 1
        email = Email(activity=activity, thread=thread, direction=direction, waits=waits, **shown)
        emails.append(email)
        person = {"address": f"c{number}@customer.test", "contact": contact}
        people.append(Participant(email=email, role="from" if incoming else "to", **person))
        at = {"at": activity.at, "thread": thread}
        places.append(Association(activity=activity, contact=contact, **at))
    Email.objects.bulk_create(emails)
    Participant.objects.bulk_create(people)
    Association.objects.bulk_create(places)
    copies = [MailboxCopy(email=each, mailbox=mailbox) for each in emails[::20]]
    MailboxCopy.objects.bulk_create(copies)
    with connection.cursor() as cursor:
        cursor.execute(NEWEST)


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
