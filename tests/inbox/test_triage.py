"""Which conversation is in which folder, and what a row says of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm import turns
from crm.models import Attachment, Contact, Email, Thread, User
from inbox import triage
from inbox.models import Draft, MailboxCopy, Outgoing
from inbox.sending import composer
from tests.factories import make_contact, make_deal, make_email, make_mailbox

NOW = timezone.now


def found(user: User, **query: str) -> list[str]:
    wanted = triage.asked(query, user)
    rows, _next = triage.page_of(triage.threads(user, wanted, NOW()), user)
    return [row.email.subject for row in rows]


def leaving(contact: Contact, user: User, *, state: str, status: str) -> Email:
    email = make_email(contact, by=user, direction="outgoing", status=status, subject=status)
    values = {"token": "t", "due_at": NOW() + timedelta(days=1), "claimed_until": NOW()}
    Outgoing.objects.create(email=email, mailbox=None, state=state, **values)
    return email


def test_each_folder_has_its_own(hana: User, aoki: Contact) -> None:
    ago = NOW() - timedelta(hours=1)
    make_email(aoki, by=hana, subject="asked", at=ago)
    make_email(aoki, by=hana, subject="answered", direction="outgoing")
    put_off = make_email(aoki, by=hana, subject="put off")
    turns.snooze([put_off.thread], NOW() + timedelta(days=1), by=hana)
    turns.finish([make_email(aoki, by=hana, subject="thanks").thread], by=hana)
    make_email(aoki, by=hana, subject="long ago", at=NOW() - timedelta(days=100))
    make_email(aoki, by=hana, subject="automatic", auto_reply=True)
    assert found(hana) == ["asked"]
    assert found(hana, folder="waiting") == ["answered"]
    assert found(hana, folder="snoozed") == ["put off"]
    assert found(hana, folder="done") == ["thanks"]


def test_what_leaves_later_and_what_did_not_leave(hana: User, ken: User, aoki: Contact) -> None:
    states = Outgoing.State
    leaving(aoki, hana, state=states.QUEUED, status="scheduled")
    leaving(aoki, hana, state=states.FAILED, status="failed")
    leaving(aoki, hana, state=states.UNKNOWN, status="unknown").activity.trash()
    assert found(hana, folder="scheduled") == ["scheduled"]
    assert found(hana, folder="failed") == ["failed"]
    assert found(ken, folder="failed") == []


def test_whose_they_are(hana: User, ken: User, aoki: Contact) -> None:
    make_email(aoki, by=hana, subject="hana's")
    given = make_email(aoki, by=hana, subject="given")
    turns.assign([given.thread], ken, by=hana)
    assert found(hana) == ["hana's"]
    assert found(ken) == ["given"]
    assert found(ken, whose="anyone") == ["given", "hana's"]
    assert found(ken, whose="nobody") == ["hana's"]
    assert found(ken, whose="somebody") == ["given"]


def test_of_one_mailbox(hana: User, rin: User, aoki: Contact) -> None:
    mailbox = make_mailbox(hana)
    here = make_email(aoki, by=hana, subject="here")
    MailboxCopy.objects.create(email=here, mailbox=mailbox)
    make_email(aoki, by=hana, subject="elsewhere")
    folder = f"mailbox-{mailbox.pk}"
    assert found(hana, folder=folder) == ["here"]
    assert found(rin, folder=folder) == []  # not theirs: as if it had not been asked
    assert found(hana, folder="mailbox-99999999999999999999") == ["elsewhere", "here"]


@pytest.mark.rule("M53")
def test_it_is_found_by_what_one_may_see(hana: User, ken: User, aoki: Contact) -> None:
    make_email(aoki, by=hana, subject="The offer")
    make_email(aoki, by=hana, subject="Salaries", visibility="metadata")
    make_email(aoki, by=hana, subject="Secret", private=True)
    assert found(hana, q="offer") == ["The offer"]
    assert found(hana, q="aoki salar") == ["Salaries"]
    assert found(ken, whose="anyone") == ["Salaries", "The offer"]  # the page hides its subject
    assert found(ken, whose="anyone", q="salar") == []
    assert found(ken, whose="anyone", q="secret") == []


def test_with_files(hana: User, ken: User, aoki: Contact) -> None:
    offer = make_email(aoki, by=hana, subject="offer", visibility="metadata")
    Attachment.objects.store(offer.activity, b"x", name="a.pdf", content_type="application/pdf")
    make_email(aoki, by=hana, subject="none")
    assert found(hana, files="yes") == ["offer"]
    assert found(ken, whose="anyone", files="yes") == []


def test_pages_and_the_next_one(
    hana: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: object
) -> None:
    monkeypatch.setattr(triage, "PAGE", 3)
    now = NOW().replace(microsecond=0)
    for number in range(5):  # two of one moment
        at = now - timedelta(minutes=number // 2)
        contact = make_contact(owner=hana)
        make_deal(contact, owner=hana)
        make_email(contact, by=hana, subject=str(number), at=at)
    rows = triage.threads(hana, triage.asked({}, hana), NOW())
    with django_assert_num_queries(7):  # type: ignore[operator]
        first, following = triage.page_of(rows, hana)
    assert [row.email.subject for row in first] == ["1", "0", "3"]
    assert all(row.deal and row.thread.unread for row in first)
    rest, end = triage.page_of(rows, hana, following)
    assert ([row.email.subject for row in rest], end) == (["2", "4"], "")
    assert [row.email.subject for row in triage.page_of(rows, hana, "nonsense")[0]][0] == "1"
    order = [row.thread for row in (*first, *rest)]
    assert [triage.next_to(rows, each) for each in order] == [*order[1:], order[-2]]
    assert triage.next_to(Thread.objects.none(), order[0]) is None


def test_who_is_replying(hana: User, ken: User, aoki: Contact) -> None:
    email = make_email(aoki, by=hana)
    draft = Draft.objects.create(user=ken, answers=email, key="k")
    pk = email.thread_id
    assert triage.replying([pk], hana, NOW()) == {pk: ["Ken"]}
    assert triage.replying([pk], ken, NOW()) == {}
    assert triage.replying([pk], hana, NOW() + timedelta(minutes=6)) == {}
    draft.discarded_at = NOW()
    draft.save()
    assert triage.replying([pk], hana, NOW()) == {}


def test_how_many_wait(hana: User, aoki: Contact, monkeypatch: pytest.MonkeyPatch) -> None:
    assert triage.mine_needing_reply(hana, NOW()) == ""
    make_email(aoki, by=hana)
    make_email(aoki, by=hana)
    assert triage.mine_needing_reply(hana, NOW()) == "2"
    monkeypatch.setattr(triage, "MOST_COUNTED", 1)
    assert triage.mine_needing_reply(hana, NOW()) == "1+"


@pytest.mark.parametrize("status", ["scheduled", "failed", "cancelled"])
def test_an_answer_that_has_not_left_is_none(status: str, hana: User, aoki: Contact) -> None:
    asked = make_email(aoki, by=hana, subject="asked", at=NOW() - timedelta(hours=1))
    make_email(aoki, by=hana, thread=asked.thread, direction="outgoing", status=status)
    Thread.objects.filter(pk=asked.thread_id).recount()
    assert Thread.objects.get().state == "ours"
    Email.objects.filter(status=status).update(status="sent")
    Thread.objects.filter(pk=asked.thread_id).recount()
    assert Thread.objects.get().state == "theirs"


def test_an_answer_for_later_leaves_it_waiting(hana: User, aoki: Contact) -> None:
    asked, later = make_email(aoki, by=hana), NOW() + timedelta(days=3)
    Thread.objects.filter(pk=asked.thread_id).recount()
    values = {"to": [aoki.email], "subject": "Re", "text": "In a week.", "answers": asked}
    composer.send(composer.NewEmail(mailbox=make_mailbox(hana), send_at=later, **values), by=hana)
    assert Email.objects.get(pk=asked.pk).waits
    assert Thread.objects.get().state == "ours"
