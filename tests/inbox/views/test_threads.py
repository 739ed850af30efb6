"""The page on which a conversation is split or joined, and what the conversation shows of it."""

import pytest
from django.test import Client

from crm.models import Contact, Email, UndoEntry, User
from tests.factories import make_email


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.fixture
def first(aoki: Contact, hana: User) -> Email:
    return make_email(aoki, subject="Offer", by=hana)


@pytest.fixture
def side(first: Email, aoki: Contact, hana: User) -> Email:
    return make_email(aoki, subject="Party", thread=first.thread, answers=first, by=hana)


def thread_of(email: Email) -> int:
    return Email.objects.get(pk=email.pk).thread_id


@pytest.mark.rule("M27")
def test_it_is_split_off_and_that_is_taken_back(
    signed_in: Client, aoki: Contact, first: Email, side: Email
) -> None:
    page = signed_in.get(f"/emails/{side.pk}/thread/").content.decode()
    assert "becomes a conversation of its own" in page
    came_from = f"http://testserver/contacts/{aoki.pk}/"
    answer = signed_in.post(f"/emails/{side.pk}/thread/split/", headers={"Referer": came_from})
    assert (answer.status_code, answer["Location"]) == (303, came_from)
    assert thread_of(side) != thread_of(first)
    page = signed_in.get(came_from).content.decode()
    assert "It is a conversation of its own now." in page
    assert page.count('class="thread card"') == 2
    signed_in.post(f"/undo/{UndoEntry.objects.get().token}/")
    assert thread_of(side) == thread_of(first)


def test_the_first_is_not_split_off(signed_in: Client, first: Email, side: Email) -> None:
    assert b"begins with this e-mail" in signed_in.get(f"/emails/{first.pk}/thread/").content
    refused = signed_in.post(f"/emails/{first.pk}/thread/split/")
    assert refused.status_code == 422
    assert b"choose a later one" in refused.content
    assert thread_of(side) == thread_of(first)


@pytest.mark.rule("M27")
def test_two_are_joined(signed_in: Client, aoki: Contact, first: Email) -> None:
    other = make_email(aoki, subject="Quote")
    page = signed_in.get(f"/emails/{first.pk}/thread/").content.decode()
    assert f'value="{other.thread_id}"' in page and "Quote" in page
    join = f"/emails/{first.pk}/thread/join/"
    answer = signed_in.post(join, {"with": other.thread_id})
    assert (answer.status_code, answer["Location"]) == (303, f"/contacts/{aoki.pk}/")
    assert thread_of(first) == other.thread_id
    assert UndoEntry.objects.count() == 1


def test_only_what_is_offered_is_joined(
    signed_in: Client, hana: User, rin: User, aoki: Contact, weber: Contact, first: Email
) -> None:
    """Neither that of another record, nor one whose content is not for whoever asks."""
    elsewhere = make_email(weber)
    hidden = make_email(aoki, by=rin, visibility="metadata", subject="Secret")
    page = signed_in.get(f"/emails/{first.pk}/thread/").content.decode()
    assert "Secret" not in page and f'value="{hidden.thread_id}"' not in page
    for chosen in (elsewhere.thread_id, hidden.thread_id, first.thread_id, "x", ""):
        answer = signed_in.post(f"/emails/{first.pk}/thread/join/", {"with": chosen})
        assert answer.status_code == 422
        assert b"Choose the conversation" in answer.content
    assert not UndoEntry.objects.exists()


def test_who_may_not_read_it_does_not_move_it(
    client: Client, rin: User, aoki: Contact, first: Email
) -> None:
    secret = make_email(aoki, thread=first.thread, answers=first, visibility="metadata")
    client.force_login(rin)
    for part in ("split", "join", "together"):
        assert client.post(f"/emails/{secret.pk}/thread/{part}/").status_code == 403
    assert client.get(f"/emails/{secret.pk}/thread/").status_code == 403
    page = client.get(f"/contacts/{aoki.pk}/").content.decode()
    assert f"/emails/{secret.pk}/thread/" not in page
    aoki.change(audience="owner")
    assert client.get(f"/emails/{secret.pk}/thread/").status_code == 404


@pytest.mark.rule("M27")
def test_mail_about_something_else_is_shown_apart_with_the_reason(
    signed_in: Client, aoki: Contact, first: Email, side: Email
) -> None:
    Email.objects.filter(pk=side.pk).update(apart="unrelated")
    page = signed_in.get(f"/contacts/{aoki.pk}/").content.decode()
    heading = page.split(f'id="thread-{first.thread_id}"')[1].split("</h3>")[0]
    assert "Offer" in heading
    apart = page.split('class="thread__apart"')[1]
    assert "“Party” is a new subject, and nobody of this conversation is in it" in apart
    assert f"/emails/{side.pk}/thread/split/" in apart
    signed_in.post(f"/emails/{side.pk}/thread/together/")
    page = signed_in.get(f"/contacts/{aoki.pk}/").content.decode()
    assert "thread__apart" not in page and "It is shown with the others now." in page
    signed_in.post(f"/undo/{UndoEntry.objects.get().token}/")
    assert Email.objects.get(pk=side.pk).apart == "unrelated"


def test_what_is_apart_and_split_off_is_like_any_other(
    signed_in: Client, first: Email, side: Email
) -> None:
    Email.objects.filter(pk=side.pk).update(apart="unrelated")
    signed_in.post(f"/emails/{side.pk}/thread/split/")
    assert Email.objects.get(pk=side.pk).apart == ""
    signed_in.post(f"/undo/{UndoEntry.objects.get().token}/")
    assert Email.objects.get(pk=side.pk).apart == "unrelated"
