"""An e-mail that is written with a template: its fields filled for whom it goes to first (M24)."""

from dataclasses import replace
from typing import Any

from crm.models import Company, Contact, Deal, EmailAddress, User
from inbox.mime.addresses import addresses, in_one_line
from inbox.mime.types import ParsedAttachment
from inbox.models import Template, TemplateFile
from inbox.outreach.values import about, values
from inbox.outreach.writing import written
from inbox.sending.composer import NewEmail


def with_template(email: NewEmail, template: Template, *, by: User) -> NewEmail:
    """`email` with the subject, the body and the files of the template, where it has none of its
    own. A field without a value stays as it is, and sending it is refused with its name."""
    contact = contact_of(email.to[0] if email.to else "", by)
    company = next((row for row in email.on if isinstance(row, Company)), None)
    deal = next((row for row in email.on if isinstance(row, Deal)), None)
    whom = about(by, contact=contact, company=company, deal=deal)
    language = template.language
    known = values(whom, sender=by, mailbox=email.mailbox, address=email.sender, language=language)
    letter = written(template, known)
    body: dict[str, Any] = (
        {} if email.text or email.html else {"text": letter.text, "html": letter.html}
    )
    return replace(
        email,
        template=template,
        subject=email.subject or letter.subject,
        files=[*email.files, *(_sent(file) for file in template.files.all())],
        **body,
    )


def contact_of(typed: str, user: User) -> Contact | None:
    """Whose address that is, where `user` sees them: "Ann <ann@a.example>"."""
    found = addresses([in_one_line(typed)])
    if not found:
        return None
    row = EmailAddress.objects.filter(address=found[0].address.lower(), released=False).first()
    seen = Contact.objects.visible_to(user)
    contact: Contact | None = seen.filter(pk=row.contact_id).first() if row else None
    return contact


def _sent(file: TemplateFile) -> ParsedAttachment:
    content = file.content()
    return ParsedAttachment(
        name=file.name,
        content_type=file.content_type,
        size=len(content),
        content=content,
        content_id="",
        inline=False,
    )
