"""The Django admin of the connected inbox: it shows how mail goes, and changes nothing of it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.models import User
from inbox.models import (
    Credential,
    Folder,
    HeadersRead,
    Mailbox,
    MailboxCopy,
    MessageId,
    Outgoing,
    Reading,
)
from tests.factories import make_contact, make_email, make_mailbox, make_team

pytestmark = pytest.mark.django_db
NOUNS = [Credential, Folder, HeadersRead, Mailbox, MailboxCopy, MessageId, Outgoing, Reading]


@pytest.fixture
def operator(client: Client, mio: User, hana: User) -> Client:
    """A client of the admin; there is a row of every noun."""
    now = timezone.now()
    box, email = make_mailbox(hana), make_email(make_contact(), by=hana)
    made = {"email": email, "mailbox": box}
    MailboxCopy.objects.create(folder=box.folders.first(), uidvalidity=1, uid=1, **made)
    Outgoing.objects.create(token="t", due_at=now, claimed_until=now, **made)
    HeadersRead.objects.create(mailbox=box, day=now.date(), count=1)
    Reading.objects.create(message_id="a@b", rule="reply", known_id="c@d", at=now, **made)
    client.force_login(mio)
    return client


def url(row: Any, page: str) -> str:
    return reverse(f"admin:inbox_{row._meta.model_name}_{page}", args=[row.pk])


@pytest.mark.rule("M42")
@pytest.mark.parametrize("model", NOUNS, ids=lambda model: model._meta.label_lower)
def test_no_row_of_mail_is_deleted_by_hand(operator: Client, model: Any) -> None:
    row = model.objects.first()
    assert operator.post(url(row, "delete"), {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", [MessageId, MailboxCopy, Outgoing, Reading, HeadersRead, Folder])
def test_ids_copies_states_and_the_ledger_are_only_read(operator: Client, model: Any) -> None:
    assert operator.post(url(model.objects.first(), "change"), {}).status_code == 403


def test_sharing_is_all_that_changes_of_a_mailbox(operator: Client) -> None:
    box, team = Mailbox.objects.get(), make_team("Support")
    body = {"team": team.pk, "scope": "threads", "visibility": "subject", "state": "degraded"}
    form = {"folders-TOTAL_FORMS": 0, "folders-INITIAL_FORMS": 0, "email": "else@where.test"}
    assert operator.post(url(box, "change"), {**body, **form}).status_code == 302
    after = Mailbox.objects.get()
    assert (after.team, after.visibility) == (team, "subject")
    assert (after.state, after.email) == (box.state, box.email)


@pytest.mark.parametrize(
    ("model", "page"), [(Mailbox, "inbox:mailbox"), (Outgoing, "inbox:email")], ids=str
)
def test_mail_leads_to_its_page(operator: Client, model: Any, page: str) -> None:
    row = model.objects.get()
    key = row.email_id if model is Outgoing else row.pk
    shown = operator.get(url(row, "change")).content.decode()
    assert f'href="{reverse(page, args=[key])}"' in shown
