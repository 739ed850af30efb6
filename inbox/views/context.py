"""What every page knows of the mailboxes: their health, and which addresses are the reader's."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from crm.models import User
from inbox.health import Health, worst
from inbox.models import Identity, Mailbox
from inbox.triage import mine_needing_reply


def mailbox_health(request: HttpRequest) -> dict[str, Any]:
    """Asked for only where shown: `mailbox_health`, the worst state of one's own mailboxes, and
    `own_addresses`, under which mail comes to whoever reads the page; and `needs_reply`, how many
    conversations wait for them."""
    return {
        "mailbox_health": SimpleLazyObject(partial(_health, request)),
        "own_addresses": SimpleLazyObject(partial(_addresses, request)),
        "needs_reply": SimpleLazyObject(partial(_needs_reply, request)),
    }


def _health(request: HttpRequest) -> Health | None:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return None
    return worst(list(Mailbox.objects.filter(owner=user)), timezone.now())


def _needs_reply(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    return mine_needing_reply(user, timezone.now()) if isinstance(user, User) else ""


def _addresses(request: HttpRequest) -> frozenset[str]:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return frozenset()
    own = Mailbox.objects.filter(owner=user).order_by().values_list("email")
    proven = Identity.objects.proven().filter(mailbox__owner=user).order_by()
    rows = own.union(proven.values_list("address"))
    return frozenset({user.email.lower(), *(address.lower() for (address,) in rows)})
