"""Where the copies of e-mails lie: which message of which folder is which e-mail (M10, M53)."""

from collections.abc import Collection, Mapping

from django.db.models import Q

from crm.models import Email, Reader, Thread, User
from inbox.models import Folder, MailboxCopy


def note(found: Mapping[int, Collection[Email]], folder: Folder) -> None:
    """Remember which e-mails the messages of a folder are, by UID; a constant number of statements.
    One message is several e-mails where it forwards several (M16).

    Whatever else was known to lie there lies there no more: a server that was restored gave the
    place to another message.
    """
    assert folder.uidvalidity is not None  # it was examined before anything was found in it
    place = {"folder": folder, "uidvalidity": folder.uidvalidity}
    there = list(MailboxCopy.objects.filter(**place, uid__in=found).order_by("pk"))
    wanted = {(uid, email.pk): email for uid, emails in found.items() for email in emails}
    others = [copy.pk for copy in there if (copy.uid, copy.email_id) not in wanted]
    if others:
        emptied = MailboxCopy.objects.filter(pk__in=others)
        emptied.update(folder=None, uidvalidity=None, uid=None)
    for copy in there:
        wanted.pop((copy.uid or 0, copy.email_id), None)
    copies = [
        MailboxCopy(email=email, mailbox=folder.mailbox, uid=uid, **place)
        for (uid, _pk), email in wanted.items()
    ]
    MailboxCopy.objects.bulk_create(copies, ignore_conflicts=True)
    _let_the_strictest_decide(wanted.values(), folder)
    _let_in(wanted.values(), folder)


def _let_the_strictest_decide(emails: Collection[Email], folder: Folder) -> None:
    """Of the mailboxes that hold an e-mail, whose visibility is the strictest (M53)."""
    strictness, visibility = Email.Visibility.values, folder.mailbox.visibility
    laxer = strictness[: strictness.index(visibility)]
    lax = [email for email in emails if email.visibility in laxer]
    if lax:
        rows = Email.objects.filter(pk__in=[email.pk for email in lax])
        rows.filter(visibility__in=laxer).update(visibility=visibility)
    for email in lax:
        email.visibility = visibility


def _let_in(emails: Collection[Email], folder: Folder) -> None:
    """Who has an e-mail in a mailbox of theirs sees it, whoever's was looked at first. What was
    logged by the organisation's address is not its owner's."""
    if folder.mailbox.logs_mail:
        return
    holder = folder.mailbox.owner_id
    rows = [
        Reader(email=email, user_id=holder, let_in=True)
        for email in emails
        if email.activity.by_id != holder
    ]
    Reader.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["email", "user"], update_fields=["let_in"]
    )


def own_in(thread: Thread, user: User) -> list[Email]:
    """What of a conversation is somebody's own: in their name, or in a mailbox of theirs, since a
    colleague's may have been looked at first."""
    held = Q(copies__mailbox__owner=user, copies__mailbox__logs_mail=False)
    theirs = Q(activity__by=user) | held
    return list(thread.emails.filter(theirs).distinct())
