"""What allows a body (M6, M7): references, and nothing else."""

import pytest

from inbox.mime.types import Address, ParsedHeaders
from inbox.reason import Reason
from inbox.sync.rules import ids_named_by, reason_to_read

KNOWN = {"ours@musubi.test", "older@musubi.test"}


@pytest.mark.rule("M7")
@pytest.mark.parametrize(
    ("in_reply_to", "references", "known_id"),
    [
        (("ours@musubi.test",), (), "ours@musubi.test"),
        ((), ("x@x", "ours@musubi.test", "y@y"), "ours@musubi.test"),
        (("x@x", "ours@musubi.test"), (), "ours@musubi.test"),
        ((), ("older@musubi.test", "ours@musubi.test"), "ours@musubi.test"),
        (("x@x",), ("older@musubi.test",), "older@musubi.test"),
    ],
)
def test_a_reference_allows_it(
    in_reply_to: tuple[str, ...], references: tuple[str, ...], known_id: str
) -> None:
    header = ParsedHeaders(in_reply_to=in_reply_to, references=references)
    assert reason_to_read(header, KNOWN) == Reason("reply", known_id)


@pytest.mark.rule("M6")
@pytest.mark.parametrize(
    "header",
    [
        ParsedHeaders(),
        ParsedHeaders(subject="Re: Our offer", sender=Address("Aoki", "yuki@aoki.example")),
        ParsedHeaders(in_reply_to=("OURS@musubi.test",)),
        ParsedHeaders(message_id="ours@musubi.test"),
        ParsedHeaders(references=("ours@musubi.test.evil",)),
    ],
)
def test_nothing_else_does(header: ParsedHeaders) -> None:
    assert reason_to_read(header, KNOWN) is None


def test_the_nearest_ancestor_comes_first() -> None:
    header = ParsedHeaders(in_reply_to=("c@x",), references=("a@x", "b@x"))
    assert list(ids_named_by(header)) == ["c@x", "b@x", "a@x"]
