"""What people are told in the bell: kinds and values are kept, the words are made when shown (M37).

`tell` is called in the transaction of what happened, so nobody is told what did not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from crm.models import Notice, User

Values = dict[str, Any]


class Shown(NamedTuple):
    """A notice in words. `hue` and `icon` go along with them."""

    icon: str
    hue: str
    title: str
    body: str
    link: str


@dataclass(frozen=True)
class Kind:
    icon: str
    hue: str
    title: Any  # lazy: in the language of whoever looks
    body: Any
    link: tuple[str, str]  # the name of a page, and the value that it is of


def tell(user: User | None, kind: str, *, mail: bool = False, **values: Any) -> Notice | None:
    """Tell `user` once, with `mail` by system mail as well; nobody, where there is nobody."""
    told = tell_all([(user, kind, values)], mail=mail)
    return told[0] if told else None


def tell_all(
    news: Iterable[tuple[User | None, str, Values]], *, mail: bool = False
) -> list[Notice]:
    """The same for much: (user, kind, values). One statement."""
    due = timezone.now() if mail else None
    rows = []
    for user, kind, values in news:
        assert kind in KINDS, kind
        if user and user.is_active:
            rows.append(Notice(user=user, kind=kind, values=values, mail_due_at=due))
    return list(Notice.objects.bulk_create(rows))


def told(user: User, kind: str, *, since: datetime | None, **about: Any) -> bool:
    """Whether `user` was told that of such a thing, since then."""
    wanted = {f"values__{name}": value for name, value in about.items()}
    rows = Notice.objects.filter(user=user, kind=kind, **wanted)
    return bool((rows.filter(created_at__gte=since) if since else rows).exists())


def unsend(user: User, kinds: Iterable[str], **about: Any) -> bool:
    """Mail nothing of these kinds that has not left yet; whether there was such a one."""
    wanted = {f"values__{name}": value for name, value in about.items()}
    waiting = Notice.objects.filter(user=user, kind__in=kinds, mail_due_at__isnull=False, **wanted)
    return bool(waiting.update(mail_due_at=None))


def shown(notice: Notice) -> Shown:
    """Its words in the language of whoever looks; a kind of another version is named plainly."""
    kind = KINDS.get(notice.kind)
    if kind is None:
        return Shown("bell", "sumi", notice.kind, "", "")
    values = _Lenient({name: _said(name, value) for name, value in notice.values.items()})
    title, body = str(kind.title).format_map(values), str(kind.body).format_map(values)
    return Shown(kind.icon, kind.hue, title, body, _link(*kind.link, notice.values))


def _said(name: str, value: Any) -> Any:
    """Times in the reader's zone and manner, causes in a sentence."""
    if name == "cause":
        return CAUSES.get(value, "")
    if name in TIMES and (moment := parse_datetime(str(value))):
        return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
    return value


