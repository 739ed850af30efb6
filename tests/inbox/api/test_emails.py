"""REST: what may be asked of POST /emails, without a mail server."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import ApiToken, Contact, Email, Participant, User
from inbox.models import Draft, Mailbox, OptOut, Outgoing, Redelivery
from inbox.models.opt_outs import mark_of
from tests.factories import make_email, make_mailbox

pytestmark = pytest.mark.django_db
Send = Callable[..., Any]


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    """Shared with hana's team."""
    return make_mailbox(hana, team=hana.team)


@pytest.fixture
def send(client: Client, hana: User, mailbox: Mailbox) -> Send:
    own = ApiToken.issue(hana)

    def post(token: str = own, key: str = "", **changes: Any) -> Any:
        body = {"mailbox_id": str(mailbox.pk), "to": ["a@b.test"], "subject": "s", "text": "t"}
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        return client.post(
            "/api/v1/emails", body | changes, content_type="application/json", headers=headers
        )

    return post


def test_a_key_is_ones_own(send: Send, ken: User) -> None:
    first, again = send(key="one"), send(key="one")
    assert first.json()["id"] == again.json()["id"]
    colleague = send(token=ApiToken.issue(ken), key="one", subject="mine")
    assert (colleague.status_code, colleague.json()["subject"]) == (202, "mine")
    assert Outgoing.objects.count() == 2


def test_without_a_key_each_is_sent(send: Send) -> None:
    assert send().json()["id"] != send().json()["id"]


@pytest.mark.rule("M25")
def test_whoever_has_unsubscribed_is_refused_unless_the_caller_knows(send: Send) -> None:
    OptOut.note(mark_of("a@b.test"), OptOut.Why.LINK)
    refused = send(to=["A <A@b.test>"])
    assert refused.status_code == 422 and refused.json()["errors"][0]["field"] == "to"
    assert not Outgoing.objects.exists()
    assert send(to_unsubscribed=True).status_code == 202


@pytest.mark.rule("M26")
def test_what_rest_has_scheduled_is_taken_back_on_the_page(
    send: Send, client: Client, hana: User
) -> None:
    """It had no draft: one is made of the e-mail."""
    later = (timezone.now() + timedelta(hours=2)).isoformat()
    sent = send(to=["a@b.test"], subject="Offer", html="<p>See <b>here</b></p>", send_at=later)
    client.force_login(hana)
    back = client.post(f"/emails/{sent.json()['id']}/cancellation/", follow=True)
    assert back.status_code == 200 and Outgoing.objects.get().state == "cancelled"
    draft = Draft.objects.get(user=hana)
    assert (draft.to, draft.subject) == ("a@b.test", "Offer") and "<b>here</b>" in draft.html


@pytest.mark.parametrize(("key", "status"), [("x" * 200, 202), ("x" * 201, 422), ("\0", 422)])
def test_odd_keys(send: Send, key: str, status: int) -> None:
    answer = send(key=key)
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.parametrize(
    "value",
    [0, 1893456000, "0", "", "2027-01-01", "tomorrow", "9999-12-31T23:59:59-12:00", True],
)
def test_a_time_that_is_none_is_refused(send: Send, value: Any) -> None:
    answer = send(send_at=value)
    assert answer.status_code == 422
    assert [row["field"] for row in answer.json()["errors"]] == ["send_at"]
    assert not Email.objects.exists()


def test_a_time_to_come_is_waited_for_and_one_gone_by_is_now(send: Send) -> None:
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    assert send(send_at=tomorrow).json()["status"] == "scheduled"
    assert send(send_at="2000-01-01T00:00:00Z").json()["status"] == "queued"
    assert send(send_at=None).json()["status"] == "queued"


@pytest.mark.parametrize("value", ["a", "a===", "aGk", "a Gk=", "_-8=", "é"])
def test_what_is_no_base64_names_its_place(send: Send, value: str) -> None:
    answer = send(attachments=[{"name": "a", "content_base64": value}])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "attachments.0.content_base64"


def test_a_template_that_does_not_exist_is_not_passed_over(send: Send) -> None:
    answer = send(template_id="1")
    assert [row["field"] for row in answer.json()["errors"]] == ["template_id"]


@pytest.mark.rule("M52")
def test_one_answers_only_what_one_sees(send: Send, rin: User, mio: User, aoki: Contact) -> None:
    aoki.change(audience="team")
    email = make_email(aoki)
    own = make_mailbox(rin)
    values = {"mailbox_id": str(own.pk), "in_reply_to_id": str(email.pk)}
    answer = send(token=ApiToken.issue(rin), **values)
    assert answer.json()["errors"][0]["field"] == "in_reply_to_id"
    admin = send(token=ApiToken.issue(mio))
    assert admin.json()["errors"][0]["field"] == "mailbox_id"


@pytest.mark.rule("M52")
def test_it_goes_out_from_a_proven_address_and_no_other(send: Send, mailbox: Mailbox) -> None:
    alias = {"from": "sales@musubi.test"}
    refused = send(**alias)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["from"]
    mailbox.identities.create(address=alias["from"], proven_at=timezone.now())
    assert send(**alias).json()["from"]["email"] == alias["from"]


def test_one_recipient_is_sent_to_again(client: Client, send: Send, hana: User) -> None:
    """409 while nothing is in question of them, 422 for somebody who was no recipient."""
    sent = send(to=["kenji@b.test", "rin@b.test"]).json()["id"]
    Outgoing.objects.update(state="sent")
    headers = {"Authorization": f"Bearer {ApiToken.issue(hana)}"}

    def again(address: str) -> Any:
        url = f"/api/v1/emails/{sent}/recipients/retry"
        return client.post(
            url, {"email": address}, content_type="application/json", headers=headers
        )

    assert [again(who).status_code for who in ("kenji@b.test", "x@b.test")] == [409, 422]
    kenji = Participant.objects.filter(address="kenji@b.test")
    kenji.update(status="refused", server_said="550 no")
    answer = again("Kenji@b.test")
    assert answer.status_code == 202
    states = {row["email"]: row["status"] for row in answer.json()["recipients"]}
    assert states["kenji@b.test"] == "deferred"
    assert Redelivery.objects.get().addresses == ["kenji@b.test"]
    assert again("kenji@b.test").status_code == 409


@pytest.mark.rule("M53")
def test_one_answers_only_what_one_may_read(
    send: Send, ken: User, hana: User, aoki: Contact
) -> None:
    """An answer would carry the ids of a conversation that is private, and stand in it."""
    email = make_email(aoki, by=hana, private=True)
    refused = send(token=ApiToken.issue(ken), in_reply_to_id=str(email.pk))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "in_reply_to_id"
    assert send(in_reply_to_id=str(email.pk)).status_code == 202


@pytest.mark.rule("M52")
@pytest.mark.parametrize("given", ["", "hana@example.test"])
def test_an_answer_goes_out_from_the_address_that_was_written_to(
    given: str, send: Send, mailbox: Mailbox, aoki: Contact
) -> None:
    mailbox.change(email="hana@example.test")
    mailbox.identities.create(address="sales@firm.example", proven_at=timezone.now())
    asked = make_email(aoki, by=mailbox.owner)
    Participant.objects.create(email=asked, role="to", address="sales@firm.example")
    assert send(in_reply_to_id=str(asked.pk), **{"from": given} if given else {}).status_code == 202
    sender = Email.objects.latest("pk").participants.get(role="from")
    assert sender.address == (given or "sales@firm.example")
