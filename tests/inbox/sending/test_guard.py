"""What stops a send once: news, a colleague who writes, something forgotten (point 35)."""

from typing import Any

import pytest
from django.utils import timezone

from crm.models import Contact, Email, User
from inbox.models import Draft, Mailbox, OptOut, Outgoing
from inbox.models.opt_outs import mark_of
from inbox.sending.composer import NewEmail
from inbox.sending.guard import Doubt, Scene, doubts, newest, writing_now
from tests.factories import make_email, make_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.rule("M21")]


@pytest.fixture
def mailbox(hana: User) -> Mailbox:
    return make_mailbox(hana, team=hana.team)


def asked(mailbox: Mailbox, scene: Scene = Scene(), **more: Any) -> list[Doubt]:  # noqa: B008
    about = {"seen": None, "text": "Good morning.", "confirmed": ()}
    about |= {name: more.pop(name) for name in list(more) if name in about}
    values: Any = {"mailbox": mailbox, "to": ["a@b.test"], "subject": "s", "text": "t", **more}
    return doubts(NewEmail(**values), scene, by=mailbox.owner, **about)


def keys(found: list[Doubt]) -> list[str]:
    return [doubt.key for doubt in found]


def test_nothing_speaks_against_an_ordinary_letter(mailbox: Mailbox) -> None:
    assert asked(mailbox) == []


# --- news -----------------------------------------------------------------------------------------


def test_what_came_since_the_composer_opened_stops_it_once(
    mailbox: Mailbox, aoki: Contact, hana: User, ken: User
) -> None:
    first = make_email(aoki, by=hana)
    scene = Scene(answers=first, record=aoki)
    seen = newest(scene, hana)
    assert seen == first.pk and asked(mailbox, scene, seen=seen) == []
    came = make_email(aoki, thread=first.thread, by=hana)
    found = asked(mailbox, scene, seen=seen)
    assert keys(found) == [f"news-{came.pk}"] and found[0].email == came
    assert found[0].words == "Yuki Aoki has written since you began to write."
    assert asked(mailbox, scene, seen=seen, confirmed=keys(found)) == []
    theirs = make_email(aoki, thread=first.thread, by=ken, direction="outgoing")
    found = asked(mailbox, scene, seen=seen, confirmed=keys(found))  # again, for what is newer
    assert keys(found) == [f"news-{theirs.pk}"] and found[0].words.startswith("Ken has answered")


def test_ones_own_mail_and_what_one_may_not_see_is_no_news(
    mailbox: Mailbox, aoki: Contact, hana: User
) -> None:
    scene = Scene(record=aoki)
    seen = newest(scene, hana)
    make_email(aoki, by=hana, direction="outgoing")
    gone = make_email(aoki, by=hana)
    gone.activity.trash()
    assert asked(mailbox, scene, seen=seen) == []


def test_of_private_mail_it_is_told_that_it_came_and_no_more(
    mailbox: Mailbox, aoki: Contact, hana: User, ken: User
) -> None:
    first = make_email(aoki, by=hana)
    scene = Scene(answers=first)
    make_email(aoki, thread=first.thread, by=ken, private=True)
    found = asked(mailbox, scene, seen=first.pk)
    assert [one.words for one in found] == ["A private e-mail came since you began to write."]


def test_a_colleague_who_writes_at_this_moment_is_named(
    mailbox: Mailbox, aoki: Contact, hana: User, ken: User
) -> None:
    first = make_email(aoki, by=hana)
    Draft.objects.create(user=ken, key="k", answers=first)
    Draft.objects.create(user=hana, key="h", answers=first)
    scene = Scene(answers=first)
    assert writing_now(scene, hana, timezone.now()) == ["Ken"]
    assert keys(asked(mailbox, scene)) == ["writing-Ken"]
    Draft.objects.filter(user=ken).update(discarded_at=timezone.now())
    assert asked(mailbox, scene) == []


def test_the_questions_are_few_however_long_the_conversation(
    mailbox: Mailbox, aoki: Contact, hana: User, django_assert_max_num_queries: object
) -> None:
    first = make_email(aoki, by=hana)
    for _n in range(10):
        make_email(aoki, thread=first.thread, by=hana)
    with django_assert_max_num_queries(9):  # type: ignore[operator]
        assert len(asked(mailbox, Scene(answers=first, record=aoki), seen=first.pk)) == 3


# --- forgotten ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("Please find the offer attached.", True),
        ("The attachment says it.", True),
        ("見積書を添付いたします。", True),
        ("Anbei das Angebot.", True),
        ("Das Angebot finden Sie im Anhang.", True),
        ("Vous trouverez ci-joint notre offre.", True),
        ("I am attached to this town.", True),  # asked once too often, at worst
        ("A detachment came by.", False),
        ("Good morning.", False),
    ],
)
def test_it_speaks_of_a_file(mailbox: Mailbox, text: str, speaks: bool) -> None:
    assert keys(asked(mailbox, text=text)) == ["file"] * speaks


def test_an_empty_subject_and_a_crowd_are_asked_about(mailbox: Mailbox) -> None:
    crowd = [f"p{n}@b.test" for n in range(11)]
    assert keys(asked(mailbox, subject=" ", to=crowd)) == ["subject", "many"]
    assert asked(mailbox, to=["a@b.test"], bcc=crowd) == []


def test_whoever_unsubscribed_is_asked_about_but_may_be_answered(
    mailbox: Mailbox, aoki: Contact
) -> None:
    OptOut.note(mark_of("a@b.test"), OptOut.Why.LINK)
    assert keys(asked(mailbox, to=["Ann <A@b.test>"])) == ["opted-out-A@b.test"]
    assert asked(mailbox, Scene(), answers=make_email(aoki)) == []


def test_that_it_will_wait_is_said_before(mailbox: Mailbox) -> None:
    mailbox.change(state=Mailbox.State.DISCONNECTED, fault="timeout")
    assert keys(asked(mailbox)) == ["disconnected"]
    mailbox.change(state=Mailbox.State.CONNECTED, fault="", most_a_day=1)
    email = make_email(Contact.add(email="x@y.test"), direction=Email.Direction.OUTGOING)
    now = timezone.now()
    Outgoing.objects.create(
        email=email, mailbox=mailbox, state="sent", counted_at=now, due_at=now, claimed_until=now
    )
    assert keys(asked(mailbox)) == ["limit"]
    assert asked(mailbox, send_at=now) == []
