"""What is typed is saved, found again where it was begun, and nobody else's."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crm.models import Contact, Email, User
from inbox.connect.limits import Limits
from inbox.models import Draft, DraftFile, Mailbox, Outgoing
from tests.factories import make_deal, make_email, make_mailbox
from tests.servers.pictures import png

pytestmark = pytest.mark.rule("M21")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    return make_mailbox(hana)


def post(client: Client, url: str, *, do: str = "save", **values: Any) -> Any:
    """As the scripts do it: (status, what was answered)."""
    typed = {"key": "k1", "version": 0, "to": "half an addr", "do": do, **values}
    answer = client.post(url, typed, headers=HTMX)
    return answer.status_code, json.loads(answer.content)


def test_saved_as_one_types_and_found_again(
    signed_in: Client, aoki: Contact, mailbox: Mailbox
) -> None:
    url = f"/contacts/{aoki.pk}/emails/"
    html = "<p>Dear <strong>Yuki</strong></p><script>x()</script>"
    first = post(signed_in, url, mailbox=mailbox.pk, subject="Off", html=html, rich="yes")
    assert (
        first[0] == 200 and first[1]["version"] == 1 and first[1]["said"].startswith("Draft saved")
    )
    post(signed_in, url, version=1, subject="Offer", html=html, rich="yes")
    draft = Draft.objects.get()
    assert (draft.subject, draft.to, draft.contact) == ("Offer", "half an addr", aoki)
    assert draft.text == "Dear Yuki" and draft.html == "<p>Dear <strong>Yuki</strong></p>"
    form = signed_in.get(url).content.decode()
    assert 'value="Offer"' in form and 'value="half an addr"' in form
    assert "Offer" not in signed_in.get(f"{url}?new").content.decode()
    assert "Draft: Offer" in signed_in.get(f"/contacts/{aoki.pk}/").content.decode()
    assert f"/drafts/{draft.pk}/" in signed_in.get("/drafts/").content.decode()


def test_a_reply_is_found_where_it_answers(
    signed_in: Client, aoki: Contact, mailbox: Mailbox
) -> None:
    asked, other = make_email(aoki, subject="Offer?"), make_email(aoki, subject="Else")
    post(signed_in, f"/emails/{asked.pk}/reply/", text="Half a sent")
    assert Draft.objects.get().answers == asked
    assert "Half a sent" in signed_in.get(f"/emails/{asked.pk}/reply/").content.decode()
    for elsewhere in (f"/emails/{other.pk}/reply/", f"/contacts/{aoki.pk}/emails/"):
        assert "Half a sent" not in signed_in.get(elsewhere).content.decode()


def test_of_two_windows_the_later_is_told(
    signed_in: Client, aoki: Contact, mailbox: Mailbox
) -> None:
    url = f"/contacts/{aoki.pk}/emails/"
    post(signed_in, url, text="here")
    post(signed_in, url, version=1, text="here, and on")
    status, said = post(signed_in, url, version=1, text="there")
    assert status == 409 and said["version"] == 2 and "another window" in said["said"]
    assert Draft.objects.get().text == "here, and on"
    sent = {"mailbox": mailbox.pk, "to": aoki.email, "key": "k1", "version": 1, "text": "there"}
    sent["subject"] = "Offer"
    answer = signed_in.post(url, sent)
    assert answer.status_code == 422 and "Press Send again" in answer.content.decode()
    assert answer["X-Overtaken"]  # what is typed on meanwhile writes over nothing
    assert not Email.objects.exists()
    assert signed_in.post(url, {**sent, "version": 2}).status_code == 303
    assert Email.objects.get().text == "there"
    assert post(signed_in, url, version=2, text="too late")[0] == 410


def test_nobody_else_opens_it(
    signed_in: Client, aoki: Contact, mailbox: Mailbox, mio: User
) -> None:
    post(signed_in, f"/contacts/{aoki.pk}/emails/", text="secret")
    post(signed_in, f"/contacts/{aoki.pk}/emails/", do="upload", inline="yes", file=picture())
    draft, file = Draft.objects.get(), DraftFile.objects.get()
    assert signed_in.get(f"/drafts/files/{file.pk}/").status_code == 200
    signed_in.force_login(mio)
    for url in (f"/drafts/{draft.pk}/", f"/drafts/files/{file.pk}/"):
        assert signed_in.get(url).status_code == 404
    assert signed_in.post(f"/drafts/{draft.pk}/removal/").status_code == 404
    for url in ("/drafts/", f"/contacts/{aoki.pk}/", f"/contacts/{aoki.pk}/emails/"):
        assert "secret" not in signed_in.get(url).content.decode()


def picture(name: str = "a.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, png(), "image/png")


@pytest.mark.parametrize("place", ["composer", "list"])
def test_discarded_and_back(signed_in: Client, aoki: Contact, mailbox: Mailbox, place: str) -> None:
    url = f"/contacts/{aoki.pk}/emails/"
    post(signed_in, url, text="Half a sent")
    draft = Draft.objects.get()
    if place == "composer":
        page = signed_in.post(url, {"key": "k1", "do": "discard"}, follow=True)
    else:
        page = signed_in.post(f"/drafts/{draft.pk}/removal/", follow=True)
    html = page.content.decode()
    assert "The draft is discarded." in html
    assert not Draft.objects.open_for(draft.user)
    assert signed_in.get(f"/drafts/{draft.pk}/").status_code == 404
    signed_in.post(html.split('class="toast__undo"')[0].rsplit('action="', 1)[1].split('"')[0])
    assert Draft.objects.open_for(draft.user).get() == draft


def test_files_are_kept_at_once_and_go_along_ticked(
    signed_in: Client, aoki: Contact, mailbox: Mailbox
) -> None:
    url = f"/contacts/{aoki.pk}/emails/"
    for name in ("a.pdf", "b.txt"):
        file = SimpleUploadedFile(name, name.encode(), "text/html")
        status, said = post(signed_in, url, do="upload", file=file)
        assert status == 200 and name in said["html"] and "checked" in said["html"]
    first, second = Draft.objects.get().files.all()
    assert (first.content_type, second.content_type) == ("application/pdf", "text/plain")
    post(signed_in, url, text="Hello", kept=[second.mark])
    assert [file.name for file in Draft.objects.get().kept_files()] == ["b.txt"]
    values = {"mailbox": mailbox.pk, "key": "k1", "version": 1, "kept": [second.mark]}
    values |= {"to": aoki.email, "subject": "Offer", "text": "Hello"}
    assert signed_in.post(url, values).status_code == 303
    assert [file.name for file in Email.objects.get().attachments()] == ["b.txt"]
    assert Email.objects.get().attachments().get().content() == b"b.txt"


@pytest.mark.parametrize("act", ["upload", "template"])
def test_what_comes_before_the_first_save_brings_the_words_along(
    signed_in: Client, aoki: Contact, mailbox: Mailbox, act: str
) -> None:
    """Who closes the window at once, and opens the draft on another device, finds them there."""
    url = f"/contacts/{aoki.pk}/emails/"
    words = {"to": "Yuki <yuki@aoki.example>", "subject": "Plan", "text": "Hello"}
    file = {"file": SimpleUploadedFile("a.pdf", b"a")} if act == "upload" else {}
    assert post(signed_in, url, do=act, mailbox=mailbox.pk, **words, **file)[0] == 200
    draft = Draft.objects.get()
    assert {name: getattr(draft, name) for name in words} == words and draft.mailbox == mailbox
    assert "yuki@aoki.example" in signed_in.get(f"/drafts/{draft.pk}/").content.decode()
    assert post(signed_in, url, version=0, text="Hello, Yuki")[0] == 200


def test_too_much_is_refused_when_it_is_chosen(
    signed_in: Client, aoki: Contact, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox.sending.drafts.USUAL", Limits(attachment_bytes=10))
    url = f"/contacts/{aoki.pk}/emails/"
    file = SimpleUploadedFile("a.bin", b"x" * 11)
    status, said = post(signed_in, url, do="upload", file=file)
    assert status == 422 and "Remove one." in said["said"]
    status, said = post(
        signed_in, url, do="upload", inline="yes", file=SimpleUploadedFile("a", b"x")
    )
    assert status == 422 and "Attach it as a file" in said["said"]
    assert not DraftFile.objects.exists()


def test_a_picture_in_the_text_becomes_a_part_of_the_mail(
    signed_in: Client, aoki: Contact, mailbox: Mailbox
) -> None:
    url = f"/contacts/{aoki.pk}/emails/"
    src = post(signed_in, url, do="upload", inline="yes", file=picture())[1]["src"]
    post(signed_in, url, do="upload", inline="yes", file=picture("gone.png"))
    html = f'<p>See <img src="{src}" alt="a.png"> <img src="/drafts/files/99999/"></p>'
    values = {"mailbox": mailbox.pk, "key": "k1", "version": 0, "to": aoki.email, "subject": "s"}
    assert signed_in.post(url, {**values, "html": html, "rich": "yes"}).status_code == 303
    email = Email.objects.get()
    (file,) = email.attachments()
    assert file.inline and file.content_type == "image/png" and file.content() == png()
    assert f'src="cid:{file.content_id}"' in email.html and "/drafts/" not in email.html
    assert email.text == "See [a.png]"
    body = signed_in.get(f"/emails/{email.pk}/body/").content.decode()
    assert f"/attachments/{file.pk}/inline/" in body


@pytest.mark.rule("M26")
def test_undo_reopens_the_draft_unchanged(
    signed_in: Client, aoki: Contact, mailbox: Mailbox
) -> None:
    asked = make_email(aoki, subject="Offer?", text="Shall we?")
    mailbox.signature = "<p>Hana</p>"
    mailbox.save()
    url = f"/emails/{asked.pk}/reply/"
    file = SimpleUploadedFile("a.pdf", b"%PDF")
    post(signed_in, url, do="upload", file=file)
    mark = DraftFile.objects.get().mark
    typed = {
        "mailbox": mailbox.pk,
        "to": aoki.email,
        "subject": "Re: Offer?",
        "signed": "on",
        "html": "<p>Yes, <em>gladly</em></p>",
        "rich": "yes",
        "quote": "> shortened",
    }
    post(signed_in, url, kept=[mark], **typed)
    before = Draft.objects.values().get()
    answer = signed_in.post(url, {**typed, "key": "k1", "version": 1, "kept": [mark]})
    assert answer.status_code == 303 and not Draft.objects.open_for(mailbox.owner)
    assert signed_in.get(f"/drafts/{before['id']}/").status_code == 404
    sent = Email.objects.get(direction=Email.Direction.OUTGOING)
    answer = signed_in.post(f"/emails/{sent.pk}/cancellation/")
    assert answer["Location"] == f"/drafts/{before['id']}/"
    after = Draft.objects.values().get()
    moved = {"touched_at": 0, "version": 0}
    assert {**after, **moved} == {**before, **moved}
    answer = signed_in.post(url, {**typed, "key": "k1", "version": 1, "kept": [mark]})
    assert answer.status_code == 303
    again = Email.objects.exclude(pk=sent.pk).get(direction=Email.Direction.OUTGOING)
    assert [file.name for file in again.attachments()] == ["a.pdf"]


def test_what_has_left_leaves_no_draft(signed_in: Client, aoki: Contact, mailbox: Mailbox) -> None:
    url = f"/contacts/{aoki.pk}/emails/"
    values = {"mailbox": mailbox.pk, "to": aoki.email, "subject": "Offer", "text": "Hello"}
    post(signed_in, url, **values)
    signed_in.post(url, {**values, "key": "k1", "version": 1})
    Outgoing.objects.update(state=Outgoing.State.SENT)
    signed_in.post(url, {**values, "key": "k2"})
    assert Draft.objects.get().key == "k2"  # that can still be taken back


def test_a_forward_offers_the_files_and_begins_a_thread(
    signed_in: Client, aoki: Contact, weber: Contact, mailbox: Mailbox
) -> None:
    asked = make_email(aoki, subject="Plan", text="See below.", html="<table><tr><td>Plan</table>")
    for name in ("a.pdf", "b.pdf"):
        asked.activity.files.create(
            name=name, content_type="application/pdf", size=3, path=f"attachments/{name}"
        )
    url = f"/emails/{asked.pk}/forward/"
    page = signed_in.get(url)
    form = page.context["form"].initial
    assert form["subject"] == "Fwd: Plan" and form["to"] == "" and len(form["kept"]) == 2
    values = {"mailbox": mailbox.pk, "to": weber.email, "key": "k1", "version": 0}
    values |= {"subject": "Fwd: Plan", "text": "FYI", "quote": form["quote"]}
    post(signed_in, url, **values, kept=form["kept"][:1])
    again = signed_in.get(url).context["form"].initial
    assert again["kept"] == form["kept"][:1]
    values |= {"version": 1, "kept": form["kept"][:1]}
    assert signed_in.post(url, values).status_code == 303
    sent = Email.objects.get(direction=Email.Direction.OUTGOING)
    assert sent.thread != asked.thread and not sent.outgoing.in_reply_to
    assert [file.name for file in sent.attachments()] == ["a.pdf"]
    assert sent.text.startswith("FYI\n\n---------- Forwarded message ----------\nFrom: Yuki Aoki")
    assert "<td>Plan</td>" in sent.html and "<p" in sent.html


def test_the_list_goes_on_page_by_page(
    signed_in: Client, hana: User, django_assert_max_num_queries: Any, aoki: Contact
) -> None:
    deal = make_deal(aoki)
    Draft.objects.bulk_create(
        Draft(user=hana, key=f"k{n}", subject=f"Draft {n}.", deal=deal) for n in range(40)
    )
    with django_assert_max_num_queries(20):
        first = signed_in.get("/drafts/").content.decode()
    following = first.split('rel="next" href="')[1].split('"')[0]
    second = signed_in.get(f"/drafts/{following}").content.decode()
    assert first.count("Draft ") >= 30 and "Draft 0." in second and "Draft 0." not in first
    assert signed_in.get("/drafts/?after=nonsense").status_code == 200


def test_without_scripts_it_is_saved_and_files_stay(
    signed_in: Client, aoki: Contact, mailbox: Mailbox
) -> None:
    url = f"/contacts/{aoki.pk}/emails/"
    values = {"mailbox": mailbox.pk, "key": "k1", "version": 0, "to": "", "text": "Hello"}
    file = SimpleUploadedFile("a.pdf", b"%PDF")
    answer = signed_in.post(url, {**values, "do": "save", "attachments": [file]})
    draft = Draft.objects.get()
    assert answer.status_code == 303 and answer["Location"] == f"/drafts/{draft.pk}/"
    form = signed_in.get(answer["Location"]).content.decode()
    assert "a.pdf" in form and "The draft is saved." in form
    second = SimpleUploadedFile("b.pdf", b"%PDF-2")
    refused = signed_in.post(url, {**values, "version": 1, "attachments": [second]})
    assert refused.status_code == 422 and "b.pdf" in refused.content.decode()
    answer = signed_in.post(url, {**values, "do": "save", "version": 0, "text": "other"})
    assert answer.status_code == 422 and "another window" in answer.content.decode()
    assert Draft.objects.get().text == "Hello"


def test_what_another_window_discarded_is_sent_with_its_files(
    signed_in: Client, aoki: Contact, mailbox: Mailbox
) -> None:
    url = f"/contacts/{aoki.pk}/emails/"
    file = SimpleUploadedFile("offer.pdf", b"%PDF", "application/pdf")
    post(signed_in, url, do="upload", file=file)
    mark = DraftFile.objects.get().mark
    signed_in.post(url, {"key": "k1", "do": "discard"})
    typed = {"mailbox": mailbox.pk, "to": aoki.email, "subject": "S", "text": "T", "kept": mark}
    signed_in.post(url, {"key": "k1", "version": 0, **typed})
    [sent] = Email.objects.all()
    assert [row.name for row in sent.activity.files.all()] == ["offer.pdf"]


def test_sent_in_one_window_it_is_not_sent_again_from_another_mailbox(
    signed_in: Client, aoki: Contact, mailbox: Mailbox, hana: User
) -> None:
    other = make_mailbox(hana, email="hana@elsewhere.test")
    url = f"/contacts/{aoki.pk}/emails/"
    typed = {"key": "k1", "version": 0, "to": aoki.email, "subject": "S", "text": "T"}
    for box in (mailbox, other):
        assert signed_in.post(url, {**typed, "mailbox": box.pk}).status_code == 303
    assert Email.objects.count() == 1


def test_undo_pressed_twice_opens_one_draft(
    signed_in: Client, aoki: Contact, mailbox: Mailbox
) -> None:
    url = f"/contacts/{aoki.pk}/emails/"
    typed = {"key": "k1", "version": 0, "to": aoki.email, "subject": "S", "text": "T"}
    signed_in.post(url, {**typed, "mailbox": mailbox.pk})
    email = Email.objects.get()
    first = signed_in.post(f"/emails/{email.pk}/cancellation/")
    again = signed_in.post(f"/emails/{email.pk}/cancellation/")
    assert first["Location"] == again["Location"]
    assert Draft.objects.count() == 1


@pytest.mark.rule("M24")
def test_a_forward_may_hold_the_fields_of_another_program(
    signed_in: Client, aoki: Contact, mailbox: Mailbox, hana: User
) -> None:
    """They stand in what somebody else wrote; what is written above them is asked as ever."""
    email = make_email(aoki, by=hana, text="Dear {{ contact.first_name }},")
    url = f"/emails/{email.pk}/forward/"
    quote = signed_in.get(url).context["form"]["quote"].value()
    typed = {"key": "k1", "version": 0, "to": "ann@b.test", "subject": "Fwd", "quote": quote}
    typed |= {"mailbox": mailbox.pk}
    mine = signed_in.post(url, {**typed, "text": "Hi {{ contact.first_name }}"})
    assert mine.status_code == 422
    assert signed_in.post(url, {**typed, "text": "See", "version": 1}).status_code == 303


def test_pictures_that_were_taken_out_of_the_text_leave_room_for_files(
    signed_in: Client, aoki: Contact, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = png(400, 400)
    limits = Limits(attachment_bytes=len(picture) + 10)
    monkeypatch.setattr("inbox.sending.drafts.limits_of", lambda _mailbox: limits)
    url = f"/contacts/{aoki.pk}/emails/"
    values = {"mailbox": mailbox.pk, "rich": "yes"}
    file = SimpleUploadedFile("p.png", picture, "image/png")
    placed = post(signed_in, url, do="upload", inline="yes", file=file)[1]["src"]
    post(signed_in, url, html=f'<p>Hi<img src="{placed}"></p>', **values)
    other = SimpleUploadedFile("a.txt", b"x" * 100)
    assert post(signed_in, url, do="upload", file=other)[0] == 422
    post(signed_in, url, html="<p>Hi</p>", version=1, **values)
    other.seek(0)
    assert post(signed_in, url, do="upload", file=other)[0] == 200
