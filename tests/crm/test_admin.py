"""The Django admin: every page of every noun loads, shows no secret and costs a fixed effort."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.models import ApiToken, Attachment, Heartbeat, Pipeline, User
from inbox.models import Credential, HeadersRead, MailboxCopy, Outgoing, Reading
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
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
OURS = [model for model in MODELS if model._meta.app_label in ("crm", "inbox")]
FROZEN = b"canary-frozen-bytes"
PASSWORD = "canary-mailbox-password"


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
    Attachment.objects.store(email.activity, b"x", name="a.txt", content_type="text/plain")
    Heartbeat.objects.create(part=f"part {number}", at=now)
    _fill_inbox(user, email, number)


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
    HeadersRead.objects.create(mailbox=box, day=now.date(), count=1)
    Reading.objects.create(
        mailbox=box, email=email, message_id="a@b", rule="reply", known_id="c@d", at=now
    )


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def browse(client: Client, mio: User) -> Callable[[str], Any]:
    """GET as an admin, looking for what no page may show."""
    client.force_login(mio)

    def get(address: str) -> Any:
        answer = client.get(address)
        secrets = [FROZEN.decode(), PASSWORD]
        secrets += ApiToken.objects.values_list("digest", flat=True)
        secrets += User.objects.values_list("password", flat=True)
        shown = answer.content.decode()
        assert not [each for each in secrets if each in shown]
        return answer

    return get


@pytest.mark.rule("M42")
@pytest.mark.parametrize("model", MODELS, ids=label)
def test_every_page_of_every_noun_answers(browse: Callable[[str], Any], model: Any) -> None:
    fill(1)
    assert browse(url(model, "changelist")).status_code == 200
    assert browse(url(model, "changelist") + "?q=a").status_code == 200
    assert browse(url(model, "add")).status_code in (200, 403)
    row = model.objects.first()
    assert row or model not in OURS
    if row:
        assert browse(url(model, "change", row.pk)).status_code == 200
        assert browse(url(model, "history", row.pk)).status_code == 200
        assert browse(url(model, "delete", row.pk)).status_code in (200, 403)


@pytest.mark.parametrize("model", OURS, ids=label)
def test_a_list_costs_the_same_for_any_length(browse: Callable[[str], Any], model: Any) -> None:
    counts = []
    for number in range(1, 7):
        fill(number)
        if number in (2, 6):
            with CaptureQueriesContext(connection) as queries:
                browse(url(model, "changelist"))
            counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.rule("M39")
@pytest.mark.parametrize(
    "query",
    [
        "crm/user/?password__startswith=p",
        "crm/apitoken/?digest__startswith=0",
        "crm/apitoken/?user__password__startswith=p",
        "inbox/mailbox/?owner__password__startswith=p",
        "inbox/mailbox/?credential__password__startswith=s",
        "inbox/credential/?password__startswith=s",
        "inbox/outgoing/?frozen__startswith=c",
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
