"""Private e-mails and conversations, and how somebody is let in who asks (M53).

Only the owner of an e-mail, in whose name it stands here, decides. Others see that there was one on
that day and whose it is; what visibility its mailbox gave it comes back when it is shown again.
"""

from collections.abc import Sequence

from django.db import transaction

from crm import notices
from crm.models import Email, Reader, Thread, User
from crm.timeline import touch, touch_all
from crm.undo import Step, changed, changed_all


@transaction.atomic
def set_private(emails: Sequence[Email], *, private: bool) -> list[Step]:
    """Of single e-mails; answers to a private one are private too. Returns the steps back."""
    pks = [email.pk for email in emails if email.private != private]
    steps = changed_all(Email, pks, private=private)
    touch_all(pks)
    return steps


@transaction.atomic
def set_thread_private(thread: Thread, own: Sequence[Email], *, private: bool) -> list[Step]:
    """Of a conversation: what is somebody's `own` in it, and what comes later; that stays private
    while something in it is."""
    steps = set_private(own, private=private)
    later = private or thread.emails.filter(private=True).exists()
    return [*steps, changed(thread, private=later)]


def ask(email: Email, user: User) -> bool:
    """`user` asks its owner to see it. False: that was asked before, and the owner knows."""
    _row, new = Reader.objects.get_or_create(email=email, user=user)
    if new:
        notices.tell(email.activity.by, "asked_to_see", email=email.pk, by=user.name)
    return new


@transaction.atomic
def let_in(reader: Reader) -> None:
    """Who asked may see it from now on, and is told."""
    reader.let_in = True
    reader.save(update_fields=["let_in"])
    touch(reader.email.activity)
    owner = reader.email.activity.by
    notices.tell(reader.user, "let_in", email=reader.email_id, by=owner.name if owner else "")


def refuse(reader: Reader) -> None:
    """Who asked, or was let in, does not see it; they may ask again."""
    touch(reader.email.activity)
    reader.delete()
