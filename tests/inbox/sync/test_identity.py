"""By what a message is recognised."""

from dataclasses import replace
from datetime import UTC, datetime

from inbox.mime.types import Address, ParsedHeaders
from inbox.sync.identity import fingerprint, identity

HEADER = ParsedHeaders(
    subject="Hello",
    sender=Address("Yuki", "yuki@aoki.example"),
    to=(Address("", "hana@musubi.test"),),
    date=datetime(2026, 3, 1, tzinfo=UTC),
    message_id="a@x",
)


def test_its_id_is_its_name() -> None:
    assert identity(HEADER) == "a@x"


def test_without_an_id_its_fields_are() -> None:
    nameless = replace(HEADER, message_id="")
    assert identity(nameless) == fingerprint(nameless)
    assert fingerprint(nameless) != fingerprint(replace(nameless, subject="Hello!"))


def test_what_differs_between_copies_does_not_count() -> None:
    copy = replace(HEADER, sender=Address("Y. Aoki", "Yuki@aoki.example"), list_id=True)
    assert fingerprint(copy) == fingerprint(HEADER)
