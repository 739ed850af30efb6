"""What leaves: the words, the signature above the quotation, the quotation as it was designed."""

from typing import Any

import pytest

from crm.models import Contact, Email, User
from inbox.models import Mailbox
from inbox.sending import replies
from inbox.sending.composer import NotSendable
from inbox.sending.content import Content, Typed, finished
from tests.factories import make_email, make_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M21")]


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    return make_mailbox(hana, signature="<p>Hana Sato<br><strong>Musubi</strong></p>")


@pytest.fixture
def asked(aoki: Contact) -> Email:
    html = '<table bgcolor="red"><tr><td>Shall we?</td></tr></table>'
    pixel, logo = '<img src="https://x.example/p" width="1">', '<img src="https://x.example/logo">'
    return make_email(aoki, text="Shall we?", html=html + pixel + logo)


def finish(typed: Typed, mailbox: Mailbox, **values: Any) -> Content:
    return finished(typed, mailbox, **{"answers": None, "forwards": None, "files": (), **values})


def test_the_signature_stands_between(mailbox: Mailbox, asked: Email) -> None:
    typed = Typed("Yes.", "<p>Yes.</p>", replies.quotation(asked))
    said = finish(typed, mailbox, answers=asked)
    words, signature, quote = said.text.split("\n\n")
    assert words == "Yes." and signature == "-- \nHana Sato\nMusubi"
    assert quote.endswith("wrote:\n> Shall we?")
    places = [said.html.index(part) for part in ("Yes.", "-- ", "Musubi", "wrote:", "Shall we?")]
    assert places == sorted(places)
    assert '<blockquote type="cite"' in said.html and 'bgcolor="red"' in said.html
    assert "x.example/logo" in said.html and "x.example/p" not in said.html


def test_no_signature_where_there_is_none_or_none_is_wanted(mailbox: Mailbox) -> None:
    assert finish(Typed("Yes.", signed=False), mailbox) == Content("Yes.", "", [])
    mailbox.signature = "<p></p>"
    assert finish(Typed("Yes."), mailbox) == Content("Yes.", "", [])


def test_a_plain_letter_stays_plain(mailbox: Mailbox, asked: Email) -> None:
    mailbox.signature = "<p>Hana</p>"
    said = finish(Typed("Yes.", quote=replies.quotation(asked)), mailbox, answers=asked)
    assert not said.html and said.text.startswith("Yes.\n\n-- \nHana\n\nOn ")


def test_a_changed_quotation_goes_out_changed(mailbox: Mailbox, asked: Email) -> None:
    typed = Typed("Yes.", "<p>Yes.</p>", "Yuki wrote:\n> We?", signed=False)
    said = finish(typed, mailbox, answers=asked)
    assert "Shall" not in said.html and "bgcolor" not in said.html
    assert "Yuki wrote:</p><blockquote" in said.html and "<p>We?</p>" in said.html
    assert finish(Typed("Yes.", "<p>Yes.</p>", signed=False), mailbox, answers=asked).text == "Yes."


@pytest.mark.parametrize("html", ["", "<p>FYI</p>"])
def test_a_forward_passes_on_the_design_and_its_pictures(
    mailbox: Mailbox, asked: Email, html: str
) -> None:
    Email.objects.filter(pk=asked.pk).update(html='<b>Plan</b><img src="cid:p@x">')
    asked.refresh_from_db()
    values = {"content_type": "image/png", "size": 1, "inline": True, "path": "attachments/a"}
    for content_id in ("<p@x>", "<unused@x>"):
        asked.activity.files.create(name="p.png", content_id=content_id, **values)
    typed = Typed("FYI", html, replies.passed_on(asked), signed=False)
    said = finish(typed, mailbox, forwards=asked)
    assert "FYI</p>" in said.html and "<b>Plan</b>" in said.html and 'src="cid:p@x"' in said.html
    assert [(file.content_id, file.inline) for file in said.files] == [("p@x", True)]
    assert "From: Yuki Aoki &lt;yuki@aoki.example&gt;" in said.html


def test_nothing_written_is_not_sent(mailbox: Mailbox, asked: Email) -> None:
    with pytest.raises(NotSendable):
        finish(Typed(" \n", quote=replies.quotation(asked)), mailbox, answers=asked)
    assert finish(Typed("", quote=replies.passed_on(asked)), mailbox, forwards=asked).text
