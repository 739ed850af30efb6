"""What the command palette finds: records by name, pages and actions. A page of its own too."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpResponse
from django.urls import resolve, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from crm.lib.marks import pieces
from crm.records import MODELS
from crm.search import find, words_of
from crm.web import Request, page, visible_or_404

PLACES: tuple[tuple[str, str, Any], ...] = (
    ("crm:home", "home", gettext_lazy("Home")),
    ("crm:contacts", "people", gettext_lazy("Contacts")),
    ("crm:companies", "org", gettext_lazy("Companies")),
    ("crm:deals", "board", gettext_lazy("Deals")),
    ("crm:tasks", "task", gettext_lazy("Tasks")),
    ("inbox:templates", "template", gettext_lazy("Templates")),
    ("inbox:snippets", "bolt", gettext_lazy("Snippets")),
    ("crm:notices", "bell", gettext_lazy("Notifications")),
    ("inbox:mailboxes", "mail", gettext_lazy("Mailboxes")),
    ("inbox:connect", "plug", gettext_lazy("Connect a mailbox")),
    ("crm:contact-new", "plus", gettext_lazy("New contact")),
    ("crm:company-new", "plus", gettext_lazy("New company")),
    ("crm:deal-new", "plus", gettext_lazy("New deal")),
    ("crm:trash", "trash", gettext_lazy("Trash")),
    ("crm:settings", "settings", gettext_lazy("Settings")),
    ("crm:help", "help", gettext_lazy("Help")),
    ("account_change_password", "lock", gettext_lazy("Change password")),
    ("account_logout", "ext", gettext_lazy("Sign out")),
)
RECORDS = {f"crm:{noun}": noun for noun in MODELS}
ACTIONS: tuple[tuple[str, str, Any], ...] = (  # of the record whose page is open
    ("emails", "mail", gettext_lazy("Write an e-mail")),
    ("notes", "note", gettext_lazy("Add a note")),
    ("tasks", "task", gettext_lazy("Add a task")),
    ("details", "pen", gettext_lazy("Edit")),
)


class Option(NamedTuple):
    id: str
    icon: str  # "" for the avatar of a person or a company
    href: str
    name: Sequence[tuple[str, bool]]  # in pieces, what was looked for marked
    more: str

    @property
    def called(self) -> str:
        return "".join(text for text, _hit in self.name)

    @property
    def shape(self) -> str:
        """Of its avatar: a company's is a square."""
        return "org" if self.id.startswith("company") else ""


class Group(NamedTuple):
    title: str
    options: Sequence[Option]


@require_safe
def palette(request: Request) -> HttpResponse:
    """`>` in front looks through pages and actions alone."""
    typed = request.GET.get("q", "").strip()[:200]
    words = words_of(typed.removeprefix(">"))
    groups = _here(request, words)
    groups += [] if typed.startswith(">") else _records(request, words)
    groups += [Group(_("Pages and actions"), [*_unknown(typed), *_places(words)])]
    context = {"q": typed, "groups": [group for group in groups if group.options]}
    return page(request, "crm/palette/page.html", context, part="options")


def _here(request: Request, words: Sequence[str]) -> list[Group]:
    """What can be done on the record whose page the palette was opened on."""
    path = (request.htmx.current_url_abs_path or "").partition("?")[0]
    try:
        found = resolve(path)
        noun = RECORDS[found.view_name]
        record = visible_or_404(MODELS[noun], request.user, found.kwargs["pk"])
    except (Http404, KeyError):
        return []
    return [Group(str(record), [*_actions(record, words)])]


def _actions(record: Any, words: Sequence[str]) -> Iterable[Option]:
    for part, icon, label in ACTIONS:
        if _matches(label, words):
            href = f"{record.get_absolute_url()}{part}/"
            yield Option(f"do-{part}", icon, href, pieces(str(label), words), "")


def _matches(label: Any, words: Sequence[str]) -> bool:
    return all(word.lower() in str(label).lower() for word in words)


def _records(request: Request, words: Sequence[str]) -> list[Group]:
    found = find(request.user, words)
    contacts = [_option("contact", "", row, words, row.email) for row in found.contacts]
    companies = [_option("company", "", row, words, row.domain) for row in found.companies]
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
        if _matches(label, words):
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
