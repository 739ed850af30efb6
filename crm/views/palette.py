"""What the command palette finds: records by name, e-mails by subject, pages and actions. A page of
its own too."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpResponse
from django.urls import resolve, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from crm.lib.marks import pieces
from crm.models import Thread
from crm.records import MODELS
from crm.search import find, words_of
from crm.web import Request, page, visible_or_404


class Place(NamedTuple):
    """A page of ours, found by its name or by what else it is called."""

    url: str
    icon: str
    label: Any
    also: Any = ""


PLACES = (
    Place("crm:home", "home", gettext_lazy("Home")),
    Place("inbox:inbox", "inbox", gettext_lazy("Inbox")),
    Place("crm:contacts", "people", gettext_lazy("Contacts")),
    Place("crm:companies", "org", gettext_lazy("Companies")),
    Place("crm:deals", "board", gettext_lazy("Deals")),
    Place("crm:tasks", "task", gettext_lazy("Tasks")),
    Place("inbox:drafts", "pen", gettext_lazy("Drafts")),
    Place("inbox:templates", "template", gettext_lazy("Templates")),
    Place("inbox:snippets", "bolt", gettext_lazy("Snippets")),
    Place("inbox:sequences", "seq", gettext_lazy("Sequences")),
    Place("crm:notices", "bell", gettext_lazy("Notifications")),
    Place("inbox:mailboxes", "mail", gettext_lazy("Mailboxes")),
    Place("inbox:connect", "plug", gettext_lazy("Connect a mailbox")),
    Place("inbox:own-signature", "pen", gettext_lazy("Signature")),
    Place("crm:contact-new", "plus", gettext_lazy("New contact")),
    Place("crm:company-new", "plus", gettext_lazy("New company")),
    Place("crm:deal-new", "plus", gettext_lazy("New deal")),
    Place("inbox:template-new", "plus", gettext_lazy("New template")),
    Place("inbox:sequence-new", "plus", gettext_lazy("New sequence")),
    Place("crm:trash", "trash", gettext_lazy("Trash")),
    Place("crm:settings", "settings", gettext_lazy("Settings"), gettext_lazy("theme, language")),
    Place(
        *("crm:sign-in", "shield", gettext_lazy("Sign-in and security")),
        gettext_lazy("sessions, two-factor, password"),
    ),
    Place(
        *("inbox:sending-hours", "clock", gettext_lazy("Sending hours")),
        gettext_lazy("sending settings, holidays"),
    ),
    Place(
        *("inbox:retention", "clock", gettext_lazy("What is kept")),
        gettext_lazy("retention, privacy, deletion"),
    ),
    Place("inbox:never-log", "shield", gettext_lazy("Never-log list"), gettext_lazy("privacy")),
    Place("inbox:logging", "in", gettext_lazy("Your logging address"), "BCC"),
    Place("crm:help", "help", gettext_lazy("Help")),
    Place("account_change_password", "lock", gettext_lazy("Change password")),
    Place("account_logout", "ext", gettext_lazy("Sign out")),
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
    emails = [_email(thread, words) for thread in found.threads]
    contacts = [_option("contact", "", row, words, row.email) for row in found.contacts]
    companies = [_option("company", "", row, words, row.domain) for row in found.companies]
    deals = [_option("deal", "board", row, words, row.stage.name) for row in found.deals]
    return [
        Group(_("Contacts"), contacts),
        Group(_("Companies"), companies),
        Group(_("Deals"), deals),
        Group(_("E-mail"), emails),
    ]


def _email(thread: Thread, words: Sequence[str]) -> Option:
    """A conversation by the subject of its newest e-mail, with the day of that."""
    newest: Any = thread.newest
    href = reverse("inbox:conversation", args=[thread.pk])
    day = date_format(timezone.localtime(newest.activity.at), "DATE_FORMAT")
    return Option(f"thread-{thread.pk}", "mail", href, pieces(newest.summary(), words), day)


def _option(noun: str, icon: str, row: Any, words: Sequence[str], more: str) -> Option:
    name, href = str(row), reverse(f"crm:{noun}", args=[row.pk])
    return Option(f"{noun}-{row.pk}", icon, href, pieces(name, words), more if more != name else "")


def _places(words: Sequence[str]) -> Iterable[Option]:
    for place in PLACES:
        if _matches(f"{place.label} {place.also}", words):
            slug, name = place.url.replace(":", "-"), pieces(str(place.label), words)
            yield Option(f"go-{slug}", place.icon, reverse(place.url), name, "")


def _unknown(typed: str) -> Iterable[Option]:
    """An address can be made a contact at once."""
    try:
        validate_email(typed)
    except ValidationError:
        return
    href = f"{reverse('crm:contact-new')}?{urlencode({'email': typed})}"
    label = _("Add {address} as a contact").format(address=typed)
    yield Option("add-contact", "plus", href, [(label, False)], "")
