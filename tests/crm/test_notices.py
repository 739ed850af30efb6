"""What is told in the bell: kinds and values are kept, words are made when shown."""

import pytest
from django.utils import timezone

from crm import notices
from crm.models import Contact, Notice, User

MAILBOX = {"mailbox": 5, "address": "hana@musubi.test", "since": "2026-11-20T16:30:00+00:00"}
RECEIPT = {"until": "2026-11-23T09:00:00+00:00", "headers": 2418, "found": 11}
VALUES = {
    "reply": {"contact": 5, "name": "Aiko", "subject": "Offer"},
    "canary_lost": {"mailbox": 5, "address": "hana@x.test", "cause": "lost"},
    "canary_back": {"mailbox": 5, "address": "hana@x.test"},
    "bounced": {"email": 5, "subject": "Offer", "address": "x@kita.example"},
    "send_held": {"email": 1, "subject": "Offer", "name": "Yuki"},
    "send_held_privately": {"email": 1, "subject": "Offer"},
    "send_failed": {"email": 5, "subject": "Offer", "said": "550 no"},
    "send_stopped": {"email": 5, "subject": "Offer", "said": "Yuki is in the Trash."},
    "recipient_refused": {"email": 5, "subject": "Offer", "address": "k@x.test", "said": "550 no"},
    "recipient_unknown": {"email": 5, "subject": "Offer", "address": "k@x.test", "said": ""},
    "unknown_delivery": {"email": 5, "subject": "Offer"},
    "mailbox_disconnected": {**MAILBOX, "cause": "password"},
    "mailbox_silent": MAILBOX,
    "folder_lost": {**MAILBOX, "folder": "Orders"},
    "mailbox_recovered": {**MAILBOX, **RECEIPT},
    "mailbox_caught_up": {**MAILBOX, **RECEIPT},
    "asked_to_see": {"email": 5, "by": "Rin"},
    "let_in": {"email": 5, "by": "Hana"},
    "task_assigned": {"title": "Call", "by": "Ken"},
    "conversation_assigned": {"thread": 5, "subject": "Offer", "by": "Ken"},
    "conversations_assigned": {"n": 3, "by": "Ken"},
    "second_factor_on": {},
    "second_factor_off": {},
    "second_factor_taken": {"by": "Mio"},
    "recovery_codes_new": {},
    "password_changed": {},
    "sessions_ended": {"by": "Mio"},
    "export_ready": {"contact": 5, "name": "Yuki Aoki"},
    "mailbox_export_ready": {"mailbox": 5, "name": "hana@musubi.test"},
}


@pytest.mark.parametrize("kind", notices.KINDS)
def test_every_kind_has_words_and_leads_somewhere(hana: User, kind: str) -> None:
    notice = notices.tell(hana, kind, **VALUES[kind])
    assert notice is not None
    said = notices.shown(notice)
    assert "{" not in said.title + said.body
    assert said.title and said.link.startswith("/")


def test_a_value_that_is_missing_or_hostile_is_no_crash(hana: User) -> None:
    for values in ({}, {"subject": "{user.password} %s {", "email": "nonsense"}):
        notice = notices.tell(hana, "send_failed", **values)
        assert notice is not None
        assert notices.shown(notice).link == ""
    assert "{user.password} %s {" in notices.shown(notice).title  # type: ignore[arg-type]
    old = Notice(kind="of_another_version")
    assert notices.shown(old).title == "of_another_version"


def test_nobody_is_told_where_there_is_nobody(hana: User, aoki: Contact) -> None:
    assert notices.tell(None, "reply") is None
    hana.change(is_active=False)
    assert notices.tell(hana, "reply") is None


def test_times_are_the_readers_and_a_cause_is_a_sentence(hana: User) -> None:
    hana.change(language="ja", time_zone="Asia/Tokyo")
    notice = notices.tell(hana, "mailbox_disconnected", **VALUES["mailbox_disconnected"])
    assert notice is not None
    with hana.preferences():
        assert "2026年11月21日" in notices.shown(notice).body  # the 20th in UTC
    assert "no longer accepts the password" in notices.shown(notice).body


def test_a_mail_that_has_not_left_can_be_held_back(hana: User) -> None:
    for number in (1, 2):
        notices.tell(hana, "mailbox_silent", mail=True, mailbox=number)
    assert notices.unsend(hana, ["mailbox_silent"], mailbox=1)
    assert not notices.unsend(hana, ["mailbox_silent"], mailbox=1)
    assert [n.values["mailbox"] for n in Notice.objects.mail_due(timezone.now())] == [2]


def test_what_one_was_told_since_then(hana: User) -> None:
    start = timezone.now()
    assert not notices.told(hana, "folder_lost", since=start, folder="A")
    notices.tell(hana, "folder_lost", folder="A")
    assert notices.told(hana, "folder_lost", since=start, folder="A")
    assert not notices.told(hana, "folder_lost", since=start, folder="B")
    assert not notices.told(hana, "folder_lost", since=timezone.now(), folder="A")
