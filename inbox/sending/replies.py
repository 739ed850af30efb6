"""What writing begins with (M21): a reply with whom it goes to and what it quotes, a forward with
what it passes on, or an e-mail that was taken back before it left, as it was (M26)."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html import escape

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.lib.html import sanitise_sent
from crm.lib.quotes import without_quotes
from crm.lib.striking import NOBODY
from crm.models import Email, Participant
from inbox.mime import prose
from inbox.models import Mailbox, Outgoing
from inbox.models.identities import Sender, senders
from inbox.sending.composer import written

PREFIX = re.compile(r"\s*(?:re|aw|sv|antw|res|回复|返信)\s*(?:\[\d+\])?\s*[::]", re.IGNORECASE)
PASSED_ON = re.compile(r"\s*(?:fwd?|wg|tr|rv|转发|転送)\s*(?:\[\d+\])?\s*[::]", re.IGNORECASE)


@dataclass(frozen=True)
class Beginning:
    """`quote` is text, below what is written; `html` what was written before it was taken back."""

    mailbox: Mailbox | None
    to: str
    subject: str
    cc: str = ""
    bcc: str = ""
    text: str = ""
    html: str = ""
    quote: str = ""
    signed: bool = True
    sender: str = ""  # which of the mailbox's addresses it goes out from (M52)


def reply_to(email: Email, mailboxes: Sequence[Mailbox], *, everybody: bool = False) -> Beginning:
    """The beginning of a reply to `email`, by somebody who may send from `mailboxes`.

    `mailbox` and `sender` are what the conversation came to, where that is one of them (M52).
    """
    people = [who for who in email.participants.all() if not who.address.endswith(NOBODY)]
    known = senders(mailboxes)
    ours = {sender.address.lower() for sender in known}
    sender = _sender(email, people, known)
    to = _answer_to(email, people, ours)
    cc: list[Participant] = []
    if everybody:
        named = ours | {person.address.lower() for person in to}
        cc = [p for p in people if p.role in ("to", "cc") and p.address.lower() not in named]
    return Beginning(
        mailbox=sender.mailbox if sender else None,
        to=_line(to),
        cc=_line(cc),
        subject=subject(email.subject),
        quote=quotation(email),
        sender=sender.address if sender else "",
    )


def forward_of(email: Email, mailboxes: Sequence[Mailbox]) -> Beginning:
    """The beginning of a forward: for nobody yet, from the mailbox that the e-mail came to."""
    people = list(email.participants.all())
    sender = _sender(email, people, senders(mailboxes))
    return Beginning(
        mailbox=sender.mailbox if sender else None,
        to="",
        subject=email.subject
        if PASSED_ON.match(email.subject)
        else f"Fwd: {email.subject}".strip(),
        quote=passed_on(email),
        sender=sender.address if sender else "",
    )


def as_it_was(outgoing: Outgoing) -> Beginning:
    """What somebody wrote who then pressed Undo, where no draft of it is left."""
    email = outgoing.email
    people = list(email.participants.all())
    to, cc, bcc = (
        _line([person for person in people if person.role == role]) for role in ("to", "cc", "bcc")
    )
    sender = next((person.address for person in people if person.role == "from"), "")
    return Beginning(
        outgoing.mailbox,
        to,
        email.subject,
        cc,
        bcc,
        email.text,
        prose.clean(email.html),
        signed=False,
        sender=sender,
    )


def answered_by(outgoing: Outgoing) -> Email | None:
    """The e-mail that it answers, if that is still there."""
    answers = outgoing.email.answers
    return answers if answers and answers.activity.deleted_at is None else None


def subject(of: str) -> str:
    """`subject("Quote") == "Re: Quote"`; one Re: is enough."""
    return of if PREFIX.match(of) else f"Re: {of}".rstrip()


# --- what is quoted -------------------------------------------------------------------------------


def quotation(email: Email) -> str:
    """Its own words, each line marked; what it quoted itself is left out."""
    words = email.reply_text
    if not words.strip():
        return ""
    return "\n".join([_attribution(email), *(_marked(line) for line in words.splitlines())])


def quotation_html(email: Email) -> str:
    """The same as it was designed."""
    html = sanitise_sent(without_quotes(email.html)) if email.html else ""
    return prose.cited(_attribution(email), html or _lines(email.reply_text))


def passed_on(email: Email) -> str:
    """The whole of it, below its header lines."""
    fields = "\n".join(f"{name} {value}" for name, value in _fields(email).items() if value)
    return f"{_forwarded_line()}\n{fields}\n\n{email.text}".rstrip()


def passed_on_html(email: Email) -> str:
    html = sanitise_sent(email.html) if email.html else ""
    return prose.forwarded(_forwarded_line(), _fields(email), html or _lines(email.text))


def _forwarded_line() -> str:
    return f"---------- {_('Forwarded message')} ----------"


def _fields(email: Email) -> dict[str, str]:
    people = list(email.participants.all())
    to, cc, sender = (_line([p for p in people if p.role == role]) for role in ("to", "cc", "from"))
    return {
        _("From:"): sender,
        _("Date:"): _when(email),
        _("Subject:"): email.subject,
        _("To:"): to,
        _("Cc:"): cc,
    }


def _attribution(email: Email) -> str:
    sender = next((p for p in email.participants.all() if p.role == "from"), None)
    who = f"{sender.name} <{sender.address}>".lstrip() if sender else "?"
    return _("On {when}, {who} wrote:").format(when=_when(email), who=who)


def _when(email: Email) -> str:
    return date_format(timezone.localtime(email.activity.at), "DATETIME_FORMAT")


def _lines(text: str) -> str:
    return escape(text.strip(), quote=False).replace("\n", "<br>")


def _marked(line: str) -> str:
    """RFC 3676, 4.5: a line that is quoted already has no space between the marks."""
    return f">{line}" if line.startswith(">") else f"> {line}".rstrip()


# --- whom it is for -------------------------------------------------------------------------------


def _answer_to(
    email: Email, people: Sequence[Participant], ours: Collection[str]
) -> list[Participant]:
    """Where its sender wants answers (RFC 5322, 3.6.2); after one's own mail, its recipients."""
    roles = ("reply_to", "from") if email.direction == Email.Direction.INCOMING else ("to",)
    for role in roles:
        found = [p for p in people if p.role == role and p.address.lower() not in ours]
        if found:
            return found
    return [person for person in people if person.role in roles]


def _sender(email: Email, people: Sequence[Participant], known: Sequence[Sender]) -> Sender | None:
    """The address that it was written to, or, of one's own mail, written from: the first that is
    named there. Else, of a blind copy say, the own address of a mailbox that holds it."""
    ours = {sender.address.lower(): sender for sender in reversed(known)}
    came = email.direction == Email.Direction.INCOMING
    order = sorted(people, key=lambda person: (person.role == "from") == came)
    named = (ours[p.address.lower()] for p in order if p.address.lower() in ours)
    held_by = set(email.copies.values_list("mailbox_id", flat=True))
    held = (sender for sender in known if sender.mailbox.pk in held_by)
    return next(named, None) or next(held, None) or next(iter(known), None)


def answered_from(email: Email, mailbox: Mailbox) -> str:
    """From which of this mailbox's addresses an answer to it goes out (M52)."""
    sender = _sender(email, list(email.participants.all()), senders([mailbox]))
    return sender.address if sender else ""


def _line(people: Sequence[Participant]) -> str:
    return ", ".join(written(person.name, person.address) for person in people)
