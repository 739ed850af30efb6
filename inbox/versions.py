"""What an open conversation is compared by: whether there is anything new to show of it."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from crm.models import Activity, Thread, User


def version_of(thread: Thread, user: User, now: datetime, replying: Sequence[str]) -> str:
    """Another one after each mail that comes, each change of what became of one, and whenever
    something is decided about the conversation. One query, whatever its length."""
    seen = Activity.objects.visible_to(user).filter(email__thread=thread)
    names = ("status", "error", "settled", "private", "apart", "visibility")
    people = ("email__participants", "email__participants__status")
    rows = seen.order_by("pk", "email__participants")
    mails = list(rows.values_list("pk", *(f"email__{name}" for name in names), *people))
    asleep = bool(thread.snoozed_until and thread.snoozed_until > now)
    state = (thread.state, thread.snoozed_until, asleep, thread.whose_id)
    known = repr((mails, [*replying], state))
    return hashlib.blake2s(known.encode(), digest_size=8).hexdigest()
