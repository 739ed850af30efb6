"""A support bundle says how things stand, and nothing that anybody wrote (M59)."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from crm import notices
from crm.models import Contact, User
from inbox.models import Mailbox
from tests.factories import make_deal, make_email, make_mailbox, make_note

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M59")]
CANARIES = ["yuki", "aoki", "hana", "musubi.test", "example.test", "kumquat", "correct horse"]


def bundle(*arguments: str) -> str:
    out = StringIO()
    call_command("support_bundle", *arguments, stdout=out)
    return out.getvalue()


def test_no_content_is_in_it(aoki: Contact, hana: User) -> None:
    mailbox = make_mailbox(hana, signature="kumquat")
    mailbox.folders.create(name="Kumquat", role="other")
    make_email(aoki, subject="kumquat", text="kumquat", error="550 <yuki@aoki.example>", by=hana)
    make_note(aoki, "kumquat")
    make_deal(aoki, name="kumquat")
    notices.tell(hana, "reply", contact=aoki.pk, name="Yuki")
    mailbox.change(state=Mailbox.State.DEGRADED, fault="busy", state_reason="kumquat said hana@")
    said = bundle()
    assert [word for word in CANARIES if word in said.lower()] == []
    told = json.loads(said)
    (row,) = told["mailboxes"]
    assert (row["state"], row["fault"], row["provider"]) == ("degraded", "busy", "other")
    assert told["rows"]["crm.Email"] == 1 and len(row["folders"]) == 3


def test_a_server_is_asked_for_its_capabilities(mailbox: Mailbox) -> None:
    (row,) = json.loads(bundle("--ask-servers"))["mailboxes"]
    assert "IDLE" in row["server"]["capabilities"]
