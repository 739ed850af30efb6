"""How a mailbox is doing, in a colour and in words; and the watchdog that tells (M38, M50)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from crm import notices
from crm.models import Heartbeat
from crm.models.heartbeats import FRESH
from inbox.models import Absence, Folder, Mailbox
from inbox.models.absences import SILENT, silence


@dataclass(frozen=True)
class Health:
    mailbox: Mailbox
    hue: str
    words: str
    needs_action: bool = False
    worth_telling: bool = False


def health_of(mailbox: Mailbox, now: datetime) -> Health:
    state = Mailbox.State
    if mailbox.state == state.DISCONNECTED:
        return _disconnected(mailbox)
    if mailbox.state == state.DEGRADED:
        return Health(mailbox, "yamabuki", _("Having trouble, trying again"), worth_telling=True)
    if mailbox.state == state.CONNECTING or mailbox.last_synced_at is None:
        return Health(mailbox, "asagi", _("Waiting for the first look"))
    if now - mailbox.last_synced_at <= silence():
        return Health(mailbox, "tokiwa", _("Connected"))
    if now - mailbox.state_since <= silence():  # it signs in again since a moment ago
        return Health(mailbox, "asagi", _("Connected again, catching up"))
    words = _("Not looked at lately: is the worker running?")
    return Health(mailbox, "yamabuki", words, worth_telling=True)


def _disconnected(mailbox: Mailbox) -> Health:
    """Only a refused password waits for its owner; everything else is tried again."""
    waits = mailbox.waits_for_owner
    words = _("Disconnected: action needed") if waits else _("Disconnected, trying again")
    return Health(mailbox, "shu", words, needs_action=True, worth_telling=True)


def worst(mailboxes: list[Mailbox], now: datetime) -> Health | None:
    """The one to show where there is room for one: what needs somebody comes first."""
    found = [health_of(mailbox, now) for mailbox in mailboxes]
    found.sort(key=lambda health: (not health.needs_action, not health.worth_telling))
    return found[0] if found else None


def counts(now: datetime) -> dict[str, int]:
    """How many mailboxes are in which state; `silent` ones are counted there as well."""
    states = list(Mailbox.objects.values_list("state", flat=True))
    found = {state.value: states.count(state.value) for state in Mailbox.State}
    return found | {"silent": Mailbox.objects.silent(now - silence()).count()}


def watch_over(now: datetime) -> None:
    """The watchdog: whom an absence concerns is told when it is due, and of mailboxes that have
    had no success for a while though ticks are coming all the time."""
    for absence in Absence.objects.to_tell(now).select_related("mailbox__owner"):
        absence.tell()
    for folder in Folder.objects.lost(now - silence()).select_related("mailbox__owner"):
        _tell_of_folder(folder)
    if Heartbeat.steady_for("worker", now) < silence():
        return  # the machine was off: the looks that are due now come first
    for mailbox in Mailbox.objects.silent(now - silence()).select_related("owner"):
        if not mailbox.absences.open().filter(told=True).exists():
            with transaction.atomic():
                Absence.begin(mailbox, SILENT, now).lasts(SILENT, now)


def _tell_of_folder(folder: Folder) -> None:
    """Once, as long as it cannot be opened. The others are looked at all the while."""
    mailbox, kind = folder.mailbox, "folder_lost"
    about = {"mailbox": mailbox.pk, "folder": folder.name}
    if not notices.told(mailbox.owner, kind, since=folder.fault_since, **about):
        notices.tell(mailbox.owner, kind, mail=True, address=mailbox.email, **about)


def quiet_parts(now: datetime) -> list[Heartbeat]:
    """The parts that look at mailboxes and have not reported for a while."""
    parts = ("worker", "watcher")
    return list(Heartbeat.objects.filter(part__in=parts, at__lte=now - 2 * FRESH))
