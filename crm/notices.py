"""What people are told in the bell: kinds and values are kept, the words are made when shown (M37).

`tell` is called in the transaction of what happened, so nobody is told what did not.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.urls import NoReverseMatch, reverse
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


def tell(user: User | None, kind: str, **values: Any) -> Notice | None:
    """Tell `user` once; nobody, where there is nobody to tell."""
    if user is None or not user.is_active:
        return None
    assert kind in KINDS, kind
    notice: Notice = Notice.objects.create(user=user, kind=kind, values=values)
    return notice


def told(user: User, *kinds: str, **values: Any) -> str:
    """Which of these kinds `user` was told last about such a thing; "" for none."""
    about = {f"values__{name}": value for name, value in values.items()}
    newest = Notice.objects.filter(user=user, kind__in=kinds, **about).order_by("-pk").first()
    return newest.kind if newest else ""


def shown(notice: Notice) -> Shown:
    """Its words in the language of whoever looks; a kind of another version is named plainly."""
    kind = KINDS.get(notice.kind)
    if kind is None:
        return Shown("bell", "sumi", notice.kind, "", "")
    values = _Lenient(notice.values)
    title, body = str(kind.title).format_map(values), str(kind.body).format_map(values)
    return Shown(kind.icon, kind.hue, title, body, _link(*kind.link, notice.values))


class _Lenient(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return ""


def _link(name: str, key: str, values: Values) -> str:
    try:
        return reverse(name, args=[values[key]] if key else [])
    except (KeyError, NoReverseMatch):
        return ""


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
    "unknown_delivery": Kind(
        "warn",
        "yamabuki",
        _("Did “{subject}” arrive?"),
        _("The connection broke before the server answered. Only you can tell."),
        ("inbox:email", "email"),
    ),
    "mailbox_disconnected": Kind(
        "warn",
        "shu",
        _("{address} is disconnected"),
        _("Replies are not logged and nothing is sent until it works again."),
        ("inbox:mailbox", "mailbox"),
    ),
    "mailbox_recovered": Kind(
        "okc",
        "tokiwa",
        _("{address} works again"),
        _("What arrived in between is being looked for."),
        ("inbox:mailbox", "mailbox"),
    ),
    "task_assigned": Kind(
        "task",
        "fuji",
        _("{by} gave you a task"),
        "{title}",
        ("crm:tasks", ""),
    ),
}
