"""What is wrong with an installation, and what to change: clocks, keys, parts, DNS, certificates,
each mailbox (M59).

There are no OAuth apps to look at yet (M4).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from crm.models import Heartbeat
from crm.models.heartbeats import FRESH
from inbox.connect import doors
from inbox.connect.probe import report
from inbox.diagnosis import hashes
from inbox.models import Credential, Mailbox
from inbox.wire.faults import Fault

State = Literal["ok", "warning", "wrong"]
SKEW = timedelta(seconds=30)
EXPIRES_SOON = timedelta(days=14)
PARTS = ("worker", "watcher")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `change` says what to do where it is not "ok"."""

    about: str
    state: State
    said: str
    change: str = ""


def findings(now: datetime, *, ask_servers: bool = True) -> Iterator[Finding]:
    """One after the other, as they are found; the network is asked last."""
    for look in (_clock, _keys, _hashes, _storage, _site):
        yield look()
    yield from _parts(now)
    if ask_servers:
        for mailbox in Mailbox.objects.order_by("pk"):
            yield _settings_of(mailbox)
            yield from _certificates_of(mailbox, now)


def skew_of(database: datetime, now: datetime) -> Finding:
    """
    >>> from datetime import UTC
    >>> skew_of(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 2, tzinfo=UTC)).state
    'wrong'
    """
    apart = abs(database - now)
    if apart <= SKEW:
        return Finding("clock", "ok", "The clocks of this machine and of the database agree.")
    said = f"The clock of the database is {round(apart.total_seconds())} s off ours."
    return Finding("clock", "wrong", said, "Let both machines set their clocks by NTP.")


def _clock() -> Finding:
    with connection.cursor() as cursor:
        sqlite = connection.vendor == "sqlite"
        if sqlite:
            cursor.execute("SELECT strftime('%s', 'now')")
        else:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        moment = datetime.fromtimestamp(float(cursor.fetchone()[0]), tz=UTC)
    return skew_of(moment, timezone.now())


def _keys() -> Finding:
    unread = 0
    for pk in Credential.objects.values_list("pk", flat=True):
        try:
            Credential.objects.get(pk=pk)
        except (InvalidToken, ValueError):
            unread += 1
    if not unread:
        return Finding("keys", "ok", "Every stored password can be decrypted.")
    said = f"{unread} stored passwords cannot be decrypted."
    return Finding("keys", "wrong", said, "Put the key that FERNET_KEYS has lost back in its end.")


def _hashes() -> Finding:
    found = hashes.hanging()
    if found.on_none:
        said = f"The key of {hashes.in_words(found.on_none)} is not in MESSAGE_ID_KEYS."
        change = "Put it back in its end: until then they hold nothing back."
        return Finding("keyed hashes", "wrong", said, change)
    kept = {**found.unknown}
    for kind, number in found.on_old.items():
        kept[kind] = kept.get(kind, 0) + number
    if kept and len(settings.MESSAGE_ID_KEYS) > 1:
        said = f"{hashes.in_words(kept)} may hang on older MESSAGE_ID_KEYS: keep those."
        return Finding("keyed hashes", "ok", said)
    return Finding("keyed hashes", "ok", "Keyed hashes are read with the keys given.")


def _storage() -> Finding:
    try:
        path = default_storage.save("doctor.txt", ContentFile(b"x"))
        default_storage.delete(path)
    except OSError as why:
        said = f"Files cannot be stored: {type(why).__name__}."
        return Finding("storage", "wrong", said, "Let the processes write into MEDIA_ROOT.")
    return Finding("storage", "ok", "Files can be stored.")


def _site() -> Finding:
    url = urlsplit(settings.SITE_URL)
    if url.scheme == "https" or url.hostname in ("localhost", "127.0.0.1"):
        return Finding("address", "ok", "Links in mails lead to a safe address.")
    said = "SITE_URL is not https: links in mails, and unsubscribing by one press, want that."
    return Finding(
        "address", "warning", said, "Put a proxy that speaks TLS in front; set SITE_URL."
    )


def _parts(now: datetime) -> Iterator[Finding]:
    for part in PARTS:
        row = Heartbeat.objects.filter(part=part).first()
        if row and now - row.at <= 2 * FRESH:
            yield Finding(part, "ok", f"The {part} runs.")
        else:
            since = f"since {row.at:%Y-%m-%d %H:%M} UTC" if row else "yet"
            yield Finding(part, "wrong", f"No sign of the {part} {since}.", f"Start the {part}.")


# --- mailboxes ------------------------------------------------------------------------------------


def _settings_of(mailbox: Mailbox) -> Finding:
    """DNS, TLS, sign-in and folders, as the page that connects tries them."""
    about = f"mailbox {mailbox.pk}"
    try:
        tried = report(doors.settings_of(mailbox))
    except Fault as fault:
        return Finding(about, "wrong", f"It has no password ({fault.code}).", "Connect it again.")
    failed = tried.failed
    if failed is None:
        return Finding(about, "ok", "It can be signed in to for reading and sending.")
    return Finding(about, "wrong", f"It fails at “{failed.name}”.", failed.advice)


def _certificates_of(mailbox: Mailbox, now: datetime) -> Iterator[Finding]:
    """Those that are still good and soon will not be."""
    try:
        found = doors.certificate(mailbox)
    except Fault:
        return  # what is wrong with it was said
    if found:
        yield lasting(f"certificate of mailbox {mailbox.pk}", found.ends, now)


def lasting(about: str, ends: datetime, now: datetime) -> Finding:
    day = f"{ends:%Y-%m-%d}"
    if ends - now > EXPIRES_SOON:
        return Finding(about, "ok", f"The certificate is good until {day}.")
    said = f"The certificate ends on {day}."
    return Finding(about, "warning", said, "Have whoever runs the mail server renew it by then.")
