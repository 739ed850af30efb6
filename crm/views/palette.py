"""What the command palette finds: records by name, pages and actions. A page of its own too."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from crm.lib.marks import pieces
from crm.search import find, words_of
from crm.web import Request, page

PLACES: tuple[tuple[str, str, Any], ...] = (
    ("crm:home", "home", gettext_lazy("Home")),
    ("crm:contacts", "people", gettext_lazy("Contacts")),
    ("crm:companies", "org", gettext_lazy("Companies")),
    ("crm:deals", "board", gettext_lazy("Deals")),
    ("crm:tasks", "task", gettext_lazy("Tasks")),
    ("crm:notices", "bell", gettext_lazy("Notifications")),
    ("inbox:mailboxes", "mail", gettext_lazy("Mailboxes")),
    ("inbox:connect", "plug", gettext_lazy("Connect a mailbox")),
    ("crm:contact-new", "plus", gettext_lazy("New contact")),
    ("crm:trash", "trash", gettext_lazy("Trash")),
    ("crm:settings", "settings", gettext_lazy("Settings")),
    ("crm:help", "help", gettext_lazy("Help")),
    ("account_change_password", "lock", gettext_lazy("Change password")),
    ("account_logout", "ext", gettext_lazy("Sign out")),
)


class Option(NamedTuple):
    id: str
    icon: str
    href: str
    name: Sequence[tuple[str, bool]]  # in pieces, what was looked for marked
    more: str


class Group(NamedTuple):
    title: str
    options: Sequence[Option]


@require_safe
def palette(request: Request) -> HttpResponse:
    """`>` in front looks through pages and actions alone."""
    typed = request.GET.get("q", "").strip()[:200]
    words = words_of(typed.removeprefix(">"))
    groups = [] if typed.startswith(">") else _records(request, words)
    groups += [Group(_("Pages and actions"), [*_unknown(typed), *_places(words)])]
    context = {"q": typed, "groups": [group for group in groups if group.options]}
    return page(request, "crm/palette/page.html", context, part="options")


def _records(request: Request, words: Sequence[str]) -> list[Group]:
    found = find(request.user, words)
    contacts = [_option("contact", "person", row, words, row.email) for row in found.contacts]
    companies = [_option("company", "org", row, words, row.domain) for row in found.companies]
    deals = [_option("deal", "board", row, words, row.stage.name) for row in found.deals]
    return [
        Group(_("Contacts"), contacts),
        Group(_("Companies"), companies),
        Group(_("Deals"), deals),
    ]


def _option(noun: str, icon: str, row: Any, words: Sequence[str], more: str) -> Option:
    name, href = str(row), reverse(f"crm:{noun}", args=[row.pk])
    return Option(f"{noun}-{row.pk}", icon, href, pieces(name, words), more if more != name else "")


def _places(words: Sequence[str]) -> Iterable[Option]:
    for name, icon, label in PLACES:
        if all(word.lower() in str(label).lower() for word in words):
            slug = name.replace(":", "-")
            yield Option(f"go-{slug}", icon, reverse(name), pieces(str(label), words), "")


def _unknown(typed: str) -> Iterable[Option]:
    """An address can be made a contact at once."""
    try:
        validate_email(typed)
    except ValidationError:
        return
    href = f"{reverse('crm:contact-new')}?{urlencode({'email': typed})}"
    label = _("Add {address} as a contact").format(address=typed)
    yield Option("add-contact", "plus", href, [(label, False)], "")
