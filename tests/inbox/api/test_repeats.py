"""REST: an e-mail asked for again by its Idempotency-Key, or another by mistake (M23)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import ApiToken, Contact, Email, User
from inbox.models import Mailbox, OptOut, Outgoing, Template
from inbox.models.opt_outs import mark_of
from inbox.sending import composer, repeats
from tests.factories import make_email, make_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M23")]
Send = Callable[..., Any]
FILE = {"name": "a.txt", "content_base64": "aGk="}


@pytest.fixture
def desk(hana: User) -> Mailbox:
    """Shared with hana's team."""
    return make_mailbox(hana, team=hana.team)


@pytest.fixture
def send(client: Client, hana: User, desk: Mailbox) -> Send:
    """With the key "k", unless another one is given."""
    own = {"Authorization": f"Bearer {ApiToken.issue(hana)}"}

    def post(key: str = "k", **changes: Any) -> Any:
        body = {"mailbox_id": str(desk.pk), "to": ["a@b.test"], "subject": "s", "text": "t"}
        headers = own | {"Idempotency-Key": key}
        return client.post(
            "/api/v1/emails", body | changes, content_type="application/json", headers=headers
        )

    return post


def assert_refused(answer: Any) -> None:
    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert [row["field"] for row in answer.json()["errors"]] == ["Idempotency-Key"]
    assert "new key" in answer.json()["detail"]
    assert Outgoing.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "other"},
        {"text": "other"},
        {"html": "<p>t</p>"},
        {"to": ["c@b.test"]},
        {"to": ["a@b.test", "c@b.test"]},
        {"to": ["no address"]},
        {"to": [], "cc": ["a@b.test"]},
        {"bcc": ["c@b.test"]},
        {"from": "sales@musubi.test"},
        {"attachments": [FILE]},
        {"in_reply_to_id": "1"},
        {"mailbox_id": "999"},
        {"mailbox_id": "x"},
    ],
)
def test_another_request_with_the_key_is_refused(send: Send, changes: dict[str, Any]) -> None:
    assert send().status_code == 202
    assert_refused(send(**changes))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"subject": "  Two\r\nlines  ", "text": "", "html": "<p onclick=x>Hi <b>there</b><p>"},
        {"text": "both", "html": "<p>both</p><img src='https://x.test/p' width=1 height=1>"},
        {"to": ["Ann <A@b.test>; c@b.test", "a@b.test"], "cc": ["C@b.test"], "bcc": ["d@b.test"]},
        {"to": ["a@bücher.example"], "attachments": [FILE, FILE, FILE | {"name": "b.txt"}]},
        {"from": "HANA@musubi.test", "subject": "日本語 " * 100, "send_at": "2000-01-01T00:00:00Z"},
    ],
)
def test_the_same_request_is_answered_with_the_first(send: Send, body: dict[str, Any]) -> None:
    first, again = send(**body), send(**body)
    assert (first.status_code, again.status_code) == (202, 202), first.content + again.content
    assert again.json()["id"] == first.json()["id"]
    assert Outgoing.objects.count() == 1


def test_an_id_is_the_same_however_it_was_written(send: Send, desk: Mailbox) -> None:
    padded = f"0{desk.pk}"
    assert send(mailbox_id=padded).json()["id"] == send(mailbox_id=padded).json()["id"]


def test_it_is_answered_though_it_would_be_refused_by_now(
    send: Send, desk: Mailbox, hana: User, ken: User, aoki: Contact
) -> None:
    """The recipient unsubscribed, what it answers went to the Trash, the mailbox to somebody else
    and its alias is none any more."""
    desk.identities.create(address="sales@musubi.test", proven_at=timezone.now())
    theirs = make_email(aoki, by=hana)
    body = {"in_reply_to_id": str(theirs.pk), "from": "sales@musubi.test"}
    first = send(**body)
    assert first.status_code == 202
    OptOut.note(mark_of("a@b.test"), OptOut.Why.LINK)
    theirs.activity.trash()
    desk.identities.all().delete()
    desk.change(owner=ken, team=None, state=Mailbox.State.DISCONNECTED)
    assert send(**body).json()["id"] == first.json()["id"]
    assert_refused(send(**body, subject="other"))
    Email.objects.filter(pk=theirs.pk).delete()  # erased
    Outgoing.objects.update(mailbox=None)
    assert send(**body).json()["id"] == first.json()["id"]
    assert_refused(send(subject="s"))


def test_what_a_template_says_by_now_is_no_other_request(send: Send, hana: User) -> None:
    mine = {"owner": hana, "shared": False, "text": "Good morning."}
    template = Template.objects.create(name="Offer", subject="Our offer", **mine)
    other = Template.objects.create(name="Other", **mine)
    body = {"template_id": str(template.pk), "subject": "", "text": "", "attachments": [FILE]}
    first = send(**body)
    assert (first.status_code, first.json()["subject"]) == (202, "Our offer")
    template.change(text="Good evening.", subject="New")
    assert send(**body).json()["id"] == first.json()["id"]
    for changes in ({"subject": "x"}, {"text": "x"}, {"template_id": str(other.pk)}):
        assert_refused(send(**body | changes))
    template.delete()
    assert send(**body).json()["id"] == first.json()["id"]


def test_who_loses_the_race_for_a_key_is_refused_as_well(desk: Mailbox, hana: User) -> None:
    """Both have looked for the key and found nothing; the second waits for the first."""
    for words in ("first", "second"):
        asked = repeats.Asked(str(desk.pk), ["a@b.test"], subject=words, text="t")
        draft = composer.NewEmail(
            mailbox=desk,
            to=asked.to,
            subject=words,
            text="t",
            idempotency_key="k",
            asked=asked,
        )
        if words == "first":
            composer.send(draft, by=hana)
    with pytest.raises(composer.NotSendable, match="new key") as refused:
        composer.send(draft, by=hana)
    assert refused.value.field == "Idempotency-Key"


@pytest.mark.parametrize(("length", "status"), [(998, 202), (999, 422)])
def test_a_subject_is_never_cut(send: Send, length: int, status: int) -> None:
    answer = send(subject="x" * length)
    assert answer.status_code == status
    if status == 422:
        assert [row["field"] for row in answer.json()["errors"]] == ["subject"]
        assert not Email.objects.exists()