class _Lenient(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return ""


def _link(name: str, key: str, values: Values) -> str:
    try:
        return reverse(name, args=[values[key]] if key else [])
    except (KeyError, NoReverseMatch):
        return ""


TIMES = {"since", "until"}
CAUSES: dict[str, Any] = {
    "password": _("The server no longer accepts the password."),
    "encryption": _("No safe connection to the server can be made."),
    "unreachable": _("The server cannot be reached."),
    "busy": _("The server is too busy."),
    "full": _("The mailbox is full."),
    "folder": _("The inbox is not found any more."),
    "settings": _("The server’s address is not allowed here."),
    "server": _("The server answers in a way that is not understood."),
    "here": _("Something goes wrong in Musubi itself."),
    "lost": _("It was sent, and was not in the inbox ten minutes later."),
}
_RECEIPT = _(
    "Away from {since} to {until}. Headers looked at since: {headers}. E-mails found: {found}."
)
_NOT_YOU = _(
    "Was it not you? Then set a new password at once, end the other sessions, and tell an "
    "administrator."
)

KINDS: dict[str, Kind] = {
    "reply": Kind(
        "in",
        "ruri",
        _("{name} answered"),
        "{subject}",
        ("crm:contact", "contact"),
    ),
    "bounced": Kind(
        "fail",
        "shu",
        _("An e-mail came back: “{subject}”"),
        _("It did not reach {address}."),
        ("inbox:email", "email"),
    ),
    "send_failed": Kind(
        "fail",
        "shu",
        _("An e-mail was not sent: “{subject}”"),
        _("The server said: {said}"),
        ("inbox:email", "email"),
    ),
    "send_stopped": Kind(
        "fail",
        "shu",
        _("An e-mail was not sent: “{subject}”"),
        "{said}",
        ("inbox:email", "email"),
    ),
    "send_held_privately": Kind(
        "clock",
        "yamabuki",
        _("“{subject}” waits for you, since a private e-mail came"),
        _("It was to be sent later. Send it all the same, or change it."),
        ("inbox:email", "email"),
    ),
    "send_held": Kind(
        "clock",
        "yamabuki",
        _("{name} wrote, so “{subject}” waits for you"),
        _("It was to be sent later. Send it all the same, or change it."),
        ("inbox:email", "email"),
    ),
    "unknown_delivery": Kind(
        "warn",
        "yamabuki",
        _("Did “{subject}” arrive?"),
        _("The connection broke before the server answered. Only you can tell."),
        ("inbox:email", "email"),
    ),
    "recipient_refused": Kind(
        "fail",
        "shu",
        _("“{subject}” did not reach {address}"),
        _("The server said: {said}"),
        ("inbox:email", "email"),
    ),
    "recipient_unknown": Kind(
        "warn",
        "yamabuki",
        _("Did “{subject}” reach {address}?"),
        _("The connection broke before the server answered. Only you can tell."),
        ("inbox:email", "email"),
    ),
    "asked_to_see": Kind(
        "lock",
        "fuji",
        _("{by} asks to see a private e-mail"),
        _("Only you can show it."),
        ("inbox:email", "email"),
    ),
    "let_in": Kind(
        "eye",
        "tokiwa",
        _("{by} shows you a private e-mail"),
        "",
        ("inbox:email", "email"),
    ),
    "mailbox_disconnected": Kind(
        "warn",
        "shu",
        _("{address} is disconnected"),
        _("{cause} Replies are not logged until it works again. Last success: {since}."),
        ("inbox:mailbox", "mailbox"),
    ),
    "mailbox_recovered": Kind(
        "okc",
        "tokiwa",
        _("{address} works again"),
        _RECEIPT,
        ("inbox:mailbox", "mailbox"),
    ),
    "canary_lost": Kind(
        "warn",
        "yamabuki",
        _("{address}: the daily test mail did not come back"),
        _("{cause} Sending or reading may have trouble."),
        ("inbox:mailbox", "mailbox"),
    ),
    "canary_back": Kind(
        "okc",
        "tokiwa",
        _("{address}: the daily test mail comes back again"),
        "",
        ("inbox:mailbox", "mailbox"),
    ),
    "mailbox_silent": Kind(
        "warn",
        "yamabuki",
        _("{address} is not looked at"),
        _("The last success was {since}. An administrator should see whether all parts run."),
        ("inbox:mailbox", "mailbox"),
    ),
    "mailbox_caught_up": Kind(
        "okc",
        "tokiwa",
        _("{address} has caught up"),
        _RECEIPT,
        ("inbox:mailbox", "mailbox"),
    ),
    "folder_lost": Kind(
        "warn",
        "yamabuki",
        _("{address}: the folder “{folder}” cannot be opened"),
        _("What lies there is not logged. Was it deleted, or may nobody open it any more?"),
        ("inbox:mailbox", "mailbox"),
    ),
    "export_ready": Kind(
        "download",
        "tokiwa",
        _("The data of {name} is ready to download"),
        _("It is kept for 24 hours."),
        ("inbox:contact-privacy", "contact"),
    ),
    "mailbox_export_ready": Kind(
        "download",
        "tokiwa",
        _("The mail of {name} is ready to download"),
        _("It is kept for 24 hours."),
        ("inbox:take-out", "mailbox"),
    ),
    "task_assigned": Kind(
        "task",
        "fuji",
        _("{by} gave you a task"),
        "{title}",
        ("crm:tasks", ""),
    ),
    "conversation_assigned": Kind(
        "inbox",
        "fuji",
        _("{by} gave you a conversation"),
        "{subject}",
        ("inbox:conversation", "thread"),
    ),
    "second_factor_on": Kind(
        "lock",
        "tokiwa",
        _("Your sign-in asks for a second factor now"),
        _NOT_YOU,
        ("crm:sign-in", ""),
    ),
    "second_factor_off": Kind(
        "warn",
        "yamabuki",
        _("Your sign-in asks for no second factor any more"),
        _NOT_YOU,
        ("crm:sign-in", ""),
    ),
    "second_factor_taken": Kind(
        "warn",
        "yamabuki",
        _("{by} took away the second factor of your sign-in"),
        _("You sign in with your password alone. Set up your new phone now."),
        ("crm:sign-in", ""),
    ),
    "recovery_codes_new": Kind(
        "lock",
        "sumi",
        _("You have new recovery codes"),
        _NOT_YOU,
        ("crm:sign-in", ""),
    ),
    "password_changed": Kind(
        "lock",
        "sumi",
        _("Your password was changed"),
        _NOT_YOU,
        ("crm:sign-in", ""),
    ),
    "sessions_ended": Kind(
        "lock",
        "sumi",
        _("{by} ended all your sessions"),
        _("Wherever you were signed in, you have to sign in again."),
        ("crm:sign-in", ""),
    ),
    "conversations_assigned": Kind(
        "inbox",
        "fuji",
        _("{by} gave you {n} conversations"),
        "",
        ("inbox:inbox", ""),
    ),
}
