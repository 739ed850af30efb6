"""The questions that people ask about a connected inbox; their answers are templates."""

from typing import Any, NamedTuple

from django.template.loader import render_to_string
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _

QUESTIONS: dict[str, Any] = {
    "read": _("What is read in my mailbox?"),
    "never-read": _("What is never read?"),
    "why-here": _("Why is this e-mail here?"),
    "why-not-here": _("Why is an e-mail not here?"),
    "who-sees": _("Who sees my e-mails?"),
    "pop3": _("Can I connect by POP3?"),
    "app-passwords": _("My password is refused. What is an app password?"),
    "aliases": _("Can I send from an alias?"),
    "several": _("Can I connect several mailboxes?"),
    "shared": _("Can a team share a mailbox?"),
    "sent": _("Is what I send in my Sent folder?"),
    "unknown": _("Why am I asked whether an e-mail arrived?"),
    "bounces": _("What happens when an e-mail comes back?"),
    "automatic": _("Do out-of-office replies count as replies?"),
    "sequences": _("When does a sequence stop, and when does it send?"),
    "attachments": _("Why is an attachment listed but not stored?"),
    "disconnected": _("My mailbox is disconnected. What now?"),
    "disconnecting": _("What happens when I disconnect a mailbox?"),
    "deleted": _("What is deleted, and when?"),
    "privacy": _("How do I export or erase what is stored on a person?"),
    "undo": _("How do I undo something?"),
    "keys": _("Which keys are there?"),
}


class Answered(NamedTuple):
    slug: str
    question: str
    answer: str  # HTML of our own templates


def answers(words: str, context: dict[str, Any]) -> list[Answered]:
    """The questions whose text or answer holds every word; all without words."""
    wanted = words.lower().split()[:8]
    found = []
    for slug, question in QUESTIONS.items():
        answer = render_to_string(f"crm/help/answers/{slug}.html", context)
        text = f"{question} {strip_tags(answer)}".lower()
        if all(word in text for word in wanted):
            found.append(Answered(slug, str(question), answer))
    return found
