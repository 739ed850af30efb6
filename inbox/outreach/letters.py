"""A step's e-mail as one contact would get it: fields filled, what is missing named (M24, M25)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from html import escape

from crm.lib.html import sanitise
from crm.models import Company, Contact, Deal, User
from inbox import merge_fields
from inbox.mime.text import text_of_html
from inbox.models import Mailbox, Step
from inbox.outreach.values import About, values


@dataclass(frozen=True)
class Written:
    """`missing` are the fields that have no value for this contact: then it is not sent."""

    subject: str
    html: str
    text: str
    missing: tuple[str, ...] = ()


def written(step: Step, about: About, *, by: User, mailbox: Mailbox | None) -> Written:
    """The e-mail of a step, in words for whom it is about. Its HTML is sanitised."""
    with by.preferences():
        filling = values(about, sender=by, mailbox=mailbox)
    subject = merge_fields.fill(step.subject, filling)
    body = merge_fields.fill_html(step.html, filling)
    html = sanitise(body.text)
    missing = tuple(dict.fromkeys((*subject.missing, *body.missing)))
    return Written(" ".join(subject.text.split()), html, text_of_html(html), missing)


def with_farewell(letter: Written, sentence: str, url: str) -> Written:
    """With the sentence that unsubscribes below it; as it is, where the sequence has none."""
    if not sentence:
        return letter
    html = f'{letter.html}<p><a href="{escape(url)}">{escape(sentence)}</a></p>'
    text = f"{letter.text}\n\n{sentence}\n{url}"
    return Written(letter.subject, html, text, letter.missing)


def abouts(contacts: Collection[Contact], writer: User) -> Mapping[int, About]:
    """What is meant for each contact: their company, and the one open deal of theirs, as far as
    the writer may see them; of several deals none. Two queries for all, by contact."""
    companies = Company.objects.visible_to(writer).in_bulk(
        {contact.company_id for contact in contacts if contact.company_id}
    )
    deals: dict[int, list[Deal]] = {}
    rows = Deal.objects.visible_to(writer).open().filter(contacts__in=contacts)
    for deal in rows.select_related("stage").prefetch_related("contacts").distinct():
        for contact in deal.contacts.all():
            deals.setdefault(contact.pk, []).append(deal)
    only = {pk: found[0] for pk, found in deals.items() if len(found) == 1}
    return {
        each.pk: About(each, companies.get(each.company_id or 0), only.get(each.pk))
        for each in contacts
    }
