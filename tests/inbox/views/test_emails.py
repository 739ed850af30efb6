"""An e-mail's page, its HTML in a frame, and what a person decides about it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm import timeline
from crm.models import (
    ApiToken,
    Attachment,
    Audience,
    Contact,
    Email,
    Participant,
    UndoEntry,
    User,
)
from inbox.connect import joining
from inbox.models import Outgoing, Redelivery
from tests.factories import make_deal, make_email, make_mailbox


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


def make_sent(contact: Contact, state: str, **values: Any) -> Email:
    email = make_email(
        contact, direction=Email.Direction.OUTGOING, source="sent", status=state, **values
    )
    now = timezone.now()
    mailbox = make_mailbox(contact.owner)
    Outgoing.objects.create(
        email=email, mailbox=mailbox, token="t", due_at=now, claimed_until=now, state=state
    )
    return email


def test_an_earlier_message_opens_alone_or_in_place(signed_in: Client, aoki: Contact) -> None:
    email = make_email(aoki, subject="Plan", text="All of the text.")
    whole = signed_in.get(f"/emails/{email.pk}/").content
    assert b"<html" in whole and b"All of the text." in whole
    part = signed_in.get(f"/emails/{email.pk}/", headers={"HX-Request": "true"}).content
    assert b"<html" not in part and b"All of the text." in part


def test_the_letter_is_harmless_and_alone_in_its_frame(signed_in: Client, aoki: Contact) -> None:
    email = make_email(
        aoki,
        html='<p onclick="x()">Dear <b>Hana</b><script>x()</script><img src="https://t.example/1"></p>'
        '<div class="gmail_quote">Older</div>',
    )
    answer = signed_in.get(f"/emails/{email.pk}/body/")
    html = answer.content.decode()
    assert "Dear <b>Hana</b>" in html and "onclick" not in html and "<script" not in html
    assert "t.example" not in html
    assert "Show quoted text" in html
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy and "https" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    frame = (
        signed_in.get(f"/contacts/{aoki.pk}/").content.decode().split("<iframe")[1].split(">")[0]
    )
    assert "allow-scripts" not in frame and f"/emails/{email.pk}/body/" in frame


def test_pictures_that_came_along_are_shown(signed_in: Client, aoki: Contact) -> None:
    email = make_email(aoki, html='<img src="cid:logo@x">')
    picture = Attachment.objects.store(
        email.activity,
        b"x",
        name="l.png",
        content_type="image/png",
        content_id="<logo@x>",
        inline=True,
    )
    html = signed_in.get(f"/emails/{email.pk}/body/").content.decode()
    assert f'src="/attachments/{picture.pk}/inline/"' in html


def test_a_letter_without_html_has_no_frame(signed_in: Client, aoki: Contact) -> None:
    email = make_email(aoki)
    assert signed_in.get(f"/emails/{email.pk}/body/").status_code == 404
    assert b"<iframe" not in signed_in.get(f"/contacts/{aoki.pk}/").content


@pytest.mark.rule("M41")
@pytest.mark.rule("M53")
def test_who_may_not_see_it(
    client: Client, aoki: Contact, hana: User, ken: User, rin: User
) -> None:
    aoki.change(audience=Audience.TEAM)
    email = make_email(aoki, by=hana, html="<p>Secret</p>", text="Secret", visibility="subject")
    client.force_login(rin)
    for path in ("", "body/", "reply/"):
        assert client.get(f"/emails/{email.pk}/{path}").status_code == 404
    for path in ("retry/", "resolution/", "trash/", "reply/"):
        assert client.post(f"/emails/{email.pk}/{path}").status_code == 404
    client.force_login(ken)
    assert b"Secret" not in client.get(f"/emails/{email.pk}/").content
    assert client.get(f"/emails/{email.pk}/body/").status_code == 404
    assert client.get(f"/emails/{email.pk}/reply/").status_code == 404


@pytest.mark.rule("M23")
def test_a_failed_email_is_sent_again_on_request(signed_in: Client, aoki: Contact) -> None:
    email = make_sent(aoki, Outgoing.State.FAILED)
    assert signed_in.get(f"/emails/{email.pk}/retry/")["Location"] == f"/emails/{email.pk}/"
    answer = signed_in.post(f"/emails/{email.pk}/retry/")
    assert answer.status_code == 303 and answer["Location"] == f"/contacts/{aoki.pk}/"
    assert Outgoing.objects.get().state == Outgoing.State.QUEUED


@pytest.mark.rule("M23")
@pytest.mark.parametrize(
    ("answer", "state"), [("yes", Outgoing.State.SENT), ("no", Outgoing.State.QUEUED)]
)
def test_only_a_persons_answer_ends_the_question(
    signed_in: Client, aoki: Contact, answer: str, state: str
) -> None:
    email = make_sent(aoki, Outgoing.State.UNKNOWN)
    assert (
        signed_in.post(f"/emails/{email.pk}/resolution/", {"delivered": "perhaps"}).status_code
        == 422
    )
    assert signed_in.post(f"/emails/{email.pk}/retry/").status_code == 303
    assert Outgoing.objects.get().state == Outgoing.State.UNKNOWN
    assert (
        signed_in.post(f"/emails/{email.pk}/resolution/", {"delivered": answer}).status_code == 303
    )
    assert Outgoing.objects.get().state == state


def test_received_mail_is_never_retried(signed_in: Client, aoki: Contact) -> None:
    email = make_email(aoki)
    assert signed_in.post(f"/emails/{email.pk}/retry/").status_code == 404
    assert signed_in.post(f"/emails/{email.pk}/resolution/", {"delivered": "no"}).status_code == 404


@pytest.mark.rule("M32")
def test_to_the_trash(signed_in: Client, aoki: Contact) -> None:
    email = make_email(aoki)
    assert signed_in.post(f"/emails/{email.pk}/trash/").status_code == 303
    assert signed_in.get(f"/emails/{email.pk}/").status_code == 404
    signed_in.post(f"/undo/{UndoEntry.objects.get().token}/")
    assert signed_in.get(f"/emails/{email.pk}/").status_code == 200


@pytest.mark.rule("M23")
def test_who_wrote_it_decides_when_its_mailbox_is_gone(
    signed_in: Client, aoki: Contact, ken: User
) -> None:
    email = make_sent(aoki, "unknown", by=aoki.owner)
    joining.disconnect(email.outgoing.mailbox, keep_emails=True)
    token = {"Authorization": f"Bearer {ApiToken.issue(aoki.owner)}"}
    path = f"/api/v1/emails/{email.pk}/resolve"
    body = {"data": '{"delivered": true}', "content_type": "application/json"}
    other = {"Authorization": f"Bearer {ApiToken.issue(ken)}"}
    assert signed_in.post(path, headers=other, **body).status_code == 409
    signed_in.force_login(ken)
    assert signed_in.post(f"/emails/{email.pk}/retry/").status_code == 404
    assert signed_in.post(path, headers=token, **body).json()["status"] == "sent"
    Outgoing.objects.update(state="failed")
    signed_in.force_login(aoki.owner)
    assert signed_in.post(f"/emails/{email.pk}/retry/").status_code == 303
    assert Outgoing.objects.get().state == "queued"


@pytest.mark.rule("M32")
def test_the_trash_is_taken_back_where_one_was(client: Client, aoki: Contact, hana: User) -> None:
    email, deal = make_email(aoki, subject="The plan"), make_deal(aoki)
    timeline.put(email.activity, deal, thread=email.thread)
    client.force_login(hana)
    came = {"Referer": f"http://testserver/deals/{deal.pk}/"}
    answer = client.post(f"/emails/{email.pk}/trash/", headers=came)
    assert answer["Location"].endswith(f"/deals/{deal.pk}/")
    page = client.get(f"/deals/{deal.pk}/").content.decode()
    assert "The plan" not in page and "/undo/" in page
    client.post(f"/undo/{UndoEntry.objects.get().token}/")
    assert "The plan" in client.get(f"/deals/{deal.pk}/").content.decode()


def test_a_long_timeline_costs_no_more_queries(signed_in: Client, aoki: Contact) -> None:
    """With pictures, strangers and files on each."""
    picture = '<img src="https://cdn.example/logo.png">'
    costs = []
    for number in range(12):
        email = make_email(aoki, html=picture)
        email.participants.create(role="cc", address=f"p{number}@old.example", stranger=True)
        make_email(aoki, thread=email.thread, html=picture)
        if number in (0, 11):
            with CaptureQueriesContext(connection) as asked:
                signed_in.get(f"/contacts/{aoki.pk}/")
            costs.append(len(asked))
    assert costs[0] == costs[1]


@pytest.fixture
def refused(aoki: Contact) -> Participant:
    """One whom the server did not take, of an e-mail that others have."""
    email = make_sent(aoki, "sent", message_id="<partly@x.test>")
    values = {"address": "kenji@x.test", "name": "Kenji", "status": "refused"}
    return Participant.objects.create(
        email=email, role="to", server_said="550 5.1.1 nobody", **values
    )


@pytest.mark.rule("M23")
def test_it_is_sent_again_to_the_one_who_was_refused(
    signed_in: Client, refused: Participant
) -> None:
    email = refused.email
    Participant.objects.filter(email=email, role="from").update(address="hana@musubi.test")
    page = signed_in.get(f"/emails/{email.pk}/").content.decode()
    assert "kenji@x.test was refused: 550 5.1.1 nobody" in page
    assert "Send again to Kenji only" in page
    address, kenji = f"/emails/{email.pk}/again/", {"recipient": refused.address}
    assert signed_in.post(address, kenji).status_code == 303
    assert signed_in.post(address, kenji).status_code == 303, "once more does nothing more"
    assert Redelivery.objects.get().addresses == ["kenji@x.test"]
    page = signed_in.get(f"/emails/{email.pk}/").content.decode()
    assert "Being sent to kenji@x.test" in page and "Send again" not in page


@pytest.mark.parametrize("status", ["deferred", "unknown"])
def test_what_is_not_known_or_not_yet_taken_is_said(
    signed_in: Client, refused: Participant, status: str
) -> None:
    Participant.objects.filter(pk=refused.pk).update(status=status, server_said="451 later")
    page = signed_in.get(f"/emails/{refused.email_id}/").content.decode()
    assert ("tried again by itself: 451 later" in page) is (status == "deferred")
    assert ("Nobody can know whether kenji@x.test got it" in page) is (status == "unknown")
    assert ("Send again to Kenji only" in page) is (status == "unknown")


def test_only_who_may_send_from_the_mailbox_sends_again(
    client: Client, signed_in: Client, refused: Participant, rin: User
) -> None:
    address, kenji = f"/emails/{refused.email_id}/again/", {"recipient": refused.address}
    assert signed_in.post(address).status_code == 404
    assert signed_in.post(address, {"recipient": "x@y.test"}).status_code == 404
    assert signed_in.post("/emails/999999/again/", kenji).status_code == 404
    client.force_login(rin)
    assert client.post(address, kenji).status_code == 404
    assert not Redelivery.objects.exists()
