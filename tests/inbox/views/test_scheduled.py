"""A letter that waits for its time, where it stands: sent now, moved, withdrawn (M26)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import Contact, Email, User
from inbox.models import Outgoing
from inbox.sending import composer, later
from tests.factories import make_email, make_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M26")]


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.fixture
def waiting(hana: User, aoki: Contact) -> Outgoing:
    new = composer.NewEmail(
        mailbox=make_mailbox(hana),
        to=[aoki.email],
        subject="Offer",
        text="Hello.",
        send_at=timezone.now() + timedelta(days=1),
        holds=True,
    )
    outgoing: Outgoing = Outgoing.objects.get(email=composer.send(new, by=hana))
    return outgoing


def test_it_stands_there_with_its_time_and_can_be_sent_now(
    signed_in: Client, waiting: Outgoing, aoki: Contact
) -> None:
    html = signed_in.get(f"/contacts/{aoki.pk}/").content.decode()
    assert "Will be sent on" in html and "Send now" in html
    signed_in.post(f"/emails/{waiting.email_id}/schedule/")
    assert Outgoing.objects.due(timezone.now()).get() == waiting
    assert Email.objects.get().activity.at <= timezone.now()


def test_another_time_is_typed(signed_in: Client, waiting: Outgoing) -> None:
    url = f"/emails/{waiting.email_id}/schedule/"
    answer = signed_in.post(url, {"when": "one day soon"})
    html = answer.content.decode()
    assert answer.status_code == 422 and 'value="one day soon"' in html and "tomorrow 9:00" in html
    answer = signed_in.post(url, {"when": "2099-01-01"}, follow=True)
    assert answer.status_code == 422
    then = timezone.localtime() + timedelta(days=3)
    answer = signed_in.post(url, {"when": f"{then:%Y-%m-%d} 9:00"}, follow=True)
    assert "It will be sent on" in answer.content.decode()
    assert timezone.localtime(Outgoing.objects.get().due_at).date() == then.date()


def test_it_is_withdrawn_and_comes_back_by_undo(signed_in: Client, waiting: Outgoing) -> None:
    answer = signed_in.post(f"/emails/{waiting.email_id}/withdrawal/", follow=True)
    assert "It will not be sent." in answer.content.decode()
    assert Outgoing.objects.get().state == Outgoing.State.CANCELLED
    answer = signed_in.post(f"/emails/{waiting.email_id}/cancellation/", follow=True)
    assert 'value="Offer"' in answer.content.decode()


def test_what_was_held_says_who_wrote(signed_in: Client, waiting: Outgoing, aoki: Contact) -> None:
    answer = make_email(aoki)
    assert waiting.claim(timezone.now()) and later.hold(waiting, answer, timezone.now())
    html = signed_in.get(f"/emails/{waiting.email_id}/").content.decode()
    assert "Held, since Yuki Aoki wrote meanwhile." in html and "Send all the same" in html


def test_its_writer_alone_decides(
    client: Client, waiting: Outgoing, ken: User, aoki: Contact
) -> None:
    client.force_login(ken)
    assert "Send now" not in client.get(f"/contacts/{aoki.pk}/").content.decode()
    for what in ("schedule", "withdrawal"):
        assert client.post(f"/emails/{waiting.email_id}/{what}/").status_code == 404
    assert Outgoing.objects.get().due_at == waiting.due_at


def test_what_has_left_is_told_so(signed_in: Client, waiting: Outgoing) -> None:
    Outgoing.objects.update(state=Outgoing.State.SENT)
    Email.objects.update(status=Email.Status.SENT)
    for what in ("schedule", "withdrawal"):
        answer = signed_in.post(f"/emails/{waiting.email_id}/{what}/", follow=True)
        assert "It has left already." in answer.content.decode()
