"""What a contact's page says of sequences: {% sequences_of contact %}; how countries are called."""

from typing import Any

from django import template

from crm.models import Contact
from inbox.models import Enrolment, OptOut
from inbox.outreach import reasons

register = template.Library()
MOST = 5  # of the newest


@register.inclusion_tag("inbox/sequences/_panel.html", takes_context=True)
def sequences_of(context: dict[str, Any], contact: Contact) -> dict[str, Any]:
    """In which ones they are and were, and why they stopped; two queries."""
    rows = Enrolment.objects.visible_to(context["user"]).filter(contact=contact)
    found = rows.select_related("sequence", "contact").order_by("-pk")[:MOST]
    addresses = [row.address for row in contact.addresses.all()]
    return {
        "contact": contact,
        "rows": [
            {"enrolment": each, "why": reasons.why(each), "delay": reasons.waits(each)}
            for each in found
        ],
        "opted_out": bool(addresses and OptOut.objects.among(addresses)),
        "csrf_token": context.get("csrf_token"),
    }
