"""The page that answers why a message is here or not."""

from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from crm.models import Contact, User
from tests.factories import make_contact, make_email, make_mailbox, scripted_mailbox
from tests.servers.imap_script import ImapScript
from tests.servers.script import Answers

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M45")]
HEADER = b"From: x@y.test\r\nSubject: <b>Private</b>\r\nMessage-ID: <a@b>\r\n\r\n"
FETCHED = b"* 1 FETCH (UID 9 RFC822.SIZE 9 BODY[HEADER.FIELDS (FROM)] {%d}\r\n%b)\r\n%%tag OK\r\n"
ANSWERS: Answers = {
    "UID SEARCH": [b"* SEARCH 9\r\n%tag OK\r\n"],
    "UID FETCH": [FETCHED % (len(HEADER), HEADER)],
}


@pytest.mark.parametrize(
    "pasted",
    [
        "<a@b>",
        "a@b",
        "Message-ID: <a@b>",
        "Received: from x\r\nSubject: y\r\nMessage-Id:\r\n <a@b>\r\nTo: z@y.test\r\n\r\nBody",
    ],
)
def test_an_id_is_found_in_what_was_pasted(client: Client, hana: User, pasted: str) -> None:
    with ImapScript(ANSWERS) as server:
        mailbox = scripted_mailbox(hana, server)
        client.force_login(hana)
        path = f"/mailboxes/{mailbox.pk}/why/"
        assert "Message-ID, or the whole header" in client.get(path).content.decode()
        html = client.post(path, {"message": pasted}).content.decode()
    assert "names no earlier message" in html
    assert "&lt;b&gt;Private" in html and "x@y.test" in html
    assert any(b'MESSAGE-ID "a@b"' in command for command in server.commands())


@pytest.mark.parametrize(
    "asked",
    [{}, {"message": "hello"}, {"message": "Subject: no id\r\n"}, {"sender": "x@y.test"}],
)
def test_a_question_without_a_message_is_refused(
    client: Client, hana: User, asked: dict[str, str]
) -> None:
    mailbox = make_mailbox(hana)
    client.force_login(hana)
    answer = client.post(f"/mailboxes/{mailbox.pk}/why/", asked)
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()


def test_a_server_that_cannot_be_asked_is_said(client: Client, hana: User) -> None:
    mailbox = make_mailbox(hana, imap_host="127.0.0.1", imap_port=1, imap_security="none")
    client.force_login(hana)
    answer = client.post(f"/mailboxes/{mailbox.pk}/why/", {"message": "<a@b>"})
    assert answer.status_code == 502
    assert "does not answer on port 1" in answer.content.decode()


def test_of_others_mail_an_admin_learns_only_what_became_of_one_id(
    client: Client, hana: User, mio: User, rin: User
) -> None:
    with ImapScript(ANSWERS) as server:
        mailbox = scripted_mailbox(hana, server)
        path = f"/mailboxes/{mailbox.pk}/why/"
        client.force_login(rin)
        assert client.post(path, {"message": "<a@b>"}).status_code == 404
        client.force_login(mio)
        assert 'name="sender"' not in client.get(path).content.decode()
        html = client.post(path, {"message": "<a@b>"}).content.decode()
        assert "names no earlier message" in html
        assert "Private" not in html and "x@y.test" not in html
        today = timezone.localdate().isoformat()
        assert client.post(path, {"sender": "x@y.test", "day": today}).status_code == 422


@pytest.mark.rule("M53")
@pytest.mark.parametrize("deleted_at", [None, timezone.now()])
def test_of_what_is_kept_from_them_those_who_share_the_mailbox_see_no_subject(
    client: Client,
    hana: User,
    ken: User,
    deleted_at: datetime | None,
) -> None:
    contact = make_contact("x@y.test")
    kept = {"subject": "<b>Private</b>", "visibility": "metadata"}
    known = make_email(contact, by=hana, message_id="a@b", **kept)
    known.activity.change(deleted_at=deleted_at)
    with ImapScript(ANSWERS) as server:
        mailbox = scripted_mailbox(hana, server)
        mailbox.change(team=ken.team)
        answers = {}
        for user in (hana, ken):
            client.force_login(user)
            path = f"/mailboxes/{mailbox.pk}/why/"
            answers[user] = client.post(path, {"message": "<a@b>"}).content.decode()
    assert "Private" in answers[hana] and "x@y.test" in answers[hana]
    assert "logged" in answers[ken]
    assert "Private" not in answers[ken] and "x@y.test" not in answers[ken]


NOWHERE: Answers = {"UID SEARCH": [b"* SEARCH\r\n%tag OK\r\n"]}


@pytest.mark.rule("M53")
@pytest.mark.parametrize("deleted_at", [None, timezone.now()])
@pytest.mark.parametrize("server_has_it", [True, False])
@pytest.mark.parametrize("private", [True, False])
def test_of_what_is_not_for_them_an_id_says_what_an_unknown_one_says(
    client: Client,
    hana: User,
    rin: User,
    deleted_at: datetime | None,
    server_has_it: bool,
    private: bool,
) -> None:
    """Private, or on the timeline of somebody whom the reader does not see."""
    hidden = {} if private else {"owner": hana, "audience": "owner"}
    known = make_email(
        make_contact("x@y.test", **hidden), by=hana, message_id="a@b", private=private
    )
    known.activity.change(deleted_at=deleted_at)

    def told(user: User, server: ImapScript, message_id: str) -> str:
        client.force_login(user)
        path = f"/mailboxes/{mailbox.pk}/why/"
        html = client.post(path, {"message": f"<{message_id}>"}).content.decode()
        return html.partition('<ol class="howto"')[2].partition("</ol>")[0]

    with ImapScript(ANSWERS if server_has_it else NOWHERE) as server:
        mailbox = scripted_mailbox(hana, server)
        mailbox.change(team=rin.team)
        assert "logged" in told(hana, server, "a@b")
        answer = told(rin, server, "a@b")
    with ImapScript(NOWHERE) as server:
        mailbox.change(imap_port=server.port)
        assert answer == told(rin, server, "unknown@nowhere.test")
    assert "not for you to see" in answer and "never arrived" in answer


def test_an_email_that_the_reader_may_see_is_linked(
    client: Client, hana: User, aoki: Contact
) -> None:
    known = make_email(aoki, by=hana, message_id="a@b")
    with ImapScript(NOWHERE) as server:
        mailbox = scripted_mailbox(hana, server)
        client.force_login(hana)
        html = client.post(f"/mailboxes/{mailbox.pk}/why/", {"message": "<a@b>"}).content.decode()
    assert "It is logged." in html and f"/emails/{known.pk}/" in html
