"""What the tests that walk every address share."""

import pytest
from django.utils import timezone, translation

from crm import notices, todo
from crm.models import Attachment, Contact, Hold, User
from inbox.models import (
    Draft,
    Enrolment,
    ExportRun,
    NeverLog,
    Sequence,
    Snippet,
    Template,
    TemplateFolder,
)
from inbox.outreach import building
from inbox.outreach.first_steps import follow_up
from tests.factories import make_deal, make_email, make_mailbox, make_note


@pytest.fixture
def rows(aoki: Contact, hana: User, mio: User) -> dict[str, int]:
    """A row for each first word of a route that names one."""
    email = make_email(aoki, by=hana, html="<p>Good morning.</p>")
    file = Attachment.objects.store(
        email.activity, b"%PDF-1.4", name="offer.pdf", content_type="application/pdf"
    )
    note = make_note(aoki, by=hana)
    deal, task = make_deal(aoki, company=aoki.company), todo.add("Call", assignee=hana, by=hana)
    notice = notices.tell(mio, "reply", contact=aoki.pk, name="Yuki")
    assert notice is not None
    mailbox = make_mailbox(hana)
    with translation.override("ja"):  # words of its owner, whatever language the page is in
        steps = follow_up()
    sequence = building.make(Sequence(name="Follow-up", owner=mio), steps)
    enrolment = Enrolment.objects.create(
        sequence=sequence,
        contact=aoki,
        mailbox=mailbox,
        by=hana,
        next_step_at=timezone.now(),
        claimed_until=timezone.now(),
    )
    found = {"deals": deal.pk, "companies": aoki.company_id, "tasks": task.pk, "notes": note.pk}
    found |= {
        "notifications": notice.pk,
        "contacts": aoki.pk,
        "emails": email.pk,
        "attachments": file.pk,
        "inbox": email.thread_id,
    }
    found |= {"holds": Hold.place(aoki, by=mio, reason="Aoki v. Hayama").pk}
    never = NeverLog.objects.create(entry="bank.example", by=hana)
    found |= {"addresses": mailbox.identities.create(address="sales@musubi.test").pk}
    mine = {"name": "Offer", "owner": hana, "shared": True, "text": "Dear {{ contact.name }},"}
    found |= {
        "templates": Template.objects.create(**mine).pk,
        "template-folders": TemplateFolder.objects.create(name="Sales").pk,
        "snippets": Snippet.objects.create(shortcut="offer", **mine).pk,
    }
    found |= {"sequences": sequence.pk, "enrolments": enrolment.pk}
    found |= {"steps": sequence.steps.first().pk}
    found["drafts"] = Draft.objects.create(user=mio, contact=aoki, key="k").pk
    archive = {"name": "a.zip", "size": 8, "path": file.path, "finished_at": timezone.now()}
    found["exports"] = ExportRun.objects.create(user=mio, contact=aoki, **archive).pk
    return {**found, "mailboxes": mailbox.pk, "never-log": never.pk}
