"""What is told in the bell: kinds and values are kept, words are made when shown."""

import pytest

from crm import notices
from crm.models import Contact, Notice, User

VALUES = {
    "reply": {"contact": 5, "name": "Aiko", "subject": "Offer"},
    "bounced": {"email": 5, "subject": "Offer", "address": "x@kita.example"},
    "send_failed": {"email": 5, "subject": "Offer", "said": "550 no"},
    "unknown_delivery": {"email": 5, "subject": "Offer"},
    "mailbox_disconnected": {"mailbox": 5, "address": "hana@musubi.test"},
    "mailbox_recovered": {"mailbox": 5, "address": "hana@musubi.test"},
    "task_assigned": {"title": "Call", "by": "Ken"},
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


def test_what_one_was_told_last(hana: User) -> None:
    assert notices.told(hana, "reply", "bounced", email=1) == ""
    notices.tell(hana, "reply", email=1)
    notices.tell(hana, "bounced", email=2)
    assert notices.told(hana, "reply", "bounced", email=1) == "reply"
