"""How pages ask for the remote pictures of a mail."""

from django import template

from crm.models import Email, User
from inbox.views import images

register = template.Library()


@register.filter
def consent(email: Email, user: User) -> str:
    """{{ email|consent:user }}: what `?images=` must say."""
    return images.consent(user, email)
