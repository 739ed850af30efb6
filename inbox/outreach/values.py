"""What the merge fields stand for: of a contact, their company, a deal, and who writes (M24).

Only what the writer may see: a company that is hidden from them fills nothing.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone, translation
from django.utils.formats import date_format

from crm.models import Company, Contact, Deal, User
from crm.templatetags.lists import money
from inbox.models import Mailbox


@dataclass(frozen=True)
class About:
    """Whom and what an e-mail is about, as far as its writer may see it."""

    contact: Contact | None = None
    company: Company | None = None
    deal: Deal | None = None


def about(
    writer: User,
    *,
    contact: Contact | None = None,
    company: Company | None = None,
    deal: Deal | None = None,
) -> About:
    """What is meant where only a contact is known, or a company, or a deal: a contact's company,
    and the one open deal of theirs. Of several deals none: it would be a guess."""
    if deal is None and contact is not None:
        deal = _only_deal(contact, writer)
    company_id = next((row.company_id for row in (contact, deal) if row and row.company_id), None)
    if company is None and company_id:
        company = Company.objects.visible_to(writer).filter(pk=company_id).first()
    return About(contact, company, deal)


def _only_deal(contact: Contact, writer: User) -> Deal | None:
    theirs = Deal.objects.visible_to(writer).open().filter(contacts=contact)
    found = list(theirs.select_related("stage")[:2])
    return found[0] if len(found) == 1 else None


def values(
    about: About,
    *,
    sender: User,
    mailbox: Mailbox | None = None,
    address: str = "",
    language: str = "",
) -> dict[str, str]:
    """The value of each field (`inbox.merge_fields.FIELDS`), "" where there is none; money and
    dates as that language writes them. `address` is the one it is sent from (M52)."""
    with translation.override(language or translation.get_language()):
        return {
            **_of_contact(about.contact),
            "company.name": about.company.name if about.company else "",
            **_of_deal(about.deal),
            "sender.name": (mailbox.name if mailbox else "") or sender.name,
            "sender.email": address or (mailbox.email if mailbox else sender.email),
            "date.today": date_format(timezone.localdate(), "DATE_FORMAT"),
        }


def _of_contact(contact: Contact | None) -> dict[str, str]:
    if contact is None:
        return {}
    named = bool(contact.first_name or contact.last_name)
    return {
        "contact.first_name": contact.first_name,
        "contact.family_name": contact.last_name,
        "contact.name": contact.name if named else "",  # an address is no name to be called by
        "contact.email": contact.email,
        "contact.phone": contact.phone,
        "contact.job_title": contact.job_title,
    }


def _of_deal(deal: Deal | None) -> dict[str, str]:
    if deal is None:
        return {}
    amount = None if deal.amount is None else Decimal(deal.amount)
    return {
        "deal.name": deal.name,
        "deal.amount": money(amount, deal.currency),
        "deal.stage": deal.stage.name,
        "deal.close_date": date_format(deal.close_date, "DATE_FORMAT") if deal.close_date else "",
    }
