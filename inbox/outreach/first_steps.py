"""The steps that a sequence may begin with, in the language of whoever begins it."""

from typing import Any

from django.utils.translation import gettext as _

from inbox.models import Step
from inbox.outreach.writing import html_of_text


def follow_up() -> list[dict[str, Any]]:
    """Three steps as columns of Step: an e-mail, a reminder in its conversation, a task to call."""
    first = _(
        "Hello {{ contact.name }},\n\nit was good to speak with you. I promised to write: what"
        " would be the next step for you?\n\nKind regards\n{{ sender.name }}"
    )
    second = _(
        "Hello {{ contact.name }},\n\ndid you find the time to look at it? I am glad to answer"
        " whatever is open.\n\nKind regards\n{{ sender.name }}"
    )
    return [
        {"subject": _("Our conversation"), "html": html_of_text(first)},
        {"wait_days": 3, "html": html_of_text(second)},
        {"wait_days": 4, "kind": Step.Kind.TASK, "title": _("Call: no answer to two e-mails")},
    ]
