"""Writing from the record: what is typed becomes an e-mail on the timeline that is due."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from crm.models import Contact, Email, User
from inbox.models import Draft, Mailbox, Outgoing
from tests.factories import make_contact, make_deal, make_email, make_mailbox


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    return make_mailbox(hana)


def written(sender: Mailbox, **values: object) -> dict[str, object]:
    typed = {
        "to": "Yuki Aoki <yuki@aoki.example>",
        "subject": "Offer",
        "text": "Dear Yuki,\r\nhello.",
    }
    return {"mailbox": sender.pk, "key": "k1", **typed, **values}


@pytest.mark.rule("M21")
@pytest.mark.rule("M23")
def test_send_logs_it_first(signed_in: Client, aoki: Contact, mailbox: Mailbox, hana: User) -> None:
    files = [
        SimpleUploadedFile("見積.pdf", b"%PDF", "application/pdf"),
        SimpleUploadedFile("b.txt", b"b"),
    ]
    values = written(mailbox, cc="boss@aoki.example", bcc="me@musubi.test", attachments=files)
    answer = signed_in.post(f"/contacts/{aoki.pk}/emails/", values)
    assert answer.status_code == 303 and answer["Location"] == f"/contacts/{aoki.pk}/"
    email = Email.objects.get()
    assert (email.subject, email.text, email.activity.by) == ("Offer", "Dear Yuki,\nhello.", hana)
    assert sorted(file.name for file in email.attachments()) == ["b.txt", "見積.pdf"]
    people = {(p.role, p.address) for p in email.participants.all()}
    assert {("cc", "boss@aoki.example"), ("bcc", "me@musubi.test")} < people
    assert Outgoing.objects.get().state == Outgoing.State.QUEUED
    assert "Sending…" in signed_in.get(f"/contacts/{aoki.pk}/").content.decode()


@pytest.mark.rule("M26")
def test_send_later_offers_the_morning_of_who_gets_it(
    signed_in: Client, aoki: Contact, rin: User, mailbox: Mailbox
) -> None:
    """On their page, and in an answer to them; not of whom one does not see."""
    asked = make_email(aoki, text="Offer?")
    pages = (f"/contacts/{aoki.pk}/emails/", f"/emails/{asked.pk}/reply/")
    assert not [page for page in pages if b"Their morning" in signed_in.get(page).content]
    aoki.change(time_zone="Pacific/Auckland")
    assert all(b"Their morning in Auckland" in signed_in.get(page).content for page in pages)
    aoki.change(owner=rin, audience="owner")
    make_email(aoki, thread=asked.thread, by=mailbox.owner)
    assert b"Auckland" not in signed_in.get(pages[1]).content


def test_pressed_twice_it_is_sent_once(signed_in: Client, aoki: Contact, mailbox: Mailbox) -> None:
    for _press in range(2):
        signed_in.post(f"/contacts/{aoki.pk}/emails/", written(mailbox))
    assert Email.objects.count() == 1
    signed_in.post(f"/contacts/{aoki.pk}/emails/", written(mailbox, key="k2"))
    assert Email.objects.count() == 2


@pytest.mark.rule("M21")
def test_a_deal_writes_to_its_people_and_keeps_the_letter(
    signed_in: Client, aoki: Contact, weber: Contact, mailbox: Mailbox
) -> None:
    deal = make_deal(aoki, weber, make_contact(""), name="Osaka rollout")
    form = signed_in.get(f"/deals/{deal.pk}/emails/").content.decode()
    assert "Yuki Aoki &lt;yuki@aoki.example&gt;" in form and weber.email in form
    assert 'value="Osaka rollout"' in form
    values = written(mailbox, to="somebody@elsewhere.example")
    answer = signed_in.post(f"/deals/{deal.pk}/emails/", values)
    assert answer.status_code == 303 and answer["Location"] == f"/deals/{deal.pk}/"
    assert "Sending…" in signed_in.get(f"/deals/{deal.pk}/").content.decode()


@pytest.mark.rule("M21")
def test_a_company_asks_whom(signed_in: Client, aoki: Contact, mailbox: Mailbox) -> None:
    url = f"/companies/{aoki.company_id}/emails/"
    form = signed_in.get(url).content.decode()
    assert "To whom?" in form and f'href="{url}?to={aoki.pk}"' in form
    assert "yuki@aoki.example" not in form
    assert (
        "Yuki Aoki &lt;yuki@aoki.example&gt;"
        in signed_in.get(f"{url}?to={aoki.pk}").content.decode()
    )
    answer = signed_in.post(url, written(mailbox, to="info@aoki.example"))
    assert answer.status_code == 303 and answer["Location"] == f"/companies/{aoki.company_id}/"
    page = signed_in.get(f"/companies/{aoki.company_id}/").content.decode()
    assert "Sending…" in page


def test_a_name_with_a_comma_is_one_recipient(
    signed_in: Client, aoki: Contact, mailbox: Mailbox
) -> None:
    aoki.change(first_name="", last_name="Aoki, Yuki")
    deal = make_deal(aoki)
    form = signed_in.get(f"/deals/{deal.pk}/emails/").content.decode()
    assert "&quot;Aoki, Yuki&quot; &lt;yuki@aoki.example&gt;" in form


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"to": ""}, "required"),
        ({"to": "not an address"}, "is not an e-mail address"),
        ({"text": "  "}, "Write something"),
        ({"mailbox": 0}, "valid choice"),
    ],
)
def test_what_cannot_be_sent_comes_back_as_typed(
    signed_in: Client, aoki: Contact, mailbox: Mailbox, wrong: dict[str, object], words: str
) -> None:
    answer = signed_in.post(f"/contacts/{aoki.pk}/emails/", written(mailbox, **wrong))
    html = answer.content.decode()
    assert answer.status_code == 422 and words in html and 'value="Offer"' in html
    assert not Email.objects.exists()


@pytest.mark.rule("M52")
def test_nobody_sends_from_a_mailbox_of_others(
    client: Client, aoki: Contact, mailbox: Mailbox, rin: User, mio: User
) -> None:
    for other in (rin, mio):
        make_mailbox(other)
        client.force_login(other)
        answer = client.post(f"/contacts/{aoki.pk}/emails/", written(mailbox))
        assert answer.status_code == 422 and not Email.objects.exists()


@pytest.mark.rule("M1")
def test_without_a_mailbox_the_page_leads_to_connecting_one(
    signed_in: Client, aoki: Contact
) -> None:
    html = signed_in.get(f"/contacts/{aoki.pk}/emails/").content.decode()
    assert "Connect a mailbox first" in html and "/mailboxes/connect/" in html


def test_htmx_gets_the_form_alone(signed_in: Client, aoki: Contact, mailbox: Mailbox) -> None:
    answer = signed_in.get(f"/contacts/{aoki.pk}/emails/", headers={"HX-Request": "true"})
    assert b"<html" not in answer.content and b'name="text"' in answer.content


def test_a_reply_stays_in_the_conversation(
    signed_in: Client, aoki: Contact, mailbox: Mailbox
) -> None:
    asked = make_email(aoki, subject="Offer?")
    form = signed_in.get(f"/emails/{asked.pk}/reply/").content.decode()
    assert 'value="Re: Offer?"' in form and "yuki@aoki.example" in form
    answer = signed_in.post(f"/emails/{asked.pk}/reply/", written(mailbox, subject="Re: Offer?"))
    assert answer.status_code == 303
    sent = Email.objects.get(direction=Email.Direction.OUTGOING)
    assert sent.thread == asked.thread
    assert sent.outgoing.in_reply_to == asked.message_id


@pytest.mark.rule("M26")
def test_undo_brings_back_what_was_written(
    signed_in: Client, aoki: Contact, mailbox: Mailbox
) -> None:
    asked = make_email(aoki, subject="Offer?")
    file = SimpleUploadedFile("見積.pdf", b"%PDF", "application/pdf")
    values = written(mailbox, bcc="me@musubi.test", subject="Re: Offer?", attachments=[file])
    answer = signed_in.post(f"/emails/{asked.pk}/reply/", values, follow=True)
    sent = Email.objects.get(direction=Email.Direction.OUTGOING)
    html = answer.content.decode()
    assert "Sending in 10 seconds." in html and f"/emails/{sent.pk}/cancellation/" in html

    answer = signed_in.post(f"/emails/{sent.pk}/cancellation/", follow=True)
    form = answer.context["form"].initial
    assert form["subject"] == "Re: Offer?" and form["text"] == "Dear Yuki,\nhello."
    assert "yuki@aoki.example" in form["to"] and form["bcc"] == "me@musubi.test"
    assert "見積.pdf" in answer.content.decode()
    assert signed_in.get(f"/emails/{sent.pk}/").status_code == 404

    there = Draft.objects.get()
    again = written(mailbox, key=there.key, version=there.version, kept=form["kept"])
    assert signed_in.post(f"/drafts/{there.pk}/", again).status_code == 303
    second = Email.objects.exclude(pk=sent.pk).get(direction=Email.Direction.OUTGOING)
    assert [file.name for file in second.attachments()] == ["見積.pdf"]
    assert second.thread == asked.thread and second.outgoing.in_reply_to == asked.message_id


@pytest.mark.rule("M26")
def test_undo_comes_too_late_or_from_somebody_else(
    signed_in: Client, aoki: Contact, mailbox: Mailbox, ken: User
) -> None:
    signed_in.post(f"/contacts/{aoki.pk}/emails/", written(mailbox))
    sent = Email.objects.get()
    Outgoing.objects.update(state=Outgoing.State.SENT)
    answer = signed_in.post(f"/emails/{sent.pk}/cancellation/", follow=True)
    assert "It has left already." in answer.content.decode()
    assert answer.redirect_chain[-1][0] == f"/contacts/{aoki.pk}/"
    inbox = f"http://testserver/inbox/{sent.thread_id}/?folder=waiting"
    answer = signed_in.post(f"/emails/{sent.pk}/cancellation/", headers={"Referer": inbox})
    assert answer["Location"] == inbox, "it was pressed in the inbox"
    Outgoing.objects.update(state=Outgoing.State.CANCELLED)
    signed_in.force_login(ken)
    assert signed_in.post(f"/emails/{sent.pk}/cancellation/").status_code == 404


def test_who_wants_no_undo_sends_at_once(
    signed_in: Client, aoki: Contact, mailbox: Mailbox, hana: User
) -> None:
    hana.undo_seconds = 0
    hana.save()
    answer = signed_in.post(f"/contacts/{aoki.pk}/emails/", written(mailbox), follow=True)
    assert "Sending in" not in answer.content.decode()
    assert Outgoing.objects.due(timezone.now()).exists()


@pytest.mark.rule("M26")
def test_the_page_before_undo_can_send_it_after_all(
    signed_in: Client, aoki: Contact, mailbox: Mailbox
) -> None:
    """By the browser's Back, with the key of the e-mail that was taken back."""
    signed_in.post(f"/contacts/{aoki.pk}/emails/", written(mailbox))
    signed_in.post(f"/emails/{Email.objects.get().pk}/cancellation/")
    signed_in.post(f"/contacts/{aoki.pk}/emails/", written(mailbox))
    states = Outgoing.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [Outgoing.State.CANCELLED, Outgoing.State.QUEUED]
