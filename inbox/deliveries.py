"""What proves that an e-mail of ours was delivered: an answer, or its copy in Sent (M23)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from crm.models import Email
from inbox.models import Outgoing


def undecided(emails: Collection[int]) -> set[int]:
    """Of which of these e-mails it is not settled that they left; one query."""
    return set(_undecided().filter(email__in=emails).values_list("email", flat=True))


def confirm_delivery(email: Email, now: datetime) -> bool:
    """It was delivered, whatever was thought of it: of unknown fate, refused, or waiting to be
    sent again. True: that changed something, and its timeline has to be touched."""
    rows = _undecided().filter(email=email)
    if not rows.update(state=Outgoing.State.SENT, sent_at=now, copy_due_at=now):
        return False
    email.status = Email.Status.SENT
    email.error = ""
    email.save(update_fields=["status", "error"])
    return True


def _undecided() -> Any:
    states = Outgoing.State
    unsent = Q(state__in=[states.QUEUED, states.FAILED], claimed_until__lte=timezone.now())
    return Outgoing.objects.filter(Q(state=states.UNKNOWN) | unsent)


def is_answered(email: Email) -> bool:
    """Whether an answer to it, or a report about it, was logged: then it left."""
    near = Q(thread=email.thread_id) | Q(answers=email)  # it may have been split off
    found: bool = Email.objects.filter(
        near,
        direction=Email.Direction.INCOMING,
        reason_message_id__in=email.message_ids.values("value"),
    ).exists()
    return found
