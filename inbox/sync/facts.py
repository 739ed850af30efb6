"""What the rules have to know of a batch of headers: one query a question, whatever its size."""

from collections.abc import Container, Iterable, Sequence

from crm.models import Contact, User
from inbox.mime.types import ParsedHeaders
from inbox.models import Folder, Identity, LogSecret, Mailbox, NeverLog
from inbox.models.identities import own_addresses, proven_addresses
from inbox.sync.never_log import names_of
from inbox.sync.rules import Facts, LoggingAddress, everybody_in, is_covered, people_of


def facts_for(headers: Sequence[ParsedHeaders], folder: Folder, known: Container[str]) -> Facts:
    """Two queries at most in an ordinary mailbox: the never-log lists, and the contacts where its
    owner opted in (M12); its aliases where a list speaks; three more in the one that logs (M16)."""
    mailbox = folder.mailbox
    people = {address for header in headers for address in people_of(header)}
    never = never_over(mailbox, {a for header in headers for a in everybody_in(header)})
    return Facts(
        own=mailbox.email,
        aliases=proven_addresses(mailbox) if never else (),
        known=known,
        never=never,
        contacts=_contacts(people) if mailbox.scope == Mailbox.Scope.CONTACTS else (),
        folder=folder.role,
        logging=_logging(mailbox, headers) if mailbox.logs_mail else None,
    )


def never_over(mailbox: Mailbox, people: Iterable[str]) -> set[str]:
    """The entries of the never-log lists that cover any of these people."""
    found: set[str] = NeverLog.objects.over(mailbox, {n for p in people for n in names_of(p)})
    return found


def is_never_logged(mailbox: Mailbox, header: ParsedHeaders) -> bool:
    """Whether the lists, as they are now, forbid it: they go before what was decided earlier."""
    never = never_over(mailbox, everybody_in(header))
    logging = LoggingAddress(mailbox.email, "", {}, {}) if mailbox.logs_mail else None
    aliases = proven_addresses(mailbox) if never else ()
    return is_covered(header, Facts(mailbox.email, aliases, never=never, logging=logging))


def _contacts(people: set[str]) -> set[str]:
    """Known contacts among them; a colleague, or a mailbox of ours, is none."""
    found = set(Contact.objects.with_addresses(people)) - own_addresses()
    return found - set(User.objects.filter(email__in=found).values_list("email", flat=True))


def _logging(mailbox: Mailbox, headers: Sequence[ParsedHeaders]) -> LoggingAddress:
    """Who among the senders is one of us: by the address of the account, or of a mailbox."""
    senders = {header.sender.address.lower() for header in headers if header.sender}
    users = User.objects.filter(email__in=senders, is_active=True)
    people = dict(users.values_list("email", "pk"))
    boxes = Mailbox.objects.filter(owner__is_active=True, logs_mail=False)
    aliases = Identity.objects.proven().filter(mailbox__in=boxes).order_by()
    own = boxes.order_by().values_list("email", "owner")
    for address, owner in own.union(aliases.values_list("address", "mailbox__owner")):
        people.setdefault(address.lower(), owner)
    secrets = LogSecret.objects.filter(user__in=set(people.values()))
    return LoggingAddress(
        address=mailbox.email,
        server=mailbox.authserv_id,
        people=people,
        secrets=dict(secrets.values_list("secret", "user")),
    )
