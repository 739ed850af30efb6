"""What a storm begins with, when it is over, and the reckoning (script/storm)."""

import json
import logging
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone

from crm.models import ApiToken, Email, Note, User
from inbox.models import Mailbox, Outgoing
from tests import invariants
from tests.factories import make_contact, make_mailbox, make_user
from tests.servers.dovecot import Dovecot
from tests.servers.relay import Relay

ROOT = Path(__file__).resolve().parents[2]
CONTACTS = 4  # of each person
CALM = 30  # seconds after which nobody who lives has a row in hand
PATIENCE = 300  # seconds until all is quiet


def make_database() -> None:
    """In the cluster that has none yet: made from its own `postgres`, then migrated."""
    name = connection.settings_dict["NAME"]
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    call_command("migrate", verbosity=0)


def furnish(number: int, dovecot: Dovecot) -> list[dict[str, Any]]:
    """People with a mailbox, contacts, a session and a token each: what their browsers know."""
    return [_person(n, dovecot) for n in range(number)]


def _person(number: int, dovecot: Dovecot) -> dict[str, Any]:
    user = make_user(f"Person {number}", email=f"p{number}@example.test")
    doors = {"imap_host": "localhost", "smtp_host": "localhost"}
    ports = {"imap_port": dovecot.imaps, "smtp_port": dovecot.submissions}
    mailbox = make_mailbox(user, **doors, **ports)
    contacts = [make_contact(f"c{number}x{n}@customer.test", owner=user) for n in range(CONTACTS)]
    return {
        "mailbox": mailbox.pk,
        "contacts": [{"id": contact.pk, "email": contact.email} for contact in contacts],
        "session": _session(user),
        "token": ApiToken.issue(user),
    }


def _session(user: User) -> str:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def wait_until_watched(seconds: float) -> None:
    """Each mailbox has had its first look: what came before that is not looked at."""
    until = time.monotonic() + seconds
    while Mailbox.objects.filter(folders__looked_at=None).exists():
        assert time.monotonic() < until, "the watchers have not taken up every mailbox"
        time.sleep(0.5)


def wait_for_quiet(customers: Any) -> float:
    """Until all that is due has been done; returns how many seconds that took. Of those who were
    killed the claims are let run out after a while: they last for minutes."""
    connections.close_all()
    began = time.monotonic()
    loose = False
    while time.monotonic() - began < PATIENCE:
        waiting = Outgoing.objects.filter(state__in=["queued", "sending"]).count()
        copies = Outgoing.objects.filter(state="sent", copy_state="pending").count()
        answers = len(customers.answered) - _found(customers.answered)
        print(f"to send {waiting}, to file {copies}, answers to find {answers}", flush=True)
        if not (waiting or copies or answers):
            break
        if not loose and time.monotonic() - began > CALM:
            loose = True
            past = timezone.now() - timedelta(seconds=1)
            rows = Outgoing.objects.filter(state__in=["queued", "sending"])
            rows.update(claimed_until=past, due_at=past)
            Outgoing.objects.filter(copy_state="pending").update(
                claimed_until=past, copy_due_at=past
            )
        time.sleep(3)
    customers.over.set()
    customers.join()
    return time.monotonic() - began


def _found(ids: dict[str, str]) -> int:
    return Email.objects.filter(message_id__in=list(ids)).count()


# --- the reckoning --------------------------------------------------------------------------------


def verdict(
    said: Path,
    customers: Any,
    world: tuple[Dovecot, Relay],
    logs: Sequence[str],
    happened: Counter[str],
    seconds: float,
) -> int:
    """Prints the figures; 1 where anything was lost, doubled or broken."""
    deeds = [json.loads(line) for path in said.glob("said*.jsonl") for line in path.open()]
    _print_answers(deeds)
    for name, number in sorted(happened.items()):
        print(f"{number:6} × {name}")
    wrong = [
        *_letters(deeds, world[1]),
        *_notes(deeds),
        *_answers(customers),
        *_statuses(deeds),
        *_integrity(),
        *_invariants(world, logs),
    ]
    print(f"quiet after {seconds:.0f} s")
    _print_errors(logs)
    for each in wrong:
        print(f"WRONG: {each}")
    print("The storm is weathered." if not wrong else "The storm has done damage.")
    return 1 if wrong else 0


def _print_answers(deeds: list[dict[str, Any]]) -> None:
    for kind in ("read", "note", "page", "api"):
        mine = [deed for deed in deeds if deed["kind"] == kind]
        times = sorted(s for deed in mine for s in deed["seconds"])
        statuses = Counter(status for deed in mine for status in deed["statuses"])
        if times:
            p95 = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
            middle = statistics.median(times)
            told = ", ".join(
                f"{status or 'no answer'}: {n}" for status, n in statuses.most_common()
            )
            print(f"{kind:6}{len(times):6} requests  p50 {middle:.3f} s  p95 {p95:.3f} s  {told}")


def _statuses(deeds: list[dict[str, Any]]) -> list[str]:
    found = Counter(
        (status, deed["path"].split("/")[1]) for deed in deeds for status in deed["statuses"]
    )
    fine = {0, 200, 202, 303, 304, 503}
    return [f"{n} answers {status} at /{path}/" for (status, path), n in found.items()
            if status not in fine]  # fmt: skip


