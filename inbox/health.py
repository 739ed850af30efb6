"""How a mailbox is doing, in a colour and in words (M38)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from inbox.models import Mailbox

SILENCE = timedelta(minutes=15)  # without any look: the worker may be down


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
        words = _("Disconnected: action needed")
        return Health(mailbox, "shu", words, needs_action=True, worth_telling=True)
    if mailbox.state == state.DEGRADED:
        return Health(mailbox, "yamabuki", _("Having trouble, trying again"), worth_telling=True)
    if mailbox.state == state.CONNECTING or mailbox.last_synced_at is None:
        return Health(mailbox, "asagi", _("Waiting for the first look"))
    silence = max(SILENCE, 5 * timedelta(seconds=settings.INBOX_POLL_SECONDS))
    if now - mailbox.last_synced_at > silence:
        words = _("Not looked at lately: is the worker running?")
        return Health(mailbox, "yamabuki", words, worth_telling=True)
    return Health(mailbox, "tokiwa", _("Connected"))


def worst(mailboxes: list[Mailbox], now: datetime) -> Health | None:
    """The one to show where there is room for one: what needs somebody comes first."""
    found = [health_of(mailbox, now) for mailbox in mailboxes]
    found.sort(key=lambda health: (not health.needs_action, not health.worth_telling))
    return found[0] if found else None
