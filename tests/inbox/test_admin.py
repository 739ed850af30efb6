"""The Django admin of the connected inbox: it shows how mail goes, and changes nothing of it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.models import Attachment, Email, Participant, Reader, Thread, User
from inbox.models import (
    AwaitedId,
    Credential,
    Draft,
    DraftFile,
    Folder,
    HeaderBlock,
    HeadersRead,
    Mailbox,
    MailboxCopy,
    MessageId,
    Outgoing,
    RawCopy,
    Reading,
    Template,
    TemplateUse,
    TransportRecord,
)
from inbox.models.transport import keep_headers
from tests.factories import (
    make_company,
    make_contact,
    make_deal,
    make_email,
    make_mailbox,
    make_team,
)

pytestmark = pytest.mark.django_db
CANARY = "the-private-words"
WORDS = ["subject", "text", "html", "invitation"]  # what an e-mail says
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


@pytest.mark.rule("M53")
def test_nothing_of_a_private_email_is_shown_to_operators(operator: Client, hana: User) -> None:
    contact = make_contact("secret@person.test")
    words = {"subject": CANARY, "text": CANARY, "invitation": {"title": CANARY}}
    email = make_email(contact, by=hana, private=True, **words)
    now, about = timezone.now(), {"email": email, "mailbox": Mailbox.objects.get()}
    MailboxCopy.objects.create(**about)
    Outgoing.objects.create(token="t", due_at=now, claimed_until=now, **about)
    Reading.objects.create(message_id="a@b", rule="reply", known_id="c@d", at=now, **about)
    to = [contact.email]
    TransportRecord.objects.create(at=now, size=1, sender=to[0], recipients=to, **about)
    for origin in ("synced", "sent"):
        keep_headers([(email, CANARY.encode())], origin, now)
    RawCopy.objects.create(email=email, at=now, text=CANARY)
    AwaitedId.objects.create(email=email, value="x@y", distance=0)
    Reader.objects.create(email=email, user=hana)
    private = [Thread, Email, Participant, Reader, MessageId, MailboxCopy, Outgoing, Reading]
    private += [TransportRecord, HeaderBlock, RawCopy, AwaitedId]
    for model in private:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages = [reverse(f"{name}_change", args=[row.pk]) for row in model.objects.all()]
        for path in [reverse(f"{name}_changelist"), *pages]:
            shown = operator.get(path, follow=True).content.decode()
            assert CANARY not in shown and contact.email not in shown, path


@pytest.mark.rule("M53")
@pytest.mark.parametrize(
    "field", ["subject", "text", "html", "invitation", "participants__address"]
)
def test_what_an_email_says_is_not_found_out_letter_by_letter(operator: Client, field: str) -> None:
    for question in (f"{field}__startswith", f"{field}__contains"):
        answer = operator.get(reverse("admin:crm_email_changelist"), {question: "s"})
        assert answer.status_code in (302, 400)
    query = {"q": "customer"}
    found = operator.get(reverse("admin:crm_email_changelist"), query).content.decode()
    assert "1 e-mail" not in found


@pytest.mark.rule("M53")
def test_of_what_somebody_is_writing_operators_see_that_it_is_there_alone(
    operator: Client, hana: User
) -> None:
    """Not to whom, about whom, with which template or file."""
    about = make_contact("secret@person.test", first_name=CANARY)
    email = make_email(about, private=True)
    source = Attachment.objects.store(email.activity, b"x", name=f"{CANARY}.pdf")
    template = Template.objects.create(owner=hana, name=CANARY, text=CANARY)
    TemplateUse.objects.create(template=template, email=email)
    on = {"company": make_company(CANARY), "deal": make_deal(about, name=CANARY)}
    words = dict.fromkeys(("to", "subject", "html", "text", "quote"), CANARY)
    draft = Draft.objects.create(
        user=hana, key="k", contact=about, template=template, sender=about.email, **on, **words
    )
    DraftFile.objects.create(draft=draft, name=CANARY, size=1, source=source, path="a/b")
    for model in (Draft, DraftFile, TemplateUse):
        name = f"admin:inbox_{model._meta.model_name}"
        pages = [reverse(f"{name}_change", args=[row.pk]) for row in model.objects.all()]
        for path in [reverse(f"{name}_changelist"), *pages]:
            shown = operator.get(path, follow=True).content.decode()
            assert CANARY not in shown and about.email not in shown, path
