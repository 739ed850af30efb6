"""Where the copies of e-mails lie: which message of which folder is which e-mail (M10, M53)."""

from collections.abc import Collection, Mapping

from django.db.models import Q

from crm.models import Email, Participant, Reader, Thread, User
from inbox.models import Folder, MailboxCopy
from inbox.models.identities import proven_addresses


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
    """Who wrote or got an e-mail, and has it in a mailbox of theirs, sees it, whoever's was looked
    at first. Named as the CRM has it: anybody can put a message with any id into a mailbox of
    theirs. What was logged by the organisation's address is not its owner's."""
    mailbox, holder = folder.mailbox, folder.mailbox.owner_id
    others = {email.pk for email in emails if email.activity.by_id != holder}
    if mailbox.logs_mail or not others:
        return
    own = {mailbox.email.lower(), *(a.lower() for a in proven_addresses(mailbox))}
    named = Participant.objects.filter(email__in=others).values_list("email", "address")
    theirs = {pk for pk, address in named if address.lower() in own}
    Reader.objects.bulk_create(
        [Reader(email_id=pk, user_id=holder, let_in=True) for pk in sorted(theirs)],
        update_conflicts=True,
        unique_fields=["email", "user"],
        update_fields=["let_in"],
    )


def own_in(thread: Thread, user: User) -> list[Email]:
    """What of a conversation is somebody's own: in their name, or in a mailbox of theirs that it
    came to or left from, since a colleague's may have been looked at first."""
    held = Q(copies__mailbox__owner=user, copies__mailbox__logs_mail=False)
    held &= Q(readers__user=user, readers__let_in=True)
    theirs = thread.emails.filter(Q(activity__by=user) | held)
    return list(theirs.select_related("activity").distinct())