def _letters(deeds: list[dict[str, Any]], relay: Relay) -> list[str]:
    """Each letter that was accepted is one row, and left once or says why not."""
    written = [deed for deed in deeds if deed["kind"] in ("page", "api")]
    at_relay = Counter(taken.token for taken in relay.accepted)
    rows: dict[str, list[Outgoing]] = {}
    for row in Outgoing.objects.select_related("email"):
        rows.setdefault(row.email.subject.removeprefix("Offer "), []).append(row)
    wrong, states = [], Counter[str]()
    for deed in written:
        taken = 303 in deed["statuses"] if deed["kind"] == "page" else 202 in deed["statuses"]
        mine = rows.get(deed["token"], [])
        states.update(row.state for row in mine)
        if len(mine) > 1 or (taken and not mine):
            wrong.append(f"letter {deed['token']} ({deed['statuses']}) is {len(mine)} rows")
        for row in mine:
            left = at_relay[row.token]
            if left > 1 or (row.state == "sent") > (left == 1):
                wrong.append(f"letter {deed['token']} says {row.state} and left {left} times")
            if row.state in ("queued", "sending", "failed"):
                wrong.append(f"letter {deed['token']} is {row.state}: {row.email.error}")
    accepted = sum(deed["statuses"][-1] in (202, 303) for deed in written)
    left, doubled = sum(at_relay.values()), sum(n > 1 for n in at_relay.values())
    print(f"letters: {len(written)} written, {accepted} accepted, {dict(states)}, "
          f"{left} at the relay, {doubled} doubled")  # fmt: skip
    return wrong


def _notes(deeds: list[dict[str, Any]]) -> list[str]:
    stored = Counter(
        text.rpartition(" ")[2] for text in Note.objects.values_list("text", flat=True)
    )
    notes = [deed for deed in deeds if deed["kind"] == "note"]
    lost = [d["token"] for d in notes if 303 in d["statuses"] and not stored[d["token"]]]
    doubled = [d["token"] for d in notes if stored[d["token"]] > 1]
    print(f"notes: {len(notes)} written, {sum(303 in d['statuses'] for d in notes)} accepted, "
          f"{len(lost)} lost, {len(doubled)} doubled")  # fmt: skip
    return [f"a note was lost: {each}" for each in lost] + [f"doubled: {each}" for each in doubled]


def _answers(customers: Any) -> list[str]:
    """Each is one e-mail on the contact of who wrote it, and nothing of strangers is kept."""
    found = Email.objects.filter(message_id__in=list(customers.answered))
    places = Counter(found.values_list("message_id", flat=True))
    names = found.filter(activity__associations__contact__isnull=False)
    contacts = dict(
        names.values_list("message_id", "activity__associations__contact__addresses__address")
    )
    lost = [name for name in customers.answered if not places[name]]
    doubled = [name for name, number in places.items() if number > 1]
    astray = [n for n, who in customers.answered.items() if n in places and contacts.get(n) != who]
    strangers = Email.objects.filter(message_id__in=customers.private).count()
    print(f"answers: {len(customers.answered)} delivered, {len(places)} found, {len(lost)} lost, "
          f"{len(doubled)} doubled, {len(astray)} on another contact; "
          f"strangers' letters: {len(customers.private)}, {strangers} kept")  # fmt: skip
    wrong = {"lost": lost, "doubled": doubled, "astray": astray}
    told = [f"an answer is {what}: {each}" for what, ids in wrong.items() for each in ids]
    return [*told, *(["a stranger's letter is kept"] if strangers else [])]


def _integrity() -> list[str]:
    command = [sys.executable, "manage.py", "check_integrity"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(f"check_integrity: {done.stdout.strip() or done.stderr[-500:]}")
    return ["check_integrity"] if done.returncode else []


def _invariants(world: tuple[Dovecot, Relay], logs: Sequence[str]) -> list[str]:
    lines = [line for line in logs if line.startswith("{")]
    logging.disable(logging.CRITICAL)  # these looks are ours
    try:
        invariants.check(invariants.World(*world, lines))
    except AssertionError as why:
        return [str(why)]
    print("I1 to I10 hold.")
    return []


def _print_errors(logs: Sequence[str]) -> None:
    """What was logged as an error, by its kind and its innermost place in our code."""
    told = Counter[str]()
    for line in logs:
        try:
            entry = json.loads(line)
        except ValueError:
            told[f"not JSON: {line[:80]}"] += line.startswith("{")
            continue
        if entry.get("level") in ("ERROR", "CRITICAL"):
            ours = [p for p in entry.get("places", ()) if p.startswith(("crm/", "inbox/"))]
            place = ours[-1] if ours else ""
            told[f"{entry['message'][:60]} {entry.get('error', '')} {place}"] += 1
            if entry.get("status") == 500:
                print(f"500: {line}")
    for each, number in told.most_common(15):
        if number:
            print(f"{number:6} × logged: {each}")
