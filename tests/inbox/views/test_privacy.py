"""Private e-mails and conversations: who sees what, everywhere; and who is let in (M53)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from crm.models import ApiToken, Attachment, Contact, Email, Notice, Reader, UndoEntry, User
from inbox.models import MailboxCopy
from tests.factories import make_email, make_mailbox

SECRET = "Salary of Yuki"


@pytest.fixture
def email(hana: User, aoki: Contact) -> Email:
    found = make_email(
        aoki, by=hana, subject=SECRET, text=SECRET, at=datetime(2026, 5, 3, 9, tzinfo=UTC)
    )
    found.participants.create(role="cc", address="boss@aoki.example", name=SECRET, stranger=True)
    Attachment.objects.store(found.activity, b"x", name=f"{SECRET}.pdf", content_type="a/b")
    return found


@pytest.fixture
def signed_in(client: Client, hana: User) -> Client:
    client.force_login(hana)
    return client


def private(email: Email) -> bool:
    return Email.objects.get(pk=email.pk).private


def as_others_see_it(client: Client, user: User, email: Email, contact: Contact) -> dict[str, str]:
    client.force_login(user)
    paths = {
        "record": f"/contacts/{contact.pk}/",
        "files": f"/contacts/{contact.pk}/?tab=files",
        "page": f"/emails/{email.pk}/",
        "company": f"/companies/{contact.company_id}/",
        "home": "/?whose=everyone",
        "trash": "/trash/",
    }
    found = {name: client.get(path).content.decode() for name, path in paths.items()}
    bearer = {"Authorization": f"Bearer {ApiToken.issue(user)}"}
    for part in (f"contacts/{contact.pk}/timeline", f"contacts/{contact.pk}/attachments"):
        found[part] = client.get(f"/api/v1/{part}", headers=bearer).content.decode()
    found["api"] = client.get(f"/api/v1/emails/{email.pk}", headers=bearer).content.decode()
    return found


@pytest.mark.rule("M53")
@pytest.mark.parametrize("who", ["ken", "mio"])
def test_others_see_that_there_was_an_email_and_no_more(
    client: Client, request: pytest.FixtureRequest, who: str, email: Email, aoki: Contact
) -> None:
    """Admins as well."""
    other: User = request.getfixturevalue(who)
    make_email(aoki, thread=email.thread, answers=email, by=other)
    before = as_others_see_it(client, other, email, aoki)
    assert all(SECRET in before[part] for part in ("record", "files", "page", "api"))
    Email.objects.filter(pk=email.pk).update(private=True)
    after = as_others_see_it(client, other, email, aoki)
    for part, shown in after.items():
        assert SECRET not in shown and "boss@aoki.example" not in shown, part
    assert "A private e-mail" in after["record"] and "A private e-mail" in after["page"]
    assert "3 May 2026" in after["page"] or "3 May" in after["page"]
    assert '"private": true' in after["api"] and '"from": null' in after["api"]
    email.activity.trash()
    assert SECRET not in as_others_see_it(client, other, email, aoki)["trash"]


@pytest.mark.rule("M53")
def test_its_owner_makes_one_private_and_takes_that_back(signed_in: Client, email: Email) -> None:
    there = f"/emails/{email.pk}/"
    page = signed_in.get(there).content.decode()
    assert "Make private" in page
    signed_in.post(f"{there}privacy/", {"private": "yes"})
    assert private(email)
    page = signed_in.get(there).content.decode()
    assert SECRET in page and "Show to others again" in page
    signed_in.post(f"/undo/{UndoEntry.objects.get().token}/")
    assert not private(email)
    signed_in.post(f"{there}privacy/", {"private": "yes"})
    signed_in.post(f"{there}privacy/", {"private": "no"})
    assert not private(email)


@pytest.mark.rule("M53")
def test_a_conversation_is_private_with_what_is_ones_own_in_it(
    signed_in: Client, email: Email, aoki: Contact, ken: User
) -> None:
    his = make_email(aoki, thread=email.thread, by=ken)
    page = signed_in.get(f"/contacts/{aoki.pk}/").content.decode()
    assert f"/emails/{his.pk}/thread/privacy/" in page
    signed_in.post(f"/emails/{his.pk}/thread/privacy/", {"private": "yes"})
    assert (private(email), private(his)) == (True, False)
    assert Email.objects.get(pk=email.pk).thread.private
    assert "Show to others again" in signed_in.get(f"/contacts/{aoki.pk}/").content.decode()
    signed_in.post(f"/undo/{UndoEntry.objects.get().token}/")
    assert not private(email) and not Email.objects.get(pk=email.pk).thread.private


@pytest.mark.rule("M53")
def test_who_has_an_answer_in_it_does_not_show_what_another_keeps_private(
    client: Client, email: Email, aoki: Contact, hana: User, ken: User, rin: User
) -> None:
    """Though it came to them as well."""
    his = make_email(aoki, thread=email.thread, by=ken)
    Email.objects.filter(pk__in=[email.pk, his.pk]).update(private=True)
    email.thread.change(private=True)
    Reader.objects.create(email=email, user=ken, let_in=True)
    MailboxCopy.objects.create(email=email, mailbox=make_mailbox(ken))
    client.force_login(ken)
    client.post(f"/emails/{his.pk}/thread/privacy/", {"private": "no"})
    assert (private(email), private(his)) == (True, False)
    assert Email.objects.get(pk=email.pk).thread.private
    client.post(f"/emails/{his.pk}/thread/privacy/", {"private": "yes"})
    assert private(email) and private(his)


def test_nobody_else_decides(client: Client, email: Email, mio: User, rin: User) -> None:
    reader = Reader.objects.create(email=email, user=rin)
    for user in (mio, rin):
        client.force_login(user)
        for part, what in (
            ("privacy", {"private": "yes"}),
            ("thread/privacy", {"private": "yes"}),
            ("readers", {"reader": reader.pk, "let_in": "yes"}),
        ):
            assert client.post(f"/emails/{email.pk}/{part}/", what).status_code == 403
    assert not private(email)


@pytest.mark.rule("M53")
def test_who_asks_is_let_in_by_its_owner(
    client: Client, email: Email, hana: User, rin: User, aoki: Contact
) -> None:
    Email.objects.filter(pk=email.pk).update(private=True)
    there = f"/emails/{email.pk}/"
    client.force_login(rin)
    assert "Ask to see it" in client.get(there).content.decode()
    for _twice in range(2):
        assert client.post(f"{there}asking/").status_code == 303
    notice = Notice.objects.get()
    assert (notice.user, notice.kind) == (hana, "asked_to_see")
    assert SECRET not in client.get(there).content.decode()
    client.force_login(hana)
    assert "Rin asks to see it." in client.get(there).content.decode()
    answer(client, email, "yes")
    assert Notice.objects.filter(user=rin, kind="let_in").count() == 1
    client.force_login(rin)
    assert SECRET in client.get(there).content.decode()
    assert SECRET in client.get(f"/contacts/{aoki.pk}/?tab=files").content.decode()
    client.force_login(hana)
    answer(client, email, "no")
    client.force_login(rin)
    assert SECRET not in client.get(there).content.decode()


def answer(client: Client, email: Email, let_in: str) -> None:
    what: dict[str, Any] = {"reader": Reader.objects.get().pk, "let_in": let_in}
    assert client.post(f"/emails/{email.pk}/readers/", what).status_code == 303


def test_an_answer_about_nobody_is_not_there(signed_in: Client, email: Email) -> None:
    for reader in ("", "x", "99999"):
        what = {"reader": reader, "let_in": "yes"}
        assert signed_in.post(f"/emails/{email.pk}/readers/", what).status_code == 404


@pytest.mark.rule("M53")
def test_who_may_not_read_it_does_not_put_it_into_the_trash(
    client: Client, ken: User, email: Email
) -> None:
    """It would be gone from its owner's own timeline as well, and erased in time."""
    Email.objects.filter(pk=email.pk).update(private=True)
    client.force_login(ken)
    assert client.post(f"/emails/{email.pk}/trash/").status_code == 404
    bearer = {"Authorization": f"Bearer {ApiToken.issue(ken)}"}
    assert client.delete(f"/api/v1/emails/{email.pk}", headers=bearer).status_code == 403
    assert Email.objects.get(pk=email.pk).activity.deleted_at is None
