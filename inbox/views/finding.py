"""How the pages about mail find an e-mail, and the contact whose record it stands on."""

from crm.models import Activity, Contact, Email
from crm.web import Request, visible_or_404


def email_or_404(request: Request, pk: int) -> Email:
    rows = Activity.objects.filter(kind=Activity.Kind.EMAIL).with_details()
    activity = visible_or_404(rows, request.user, pk)
    found: Email = activity.email
    return found


def contact_of(request: Request, found: Email) -> Contact | None:
    """The first contact whose timeline holds it, of those that this user may see."""
    rows = Contact.objects.visible_to(request.user)
    contact: Contact | None = rows.filter(associations__activity=found.pk).first()
    return contact
