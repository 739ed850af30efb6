"""What allows a body, and what forbids it: rule by rule (M6, M7, M11, M12, M16, M17)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.mime.origin import Origin, Result
from inbox.mime.types import Address, ParsedHeaders
from inbox.reason import Reason
from inbox.sync.rules import Facts, LoggingAddress, Refusal, decide, ids_named_by

KNOWN = {"ours@musubi.test", "older@musubi.test"}
HANA, AOKI, LOG = "hana@musubi.test", "yuki@aoki.example", "log@musubi.test"
FACTS = Facts(own=HANA, known=KNOWN)
ANSWER = ParsedHeaders(sender=Address("", AOKI), in_reply_to=("ours@musubi.test",))


def people(*addresses: str) -> tuple[Address, ...]:
    return tuple(Address("", address) for address in addresses)


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
    assert decide(header, FACTS) == Reason("reply", known_id)


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
    assert decide(header, FACTS) is None


def test_the_nearest_ancestor_comes_first() -> None:
    header = ParsedHeaders(in_reply_to=("c@x",), references=("a@x", "b@x"))
    assert list(ids_named_by(header)) == ["c@x", "b@x", "a@x"]


@pytest.mark.rule("M11")
@pytest.mark.parametrize("entry", [AOKI, "aoki.example", "boss@aoki.example"])
def test_a_never_log_list_goes_before_everything(entry: str) -> None:
    header = replace(ANSWER, cc=people("Boss@aoki.example"))
    facts = replace(FACTS, folder="crm", contacts={AOKI})
    assert decide(header, facts) == Reason("reply", "ours@musubi.test")
    assert decide(header, replace(facts, never={entry})) == "never_log"


@pytest.mark.rule("M17")
def test_the_crm_folder_allows_whatever_is_put_there() -> None:
    header = ParsedHeaders(sender=Address("", "anybody@x.test"))
    assert decide(header, replace(FACTS, folder="crm")) == Reason("folder")
    for folder in ("inbox", "sent", "other"):
        assert decide(header, replace(FACTS, folder=folder)) is None


@pytest.mark.rule("M12")
def test_known_contacts_allow_where_the_owner_opted_in() -> None:
    written = ParsedHeaders(sender=Address("", HANA), to=people("Yuki@aoki.example"))
    assert decide(written, FACTS) is None
    opted_in = replace(FACTS, contacts={AOKI})
    assert decide(written, opted_in) == Reason("contact")
    assert decide(replace(written, to=people("eve@x.test")), opted_in) is None


def test_the_mailbox_itself_is_no_contact() -> None:
    header = ParsedHeaders(sender=Address("", "eve@x.test"), to=people(HANA))
    assert decide(header, replace(FACTS, contacts={HANA})) is None


OURS = LoggingAddress(LOG, "", {HANA: 1, "ken@musubi.test": 2}, {"k3f9": 1, "ken5": 2})
PASS = Origin(True, "mx.musubi.test", (Result("dkim", "pass", "musubi.test"),))
FAIL = Origin(True, "mx.musubi.test", (Result("dmarc", "fail", "musubi.test"),))


@pytest.mark.rule("M16")
@pytest.mark.parametrize(
    ("sender", "to", "server", "origin", "expected"),
    [
        (HANA, "log+k3f9@musubi.test", "", Origin(), Reason("forward")),
        (HANA, AOKI, "", Origin(reached=("log+k3f9@musubi.test",)), Reason("bcc")),
        (HANA, LOG, "mx.musubi.test", PASS, Reason("forward")),
        ("Hana@Musubi.test", AOKI, "mx.musubi.test", PASS, Reason("bcc")),
        (AOKI, "log+k3f9@musubi.test", "", PASS, "not_ours"),
        (HANA, LOG, "", PASS, "unproven"),  # nobody has said whose word is trusted
        (HANA, LOG, "mx.other.test", PASS, "unproven"),
        (HANA, "log+k3f9@musubi.test", "mx.musubi.test", Origin(), "unproven"),
        (HANA, "log+k3f9@musubi.test", "mx.musubi.test", FAIL, "unproven"),
        (HANA, "log+k3f9@musubi.test", "", FAIL, "unproven"),
        (HANA, "log+ken5@musubi.test", "", Origin(), "unproven"),  # a colleague's secret
        (HANA, "log+guess@musubi.test", "", Origin(), "unproven"),
        (HANA, "log+k3f9@evil.test", "", Origin(), "unproven"),
    ],
)
def test_the_logging_address_takes_from_us_what_is_proven(
    sender: str, to: str, server: str, origin: Origin, expected: Reason | Refusal
) -> None:
    header = ParsedHeaders(sender=Address("", sender), to=people(to))
    facts = Facts(own=LOG, known=KNOWN, logging=replace(OURS, server=server))
    assert decide(header, facts, origin) == expected


def test_a_reply_that_a_stranger_sends_there_is_left_alone() -> None:
    assert decide(ANSWER, Facts(own=LOG, known=KNOWN, logging=OURS), PASS) == "not_ours"


NAMES = st.sampled_from([HANA, AOKI, LOG, "log+k3f9@musubi.test", "eve@x.test"])


@pytest.mark.rule("M11")
@given(NAMES, st.lists(NAMES, max_size=3), st.sampled_from(["inbox", "crm", "other"]))
def test_whom_a_list_covers_is_never_read(sender: str, to: list[str], folder: str) -> None:
    header = ParsedHeaders(
        sender=Address("", sender), to=people(*to, AOKI), in_reply_to=("ours@musubi.test",)
    )
    facts = replace(FACTS, never={"aoki.example"}, folder=folder, contacts={AOKI})
    assert decide(header, facts) == "never_log"
    assert decide(header, replace(facts, logging=OURS), PASS) == "never_log"


@pytest.mark.rule("M11")
@pytest.mark.rule("M16")
@pytest.mark.parametrize(
    ("to", "never", "expected"),
    [
        ([LOG], "musubi.test", Reason("forward")),  # the original decides, once it is read
        ([LOG, "ken@musubi.test"], "musubi.test", "never_log"),
        ([LOG, AOKI], "musubi.test", Reason("bcc")),
        ([LOG], HANA, "never_log"),
    ],
)
def test_what_one_of_us_forwards_is_no_mail_inside_the_firm(
    to: list[str], never: str, expected: Reason | Refusal
) -> None:
    header = ParsedHeaders(sender=Address("", HANA), to=people(*to))
    logging = replace(OURS, server="mx.musubi.test")
    assert decide(header, Facts(own=LOG, never={never}, logging=logging), PASS) == expected
