"""What somebody has begun to write, on the record where they began."""

from typing import Any

from django import template

from crm.models import Company, Contact, Deal, User
from inbox.models import Draft

register = template.Library()
MOST = 3


@register.simple_tag
def begun_on(record: Contact | Company | Deal, user: User) -> list[Any]:
    """{% begun_on subject user as drafts %}: the newest of the user's own, one query."""
    rows = Draft.objects.open_for(user).filter(**{str(record._meta.model_name): record})
    return list(rows.only("subject", "touched_at")[:MOST])
