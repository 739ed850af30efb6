"""The Django admin: every page of every noun loads, shows no secret and costs a fixed effort."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise

from crm.models import (
    Activity,
    ApiToken,
    Attachment,
    Company,
    Contact,
    Deal,
    DoomedFile,
    Email,
    EmailAddress,
    Heartbeat,
    Hold,
    LastRead,
    Notice,
    Pipeline,
    PurgeReceipt,
    Reader,
    Task,
    UndoEntry,
    User,
)
from inbox.models import (
    Absence,
    AwaitedId,
    Canary,
    Credential,
    Draft,
    DraftFile,
    Enrolment,
    ErasedAddress,
    Erasure,
    ExportRun,
    HeaderBlock,
    HeadersRead,
    Identity,
    LogSecret,
    MailboxCopy,
    NeverLog,
    OptOut,
    Outgoing,
    Pace,
    Quarantined,
    RawCopy,
    Reading,
    Redelivery,
    SendingHours,
    Sequence,
    Snippet,
    Step,
    StepRun,
    Template,
    TemplateFile,
    TemplateFolder,
    TemplateUse,
    TransportRecord,
)
from tests.factories import (
    make_company,
    make_contact,
    make_deal,
    make_email,
    make_mailbox,
    make_note,
    make_stage,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db
admin.autodiscover()  # as config/urls.py does, which may not be loaded yet
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
OURS = [model for model in MODELS if model._meta.app_label in ("crm", "inbox")]
FROZEN = b"canary-frozen-bytes"
PASSWORD = "canary-mailbox-password"
CANARY = "canary-of-somebody"
SECRET = "canary-behind-a-plus"


def label(model: Any) -> str:
    return str(model._meta.label_lower)


def url(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def fill(number: int) -> None:
    """One row of every noun of ours, owned by a new person."""
    now = timezone.now()
    user = make_user(team=make_team(f"Team {number}"))
    ApiToken.issue(user)
    company = make_company(owner=user)
    contact = make_contact(owner=user, company=company, last_name="")
    email = make_email(contact, by=user)
    make_note(contact, by=user)
    stage = make_stage(pipeline=Pipeline.objects.create(name="Sales"))
    make_deal(contact, stage=stage, owner=user, company=company)
    Reader.objects.create(email=email, user=user)
    LastRead.objects.create(thread=email.thread, user=user, at=now)
    Attachment.objects.store(email.activity, b"x", name="a.txt", content_type="text/plain")
    Heartbeat.objects.create(part=f"part {number}", at=now, since=now)
    activity = Activity.objects.create(kind=Activity.Kind.TASK, at=now, by=user)
    Task.objects.create(activity=activity, title="Call", assignee=user, due_at=now)
    Notice.objects.create(user=user, kind="reply", values={"subject": CANARY})
    UndoEntry.objects.create(by=user, steps=[{"before": CANARY}])
    Hold.place(contact, by=user, reason="A v. B")
    PurgeReceipt.objects.create(rule="trash", cutoff=now, started_at=now)
    DoomedFile.objects.create(path=f"attachments/{number}")
    _fill_inbox(user, email, number)
    _fill_templates(user, email, number)
    _fill_writing(user, contact)
    _fill_sequences(user, contact)
    _fill_dossiers(user, contact)


def _fill_dossiers(user: User, contact: Contact) -> None:
    Erasure.objects.create(contact=contact, by=user)
    ErasedAddress.objects.create(mark=f"{CANARY}{user.pk}")
    archive = {"name": CANARY, "path": CANARY, "size": 1}
    ExportRun.objects.create(user=user, contact=contact, **archive)


def _fill_writing(user: User, contact: Contact) -> None:
    box = user.mailboxes.get()
    typed = dict.fromkeys(("to", "cc", "bcc", "subject", "html", "text", "quote", "key"), CANARY)
    draft = Draft.objects.create(user=user, mailbox=box, contact=contact, **typed)
    DraftFile.objects.create(draft=draft, name=CANARY, path=CANARY, size=1)
    Identity.objects.create(mailbox=box, address=f"alias@{box.email}.example", code=CANARY)
    claim = {"due_at": timezone.now(), "claimed_until": timezone.now(), "frozen": FROZEN}
    Redelivery.objects.create(outgoing=box.outgoing.get(), addresses=[CANARY], **claim)


def _fill_sequences(user: User, contact: Contact) -> None:
    now, box = timezone.now(), user.mailboxes.get()
    line = Sequence.objects.create(name="Follow-up", owner=user)
    step = Step.objects.create(sequence=line, position=1, subject="Offer")
    due = {"next_step_at": now, "claimed_until": now}
    enrolment = Enrolment.objects.create(
        sequence=line, contact=contact, mailbox=box, by=user, **due
    )
    StepRun.objects.create(enrolment=enrolment, step=step, mailbox=box, at=now)
    Pace.objects.create(mailbox=box, next_at=now)
    SendingHours.objects.create(user=user)
    OptOut.objects.create(mark=f"{CANARY}{user.pk}", why=OptOut.Why.PERSON, by=user)


def _fill_templates(user: User, email: Any, number: int) -> None:
    folder = TemplateFolder.objects.create(name=f"Folder {number}")
    mine = {"name": "Offer", "owner": user, "shared": True, "text": CANARY}
    template = Template.objects.create(folder=folder, **mine)
    Template.objects.create(name=CANARY, owner=user)  # private
    values = {"name": "a.txt", "content_type": "text/plain", "size": 1, "path": "a"}
    TemplateFile.objects.create(template=template, **values)
    Snippet.objects.create(shortcut="thanks", **mine)
    TemplateUse.objects.create(template=template, email=email)


def _fill_inbox(user: User, email: Any, number: int) -> None:
    now = timezone.now()
    box = make_mailbox(user)
    box.credential.password = PASSWORD
    box.credential.save()
    MailboxCopy.objects.create(
        email=email, mailbox=box, folder=box.folders.first(), uidvalidity=1, uid=number
    )
    Outgoing.objects.create(
        email=email, mailbox=box, token="t", due_at=now, claimed_until=now, frozen=FROZEN
    )
    Canary.objects.create(mailbox=box)
    AwaitedId.objects.create(email=email, value="later@x.test", distance=0)
    Absence.objects.create(mailbox=box, since=now, fault="auth")
    HeadersRead.objects.create(mailbox=box, day=now.date(), count=1)
    NeverLog.objects.create(entry=f"bank{number}.example", mailbox=box, by=user)
    LogSecret.objects.create(user=user, secret=f"{SECRET}{number}")
    Reading.objects.create(
        mailbox=box, email=email, message_id="a@b", rule="reply", known_id="c@d", at=now
    )
    TransportRecord.objects.create(email=email, mailbox=box, at=now, size=9)
    HeaderBlock.objects.create(email=email, origin="synced", at=now, text=CANARY)
    RawCopy.objects.create(email=email, at=now, text=CANARY)
    place = {"folder": box.folders.first(), "uidvalidity": 1, "uid": number}
    Quarantined.objects.create(
        mailbox=box, **place, arrived_at=now, size=9, error="ValueError", sealed=CANARY
    )


@pytest.fixture
def browse(client: Client, mio: User, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """GET as an admin, looking for what no page may show; without the bar that names every noun
    beside each of them."""
    client.force_login(mio)
    monkeypatch.setattr(admin.site, "enable_nav_sidebar", False)

    def get(address: str) -> Any:
        answer = client.get(address)
        secrets = [FROZEN.decode(), PASSWORD, CANARY, SECRET]
        secrets += UndoEntry.objects.values_list("token", flat=True)
        secrets += ApiToken.objects.values_list("digest", flat=True)
        secrets += User.objects.values_list("password", flat=True)
        shown = answer.content.decode()
        assert not [each for each in secrets if each in shown]
        return answer

    return get


@pytest.mark.rule("M42")
def test_every_noun_is_listed_and_searched(
    browse: Callable[[str], Any], subtests: pytest.Subtests
) -> None:
    fill(1)
    for model in MODELS:
        with subtests.test(label(model)):
            assert browse(url(model, "changelist") + "?q=").status_code == 200
            assert browse(url(model, "changelist") + "?q=a").status_code == 200


@pytest.mark.once  # what Django's forms ask for is one row by its id
@pytest.mark.rule("M42")
def test_every_page_of_every_noun_answers(
    browse: Callable[[str], Any], subtests: pytest.Subtests
) -> None:
    fill(1)
    for model in MODELS:
        with subtests.test(label(model)):
            every_page_answers(browse, model)


def every_page_answers(browse: Callable[[str], Any], model: Any) -> None:
    assert browse(url(model, "add")).status_code in (200, 403)
    row = model.objects.first()
    assert row or model not in OURS
    if row:
        assert browse(url(model, "change", row.pk)).status_code == 200
        assert browse(url(model, "history", row.pk)).status_code == 200
        assert browse(url(model, "delete", row.pk)).status_code in (200, 403)


def test_a_list_costs_the_same_for_any_length(browse: Callable[[str], Any]) -> None:
    counts = []
    for number in range(1, 7):
        fill(number)
        if number in (2, 6):
            counts.append({label(model): _cost(browse, url(model, "changelist")) for model in OURS})
    assert counts[0] == counts[1]


def _cost(browse: Callable[[str], Any], address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        browse(address)
    return len(queries)


@pytest.mark.rule("M39")
@pytest.mark.parametrize(
    "query",
    [
        "crm/user/?password__startswith=p",
        "crm/apitoken/?digest__startswith=0",
        "crm/undoentry/?token__startswith=a",
        "crm/apitoken/?user__password__startswith=p",
        "inbox/mailbox/?owner__password__startswith=p",
        "inbox/mailbox/?credential__password__startswith=s",
        "inbox/credential/?password__startswith=s",
        "inbox/outgoing/?frozen__startswith=c",
        "inbox/logsecret/?secret__startswith=c",
        "inbox/identity/?code__startswith=c",
        "inbox/draft/?text__startswith=c",
        "inbox/draftfile/?draft__text__startswith=c",
        "inbox/redelivery/?outgoing__frozen__startswith=c",
        "inbox/optout/?mark__startswith=c",
        "inbox/erasedaddress/?mark__startswith=c",
        "inbox/exportrun/?path__startswith=c",
    ],
)
def test_a_secret_cannot_be_filtered_for(browse: Callable[[str], Any], query: str) -> None:
    assert browse(f"/admin/{query}").status_code == 400


def test_a_person_made_here_can_sign_in_by_any_case(client: Client, mio: User) -> None:
    client.force_login(mio)
    body = {"email": "New@Musubi.Test", "name": "New", "role": "member", "is_active": "on"}
    assert client.post(url(User, "add"), body).status_code == 302
    assert User.objects.get_by_natural_key("new@musubi.test").name == "New"


def test_a_credential_is_never_shown(browse: Callable[[str], Any]) -> None:
    fill(1)
    row = Credential.objects.get()
    assert row.password == PASSWORD
    assert "password" not in browse(url(Credential, "change", row.pk)).context["adminform"].fields


def test_every_noun_is_there_and_so_is_the_clock(browse: Callable[[str], Any]) -> None:
    nouns = {*apps.get_app_config("crm").get_models(), *apps.get_app_config("inbox").get_models()}
    within = {EmailAddress}  # on the page of its contact
    assert {model for model in nouns if not model._meta.auto_created} - within <= set(OURS)
    index = browse("/admin/").content.decode()
    assert "Musubi" in index
    assert "Periodic tasks" in index


@pytest.mark.parametrize("model", OURS, ids=label)
def test_a_noun_can_be_searched_or_is_short(model: Any) -> None:
    """An operator looks for a name, an address or an id, not through pages of rows."""
    short = {"crm.heartbeat", "crm.thread", "crm.team", "crm.purgereceipt", "inbox.headersread"}
    short.add("inbox.erasedaddress")  # hashes: there is nothing to search for
    page = admin.site._registry[model]
    assert page.list_display != ("__str__",)
    assert page.search_fields or label(model) in short


@pytest.mark.parametrize(
    ("model", "page"),
    [
        (Contact, "crm:contact"),
        (Company, "crm:company"),
        (Deal, "crm:deal"),
        (Email, "inbox:email"),
    ],
    ids=str,
)
def test_a_record_leads_to_its_page(browse: Callable[[str], Any], model: Any, page: str) -> None:
    fill(1)
    row = model.objects.first()
    shown = browse(url(model, "change", row.pk)).content.decode()
    assert f'href="{reverse(page, args=[row.pk])}"' in shown


READ_ONLY = [Activity, Email, Attachment, UndoEntry, Notice, Task]


@pytest.mark.parametrize("model", READ_ONLY, ids=label)
def test_what_stories_write_is_only_read(client: Client, mio: User, model: Any) -> None:
    fill(1)
    client.force_login(mio)
    row = model.objects.first()
    assert client.post(url(model, "change", row.pk), {}).status_code == 403
    assert client.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert client.post(url(model, "add"), {}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.rule("M32")
def test_records_go_to_the_trash_and_come_back(client: Client, mio: User) -> None:
    contact = make_contact("ann@example.test")
    client.force_login(mio)
    assert client.post(url(Contact, "delete", contact.pk), {"post": "yes"}).status_code == 403
    _act(client, "move_to_trash", contact)
    assert Contact.objects.get().deleted_at
    again = make_contact("ann@example.test")  # its address is free meanwhile
    assert "belongs to another contact" in _act(client, "restore", contact)
    again.trash()
    _act(client, "restore", contact)
    assert Contact.objects.get(pk=contact.pk).deleted_at is None


def _act(client: Client, action: str, contact: Contact) -> str:
    body = {"action": action, "_selected_action": [contact.pk]}
    return str(client.post(url(Contact, "changelist"), body, follow=True).content.decode())


def test_each_kind_of_row_has_a_name_that_can_be_translated() -> None:
    """In Japanese no English name of a class shows through."""
    ours = [model for model in admin.site._registry if model._meta.app_label in ("crm", "inbox")]
    assert ours
    for model in ours:
        for name in (model._meta.verbose_name, model._meta.verbose_name_plural):
            assert isinstance(name, Promise), model
