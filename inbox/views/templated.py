"""A composer that begins with a template: `?template=5`, the way that needs no script."""

from typing import Any

from crm.models import Company, Contact, Deal
from crm.web import Request, visible_or_404
from inbox.models import Template
from inbox.outreach.using import contact_of
from inbox.outreach.values import about, values
from inbox.outreach.writing import written


def with_template(
    request: Request, initial: dict[str, Any], record: Contact | Company | Deal | None
) -> dict[str, Any]:
    """What the form begins with; the subject where there is none yet. No mailbox is chosen yet,
    so the writer's own name stands there."""
    asked = request.GET.get("template", "")
    if not asked.isascii() or not asked.isdecimal() or len(asked) > 18:
        return initial
    found = visible_or_404(Template, request.user, int(asked))
    on: dict[str, Any] = {record.noun: record} if record else {}
    contact = contact_of(str(initial.get("to", "")).split(",")[0], request.user)
    whom = about(request.user, **{"contact": contact, **on})
    letter = written(found, values(whom, sender=request.user, language=found.language))
    return {
        **initial,
        "subject": initial.get("subject") or letter.subject,
        "text": letter.text,
        "html": letter.html,
        "template": str(found.pk),
    }


def chosen_template(request: Request) -> Template | None:
    """The one that the form names, where its writer sees it."""
    asked = request.POST.get("template", "")
    if not asked.isascii() or not asked.isdecimal() or len(asked) > 18:
        return None
    seen = Template.objects.visible_to(request.user)
    found: Template | None = seen.filter(pk=int(asked)).first()
    return found
