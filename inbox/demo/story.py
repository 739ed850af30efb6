"""Fills an empty database with a small house and its customers; the same seed tells the same."""

import random
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import notices
from crm.models import Activity, Company, Contact, Deal, Role, Team, User
from inbox.demo import followups, handwritten, prewritten, records, talks
from inbox.demo.cast import HANA, INFO, KEN
from inbox.models import Credential, Folder, HeadersRead, Mailbox
from inbox.models.mailboxes import NEVER

REFUSED = "[AUTHENTICATIONFAILED] Invalid authentication credentials."


class NotEmpty(Exception):
    """There are records already, and nothing was added to them."""

    def __init__(self) -> None:
        super().__init__(
            _("There are records in this database already. The demo needs an empty one.")
        )


@transaction.atomic
def seed(*, contacts: int, emails: int, seed: int, password: str) -> None:
    """All of it or nothing. Raises NotEmpty."""
    if any(model.objects.exists() for model in (Contact, Company, Deal, Activity)):
        raise NotEmpty
    rng, now = random.Random(seed), timezone.now()
    people = _people(password)
    persons = records.write(contacts, rng, people, now)
    talks.write(emails, persons, rng, now)
    handwritten.write_notes(persons, rng, now)
    handwritten.write_tasks(persons, rng, now)
    prewritten.write(people, rng)
    followups.write(people, rng)
    records.settle_news()
    _disconnected_mailbox(people[0], rng)


def _people(password: str) -> list[User]:
    """Hana, who may do everything, and Ken."""
    team, _new = Team.objects.get_or_create(name="Sales")
    rows = ((HANA, "Hana Sato", Role.ADMIN), (KEN, "Ken Mori", Role.MEMBER))
    return [
        User.objects.filter(email=address).first()
        or User.objects.create_user(address, password, name=name, role=role, team=team)
        for address, name, role in rows
    ]


def _disconnected_mailbox(owner: User, rng: random.Random) -> None:
    """It worked until two days ago; then its password was changed at the provider."""
    since = timezone.now() - timedelta(days=2, hours=3)
    host = INFO.partition("@")[2]
    mailbox = Mailbox.objects.create(
        owner=owner,
        email=INFO,
        username=INFO,
        name="Kumo Works",
        imap_host=f"imap.{host}",
        smtp_host=f"smtp.{host}",
        state=Mailbox.State.DISCONNECTED,
        fault="authenticationfailed",
        state_reason=REFUSED,
        state_since=since,
        failures=1,
        last_synced_at=since,
        next_look_at=NEVER,
    )
    Credential.objects.create(mailbox=mailbox, password="changed since")
    mailbox.absences.create(since=since, fault=mailbox.fault, told=True)
    told: dict[str, Any] = {"address": mailbox.email, "mailbox": mailbox.pk}
    notices.tell(owner, "mailbox_disconnected", cause="password", since=since.isoformat(), **told)
    roles = {"INBOX": Folder.Role.INBOX, "Sent": Folder.Role.SENT}
    for name, role in roles.items():
        mailbox.folders.create(
            name=name, role=role, uidvalidity=1, next_uid=412, messages=411, looked_at=since
        )
    for day in range(14):
        HeadersRead.add(mailbox, (since - timedelta(days=day)).date(), rng.randrange(8, 40))
