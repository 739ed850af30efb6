"""Why an enrolment ended, or waits, as a sentence in the language of whoever reads it."""

from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inbox.models import Enrolment

Why, Delay = Enrolment.Why, Enrolment.Delay

_WHY: dict[str, Any] = {
    Why.REPLY: gettext_lazy("{name} replied."),
    Why.MAIL: gettext_lazy("{name} wrote."),
    Why.COLLEAGUE: gettext_lazy("{name}, a colleague, wrote."),
    Why.MEETING: gettext_lazy("A meeting with them was arranged."),
    Why.BOUNCE: gettext_lazy("An e-mail did not arrive. {said}"),
    Why.UNSUBSCRIBED: gettext_lazy("They do not want mail from sequences."),
    Why.PERSON: gettext_lazy("{name} stopped it."),
    Why.ARCHIVED: gettext_lazy("The sequence was archived."),
    Why.TRASHED: gettext_lazy("The contact was moved to the Trash."),
    Why.NO_ADDRESS: gettext_lazy("The contact has no e-mail address."),
    Why.HIDDEN: gettext_lazy("{name} does not see this contact any more."),
    Why.REFUSED: gettext_lazy("The e-mail could not be sent: {said}"),
    Why.MISSING: gettext_lazy("There is nothing to fill in for: {fields}"),
}
_DELAY: dict[str, Any] = {
    Delay.AWAY: gettext_lazy("Out of office until {until}."),
    Delay.LIMIT: gettext_lazy("The daily limit of the mailbox is reached."),
    Delay.UNREACHABLE: gettext_lazy(
        "The mailbox cannot be asked whether they wrote. It is tried again."
    ),
    Delay.UNSENT: gettext_lazy("The e-mail before it has not left. It waits for that."),
    Delay.MAILBOX: gettext_lazy("Its mailbox was disconnected. Choose another one to go on."),
}


def why(enrolment: Enrolment) -> str:
    """Why it stopped: "Aiko replied."; "" while it runs, or where it came to its end."""
    if enrolment.state != Enrolment.State.STOPPED:
        return ""
    if enrolment.why in (Why.REPLY, Why.MAIL, Why.COLLEAGUE) and not enrolment.values.get("name"):
        return _("An answer came.")  # M53
    return _said(_WHY, enrolment.why, enrolment.values)


def stopped_note() -> str:
    """What the timeline says of it, with {sequence} and {why}."""
    return _("“{sequence}” stopped: {why}")


def waits(enrolment: Enrolment) -> str:
    """Why its next step waits: "Out of office until 12 May."; "" where it just waits."""
    return _said(_DELAY, enrolment.delay, enrolment.values) if enrolment.is_running else ""


def _said(sentences: dict[str, Any], kind: str, values: dict[str, Any]) -> str:
    words = {name: _value(name, value) for name, value in values.items()}
    sentence = str(sentences.get(kind, ""))
    try:
        return sentence.format(**words).strip()
    except KeyError:
        return sentence.partition("{")[0].strip()


def _value(name: str, value: Any) -> str:
    if name != "until":
        return str(value)
    if day := parse_date(str(value)):
        return date_format(day, "DATE_FORMAT")
    moment = parse_datetime(str(value))
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT") if moment else ""
